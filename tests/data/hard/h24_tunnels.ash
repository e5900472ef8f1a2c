// IPv4 in IPv4, to any depth.
filter tunnels on ethernet {
  var at = 14
  while true {
    if at + 20 > pkt.len { return false }
    let size = ((pkt[at] as u8) & 15) * 4
    if size < 20 || at + size > pkt.len { return false }
    let proto = pkt[at + 9]
    at += size
    if proto != 4 {
      if proto != 17 || at + 8 > pkt.len { return false }
      let dport = pkt[at + 2] as u16
      return dport == 53
    }
  }
  false
}
