// A header of variable length before the ports.
filter header_length on ethernet {
  if pkt.len < 34 { return false }
  let type = pkt[12] as u16
  if type != 0x0800 { return false }
  let ihl = ((pkt[14] as u8) & 15) * 4
  if ihl < 20 { return false }
  let proto = pkt[23]
  if proto != 6 { return false }
  if pkt.len < 14 + ihl + 20 { return false }
  let dport = pkt[14 + ihl + 2] as u16
  dport == 80
}
