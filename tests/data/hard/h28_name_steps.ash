// A name of the DNS in at most 128 steps and 255 bytes.
filter name_steps on ethernet {
  if pkt.len < 12 { return false }
  var at = 12
  var size = 0
  var steps = 0
  while steps < 128 {
    steps += 1
    if at >= pkt.len { return false }
    let length = pkt[at]
    if length == 0 { break }
    if length & 0xc0 == 0xc0 {
      if at + 2 > pkt.len { return false }
      let low = pkt[at + 1]
      let target = (length & 0x3f) << 8 | low
      if target >= at { return false }
      at = target
      continue
    }
    if length & 0xc0 != 0 { return false }
    if at + 1 + length > pkt.len { return false }
    at += 1 + length
    size += length
    if size > 255 { return false }
  }
  size > 20
}
