// Fixed offsets, for a header without options.
filter udp_53 on ethernet {
  if pkt.len < 42 { return false }
  let type = pkt[12] as u16
  let first = pkt[14]
  let proto = pkt[23]
  let dport = pkt[36] as u16
  type == 0x0800 && first == 0x45 && proto == 17 && dport == 53
}
