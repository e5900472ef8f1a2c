// The checksum of an IPv4 header over its variable length.
filter checksum_header on ethernet {
  if pkt.len < 20 { return false }
  let size = ((pkt[0] as u8) & 15) * 4
  if size < 20 || pkt.len < size { return false }
  var sum = 0
  var at = 0
  while at < size {
    let word = pkt[at] as u16
    sum += word
    at += 2
  }
  sum = (sum & 0xffff) + (sum >> 16)
  sum = (sum & 0xffff) + (sum >> 16)
  sum == 0xffff
}
