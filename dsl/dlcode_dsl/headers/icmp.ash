// Control messages: RFC 792.
header icmp {
  type: u8, code: u8, csum: u16 = checksum(header, payload)
  next type { 0 | 8 => icmp_echo }
  reply when type in [8, 13, 15, 17]  // a question: errors and answers are never answered (RFC 1122, 3.2.2)
}
header icmp_echo {
  id: u16, seq: u16
  reply id <-> id  // an answer has both of the question (RFC 792, "Echo or Echo Reply Message")
  reply seq <-> seq
}
