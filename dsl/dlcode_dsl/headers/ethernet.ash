// Ethernet II frames: IEEE 802.3, 3.1; type numbers: IANA, "IEEE 802 Numbers".
// Behind a tag, a label or a session a header is named by its path: vlan/ipv4, mpls/ipv4, pppoe/ipv4.
header ethernet {
  dst: mac = 02:00:00:00:00:02  // what a packet built for a test has: locally administered addresses
  src: mac = 02:00:00:00:00:01
  type: u16
  next type {
    0x0800 => ipv4, 0x86dd => ipv6, 0x0806 => arp, 0x8100 | 0x88a8 | 0x9100 => vlan
    0x8847 | 0x8848 => mpls, 0x8864 | 0x8863 => pppoe
  }
  reply src <-> dst when src & 01:00:00:00:00:00 == 00:00:00:00:00:00 && src != 00:00:00:00:00:00
}
