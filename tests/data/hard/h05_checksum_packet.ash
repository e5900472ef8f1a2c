// The checksum of a whole packet, of odd or even length.
filter checksum_packet on ethernet {
  if pkt.len > 65535 { return false }
  var sum = 0
  var at = 0
  while at + 2 <= pkt.len {
    let word = pkt[at] as u16
    sum += word
    at += 2
  }
  if at < pkt.len {
    let last = pkt[at]
    sum += last << 8
  }
  sum = (sum & 0xffff) + (sum >> 16)
  sum = (sum & 0xffff) + (sum >> 16)
  sum == 0xffff
}
