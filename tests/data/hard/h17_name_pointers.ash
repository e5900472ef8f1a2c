// A name of the DNS with compression pointers, each of which points before the last: it ends, however long it takes.
filter name_pointers on ethernet {
  if pkt.len < 12 { return false }
  var at = 12
  var before = 0xffff
  var size = 0
  while true {
    if at >= pkt.len { return false }
    let length = pkt[at]
    if length == 0 { break }
    if length & 0xc0 == 0xc0 {
      if at + 2 > pkt.len { return false }
      let low = pkt[at + 1]
      let target = (length & 0x3f) << 8 | low
      if target >= before || target >= at { return false }
      before = target
      at = target
      continue
    }
    if length & 0xc0 != 0 { return false }
    if at + 1 + length > pkt.len { return false }
    at += 1 + length
    size = size +% length
  }
  size > 20
}
