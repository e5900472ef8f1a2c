// An answer about one address.
filter arp_answer on ethernet {
  if pkt.len < 42 { return false }
  let type = pkt[12] as u16
  let op = pkt[20] as u16
  let target = pkt[38] as u32
  type == 0x0806 && op == 2 && target == 0x0a000001
}
