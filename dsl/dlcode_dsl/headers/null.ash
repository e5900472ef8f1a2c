// BSD's loopback: www.tcpdump.org/linktypes.html, LINKTYPE_NULL and LINKTYPE_LOOP. The family is the capturing
// machine's number in the order of its bytes (null), or of the network's (loop); IPv6 has another number on each BSD.
header null {
  family: u32
  reply
  next family {
    0x02000000 | 2 => ipv4
    0x18000000 | 24 | 0x1c000000 | 28 | 0x1e000000 | 30 => ipv6
  }
}
header loop {
  family: u32
  reply
  next family { 2 => ipv4, 24 | 28 | 30 => ipv6 }
}
