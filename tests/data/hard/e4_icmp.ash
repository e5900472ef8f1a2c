// Echo requests that are no later fragments.
filter icmp_request on ethernet {
  if pkt.len < 34 { return false }
  let type = pkt[12] as u16
  let proto = pkt[23]
  if type != 0x0800 || proto != 1 { return false }
  let fragment = pkt[20] as u16
  if fragment & 0x1fff != 0 { return false }
  let ihl = ((pkt[14] as u8) & 15) * 4
  if pkt.len < 14 + ihl + 8 { return false }
  let kind = pkt[14 + ihl]
  kind == 8
}
