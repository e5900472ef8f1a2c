// A flag that is set on one branch says what was checked there.
filter correlated on ethernet {
  if pkt.len < 14 { return false }
  var version6 = false
  let type = pkt[12] as u16
  if type == 0x86dd {
    if pkt.len < 54 { return false }
    version6 = true
  } else {
    if pkt.len < 34 { return false }
  }
  var group: u8 = 0
  let first = pkt[0]
  if first & 1 != 0 { group = 1 }
  if version6 {
    let last = pkt[53]
    return last == group
  }
  let last4 = pkt[33]
  last4 == group
}
