// The Transmission Control Protocol: RFC 9293, 3.1.
header tcp {
  sport: u16, dport: u16
  seq: u32, ack: u32
  doff: u4 >= 5 = 5, reserved: u4
  cwr: u1, ece: u1, urg: u1, ackf: u1, psh: u1, rst: u1, syn: u1, fin: u1
  window: u16, csum: u16 = checksum(pseudo, header, payload), urgent: u16
  options: u8[(doff - 5) * 4]
}

use checksum

// What the checksum of a segment covers before its payload: the pseudo header and the header with its options. With the
// sum of the payload it folds to all ones where the checksum is right.
fn pseudo_sum(t: tcp) -> u16 {
  var sum: u32 = 6 + (ipv4.start + ipv4.length - t.start)  // the protocol, and the segment's length
  sum +%= (ipv4.src as u32 >> 16) + (ipv4.src as u32 & 0xffff)
  sum +%= (ipv4.dst as u32 >> 16) + (ipv4.dst as u32 & 0xffff)
  for i in 0 .. t.doff * 2 {
    sum +%= pkt[t.start + i * 2] as u16  // at most 30 words: nothing wraps
  }
  fold16(sum)
}
