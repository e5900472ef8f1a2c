// Index a table by a masked multiplicative hash.
handler hash on has(ethernet)
  owns    table: u32[256]
{
  if pkt.len < 38 { pass }
  let src = pkt[26] as u32
  let dst = pkt[30] as u32
  let hash = (src *% 2654435761) ^ dst
  if table[(hash >> 16) & 255] != 0 { drop }
  pass
}
