// Walk a trie in owned memory by the bits of an address.
handler trie on has(ethernet)
  owns    table: u32[256]
{
  if pkt.len < 4 { pass }
  let key = pkt[0] as u32
  var node: u32 = 1
  var depth = 0
  while depth < 32 {
    if node >= 128 { pass }
    let bit = (key >> (31 - depth)) & 1
    let next = table[node * 2 + bit]
    if next == 0 { pass }
    if next & 0x80000000 != 0 { drop }
    node = next
    depth += 1
  }
  pass
}
