// The Internet Protocol, version 6: RFC 8200, 3 and 4; pseudo-header: 8.1; protocol numbers: IANA.
// Behind a fragment that is not the first there is no header (4.5), and none behind more than 8 of them.
header ipv6 {
  version: u4 == 6, class: u8, flow: u20
  length: u16 = size - 40, proto: u8, hops: u8 = 64
  src: ip6 = 2001:db8::1, dst: ip6 = 2001:db8::2  // for documentation (RFC 3849)
  ends 40 + length
  chain proto limit 8 { 0 | 43 | 60 => ip6_ext, 44 => ip6_frag, 51 => ah }
  next proto { 4 => ipv4, 6 => tcp, 17 => udp, 41 => ipv6, 47 => gre, 58 => icmpv6, 132 => sctp }
  pseudo(src, dst, proto, carried)
  reply src <-> dst when src > :: && src < ff00::  // a host: not "unspecified", no group (RFC 4291, 2.5, 2.7)
}
header ip6_ext {  // hop-by-hop options (0), routing (43), destination options (60): 4.3, 4.4, 4.6
  proto: u8
  len8: u8  // in units of 8 bytes, the first of which does not count
  data: u8[6 + len8 * 8]
}
header ip6_frag {  // 4.5
  proto: u8, zero: u8, offset: u13, spare: u2, more: u1, id: u32
  next proto when offset == 0 { 6 => tcp, 17 => udp, 58 => icmpv6, 132 => sctp }
}
