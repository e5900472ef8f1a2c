// Control messages: RFC 792.
header icmp {
  type: u8, code: u8, csum: u16 = checksum(header, payload)
  next type { 0 | 8 => icmp_echo }
}
header icmp_echo { id: u16, seq: u16 }
