// PPP over Ethernet: RFC 2516, 4; a session's packets have code 0. The Point-to-Point Protocol: RFC 1661, 2.
header pppoe {
  version: u4 == 1, type: u4 == 1, code: u8, session: u16
  length: u16 = size - 6
  ends 6 + length
  reply session <-> session  // of the same session
  next code { 0 => ppp }
}
header ppp {
  proto: u16  // numbers: IANA, "Point-to-Point (PPP) Protocol Field Assignments"
  reply
  next proto { 0x0021 => ipv4, 0x0057 => ipv6, 0x0281 | 0x0283 => mpls }
}
