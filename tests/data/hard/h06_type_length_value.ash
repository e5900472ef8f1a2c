// Walk type, length, value to the end of the packet.
filter type_length_value on ethernet {
  var at = 0
  while at + 2 <= pkt.len {
    let type = pkt[at]
    let length = pkt[at + 1]
    if at + 2 + length > pkt.len { return false }
    if type == 7 && length >= 4 {
      let value = pkt[at + 2] as u32
      return value == 1
    }
    at += 2 + length
  }
  false
}
