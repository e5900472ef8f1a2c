// Ethernet II frames: IEEE 802.3, 3.1; type numbers: IANA, "IEEE 802 Numbers".
header ethernet {
  dst: mac = 02:00:00:00:00:02  // what a packet built for a test has: locally administered addresses
  src: mac = 02:00:00:00:00:01
  type: u16
  next type { 0x0800 => ipv4, 0x0806 => arp }
  reply src <-> dst when src & 01:00:00:00:00:00 == 00:00:00:00:00:00 && src != 00:00:00:00:00:00
}
