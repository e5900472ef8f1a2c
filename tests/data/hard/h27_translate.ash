// Translate a port by a table, and mend the checksum for it.
handler translate on has(ethernet)
  owns    table: u32[256]
  may     rewrite
{
  if pkt.len < 34 { pass }
  let type = pkt[12] as u16
  if type != 0x0800 { pass }
  let ihl = ((pkt[14] as u8) & 15) * 4
  if ihl < 20 { pass }
  let upper = 14 + ihl
  let proto = pkt[23]
  if proto != 6 && proto != 17 { pass }
  if pkt.len < upper + 8 { pass }
  let port = (pkt[upper] as u16) as u32
  let slot = ((port * 40503) >> 3) & 127
  if table[slot * 2] != port { pass }
  let new = table[slot * 2 + 1] & 0xffff
  var place = 6
  if proto == 6 { place = 16 }
  if pkt.len < upper + place + 2 { pass }
  pkt[upper] = (new >> 8) as u8
  pkt[upper + 1] = (new & 255) as u8
  var sum = (pkt[upper + place] as u16) as u32
  sum = (sum ^ 0xffff) + (port ^ 0xffff) + new
  sum = (sum & 0xffff) + (sum >> 16)
  sum = (sum + (sum >> 16)) & 0xffff
  pkt[upper + place] = ((sum ^ 0xffff) >> 8) as u8
  pkt[upper + place + 1] = ((sum ^ 0xffff) & 255) as u8
  table[255] +%= 1
  consume
}
