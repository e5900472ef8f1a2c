// The User Datagram Protocol: RFC 768. A checksum of 0 would say that there is none, so it is sent as all ones.
header udp {
  sport: u16 = 49152, dport: u16  // the first dynamic port (RFC 6335, 6)
  length: u16 = size, csum: u16 = checksum(pseudo, header, payload) nonzero
  ends length
  next dport { 4789 => vxlan }
  reply sport <-> dport when sport != 0  // 0: nobody waits for an answer
}

use checksum

// What the checksum of a datagram covers before its payload: the pseudo header and the header. With the sum of the
// payload it folds to all ones where the checksum is right, and where there is one: 0 says that there is none.
fn udp_pseudo_sum(u: udp) -> u16 {
  var sum: u32 = 17 + u.length  // the protocol, and the datagram's length
  sum += (ipv4.src as u32 >> 16) + (ipv4.src as u32 & 0xffff)
  sum += (ipv4.dst as u32 >> 16) + (ipv4.dst as u32 & 0xffff)
  fold16(sum + u.sport + u.dport + u.length + u.csum)
}
