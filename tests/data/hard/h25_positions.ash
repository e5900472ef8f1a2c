// Collect the positions of colons, then add them up.
handler positions on has(ethernet)
  owns    table: u32[256]
{
  var count = 0
  var i = 0
  while i < pkt.len {
    let byte = pkt[i]
    if count < 200 && byte == 58 {
      table[count] = i
      count += 1
    }
    i += 1
  }
  var total: u32 = 0
  var k = 0
  while k < count {
    total = total +% table[k]
    k += 1
  }
  if total != 0 { drop }
  consume
}
