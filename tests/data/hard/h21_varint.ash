// A number of seven bits a byte, in at most five bytes.
filter varint on ethernet {
  var value: u32 = 0
  var i = 0
  while true {
    if i >= 5 || i >= pkt.len { return false }
    let byte = pkt[i]
    value = value | (byte & 127) << (7 * i)
    i += 1
    if byte < 128 { break }
  }
  value == 300
}
