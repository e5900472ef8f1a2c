// Control messages of IPv6: RFC 4443; neighbours: RFC 4861, 4.3 and 4.4.
header icmpv6 {
  type: u8, code: u8, csum: u16 = checksum(pseudo, header, payload)
  reply when type == 128  // an echo request; errors and answers are not answered (2.4 e)
  next type { 128 | 129 => icmpv6_echo, 135 | 136 => neighbor }
}
header icmpv6_echo {
  id: u16, seq: u16
  reply id <-> id  // an answer has both of the question (RFC 4443, 4.2)
  reply seq <-> seq
}
header neighbor {  // who has the target (135), and the answer (136)
  router: u1, solicited: u1, override: u1, reserved: u29
  target: ip6
}
