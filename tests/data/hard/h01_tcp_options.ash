// Walk the options of a TCP header to the maximum segment size.
filter tcp_options on ethernet {
  if pkt.len < 20 { return false }
  let end = ((pkt[12] as u8) >> 4) * 4
  if end < 20 || pkt.len < end { return false }
  var at = 20
  while at < end {
    let kind = pkt[at]
    if kind == 0 { return false }
    if kind == 1 {
      at += 1
      continue
    }
    if at + 1 >= end { return false }
    let length = pkt[at + 1]
    if length < 2 || at + length > end { return false }
    if kind == 2 {
      if length != 4 { return false }
      let size = pkt[at + 2] as u16
      return size > 1400
    }
    at += length
  }
  false
}
