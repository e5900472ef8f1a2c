// Count the bits of a word, and index a table by the count: the one program here that needs an invariant.
handler population on has(ethernet)
  owns    table: u32[256]
{
  if pkt.len < 4 { pass }
  var x = pkt[0] as u32
  var n: u32 = 0
  while x != 0
    invariant (n == 32 && x == 0) || (n < 32 && x & ((1 << n) - 1) == 0)
  {
    x = x & (x - 1)
    n += 1
  }
  if table[n] != 0 { drop }
  pass
}
