// Generic routing encapsulation: RFC 2784, 2; key and sequence number: RFC 2890, 2. Type numbers are Ethernet's.
header gre {
  csum: u1, routing: u1 == 0  // RFC 1701's source routes, which 2784 does away with
  key: u1, seq: u1
  reserved: u9, version: u3 == 0
  proto: u16
  options: u8[(csum + key + seq) * 4]  // checksum and 16 bits, key, sequence number: each where its bit says
  next proto { 0x0800 => ipv4, 0x86dd => ipv6, 0x6558 => ethernet, 0x8847 | 0x8848 => mpls }
}
