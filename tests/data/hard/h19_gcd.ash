// The greatest common divisor of two fields.
filter gcd on ethernet {
  if pkt.len < 8 { return false }
  var a = pkt[0] as u32
  var b = pkt[4] as u32
  while b != 0 {
    let rest = a % b
    a = b
    b = rest
  }
  a == 1
}
