// The Internet Protocol: RFC 791, 3.1; protocol numbers: IANA.
header ipv4 {
  version: u4 == 4, ihl: u4 >= 5 = 5
  tos: u8, length: u16 = size, id: u16
  flags: u3 = 2, frag: u13  // don't fragment: such a datagram's id means nothing (RFC 6864, 4.1)
  ttl: u8 = 64, proto: u8, csum: u16 = checksum(header)
  src: ip4 = 192.0.2.1, dst: ip4 = 192.0.2.2  // for documentation (RFC 5737)
  options: u8[(ihl - 5) * 4]
  ends length
  next proto when frag == 0 {  // a later fragment has no header inside
    1 => icmp, 6 => tcp, 17 => udp, 132 => sctp
    4 => ipv4, 41 => ipv6, 47 => gre, 51 => ah  // by path: ipv4/ipv4, gre/ipv4, ah/tcp
  }
  pseudo(src, dst, proto, carried)                          // RFC 768, RFC 9293 3.1
  reply src <-> dst when src >= 1.0.0.0 && src < 224.0.0.0  // a host: no "this network" or group (RFC 1122, 3.2.1.3)
}
