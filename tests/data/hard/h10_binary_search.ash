// Binary search in owned memory.
handler binary_search on has(ethernet)
  owns    table: u32[256]
{
  if pkt.len < 4 { pass }
  let key = pkt[0] as u32
  var low = 0
  var high = 256
  while low < high {
    let middle = (low + high) / 2
    let value = table[middle]
    if value == key { drop }
    if value < key { low = middle + 1 } else { high = middle }
  }
  pass
}
