// Skip spaces, to the end of any packet.
filter skip_spaces on ethernet {
  var at = 0
  while pkt[at] == 32 { at += 1 }
  if at >= pkt.len { return false }
  let first = pkt[at]
  first == 71
}
