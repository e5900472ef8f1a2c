// A counter for each protocol.
handler count on has(ethernet)
  owns    counts: u32[256]
{
  if pkt.len < 34 { pass }
  let type = pkt[12] as u16
  if type != 0x0800 { pass }
  let proto = pkt[23]
  counts[proto] +%= 1
  consume
}
