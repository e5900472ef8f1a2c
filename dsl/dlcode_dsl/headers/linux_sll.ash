// What Linux captures on "any" device: www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and …_LINUX_SLL2.html.
header linux_sll {
  direction: u16, hardware: u16 = 1, address_length: u16 = 6, address: u64
  type: u16  // Ethernet's numbers
  next type {
    0x0800 => ipv4, 0x86dd => ipv6, 0x0806 => arp, 0x8100 | 0x88a8 | 0x9100 => vlan
    0x8847 | 0x8848 => mpls, 0x8864 | 0x8863 => pppoe
  }
}
header linux_sll2 {
  type: u16, reserved: u16, device: u32, hardware: u16 = 1, direction: u8, address_length: u8 = 6, address: u64
  next type {
    0x0800 => ipv4, 0x86dd => ipv6, 0x0806 => arp, 0x8100 | 0x88a8 | 0x9100 => vlan
    0x8847 | 0x8848 => mpls, 0x8864 | 0x8863 => pppoe
  }
}
