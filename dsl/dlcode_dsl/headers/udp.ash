// The User Datagram Protocol: RFC 768. A checksum of 0 would say that there is none, so it is sent as all ones.
header udp {
  sport: u16 = 49152, dport: u16  // the first dynamic port (RFC 6335, 6)
  length: u16 = size, csum: u16 = checksum(pseudo, header, payload) nonzero
  ends length
  next dport { 4789 => vxlan }
  reply sport <-> dport when sport != 0  // 0: nobody waits for an answer
}
