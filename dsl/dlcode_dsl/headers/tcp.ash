// The Transmission Control Protocol: RFC 9293, 3.1.
header tcp {
  sport: u16, dport: u16
  seq: u32, ack: u32
  doff: u4 >= 5 = 5, reserved: u4
  cwr: u1, ece: u1, urg: u1, ackf: u1, psh: u1, rst: u1, syn: u1, fin: u1
  window: u16, csum: u16 = checksum(pseudo, header, payload), urgent: u16
  options: u8[(doff - 5) * 4]
}
