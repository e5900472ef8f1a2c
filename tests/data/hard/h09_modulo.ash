// Index by modulo of a number in owned memory, which is checked.
handler modulo on has(ethernet)
  owns    table: u32[256]
{
  if pkt.len < 4 { pass }
  let n = table[0]
  if n == 0 || n > 255 { pass }
  let key = pkt[0] as u32
  let slot = 1 + key % n
  if table[slot] != 0 { drop }
  pass
}
