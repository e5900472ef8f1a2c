// An optional tag moves what follows it.
filter optional_tag on ethernet {
  if pkt.len < 18 { return false }
  var at = 12
  var type = pkt[at] as u16
  if type == 0x8100 {
    at += 4
    type = pkt[at] as u16
  }
  if type != 0x0800 { return false }
  at += 2
  if pkt.len < at + 20 { return false }
  let dst = pkt[at + 16] as u32
  dst == 0x0a000001
}
