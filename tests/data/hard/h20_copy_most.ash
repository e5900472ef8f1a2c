// Copy at most 64 bytes of what follows the header.
handler copy_most on has(ethernet)
  owns    table: u32[256]
{
  if pkt.len < 20 { pass }
  var n = pkt.len - 20
  if n > 64 { n = 64 }
  var i = 0
  while i < n {
    table[i] = pkt[20 + i]
    i += 1
  }
  consume
}
