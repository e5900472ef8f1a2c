// The authentication header: RFC 4302, 2.
header ah {
  proto: u8
  len4: u8 >= 1 = 4  // in units of 4 bytes, the first two of which do not count (2.2)
  reserved: u16, spi: u32, seq: u32
  icv: u8[len4 * 4 - 4]
  next proto { 4 => ipv4, 6 => tcp, 17 => udp, 41 => ipv6, 47 => gre, 132 => sctp }
}
