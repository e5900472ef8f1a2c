// Divide by a difference that is not zero.
filter divide on ethernet {
  if pkt.len < 12 { return false }
  let a = pkt[0] as u32
  let b = pkt[4] as u32
  if a <= b { return false }
  let c = pkt[8] as u32
  c / (a - b) > 10
}
