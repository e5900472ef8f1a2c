// Address resolution for IPv4 over Ethernet: RFC 826.
header arp {
  hardware: u16 == 1, protocol: u16 == 0x0800
  hardware_length: u8 == 6, protocol_length: u8 == 4
  op: u16 = 1  // 1 asks, 2 answers
  sender_mac: mac, sender_ip: ip4
  target_mac: mac, target_ip: ip4
}
