// Follow IPv6 extension headers, however many there are.
filter ipv6_extensions on ethernet {
  if pkt.len < 40 { return false }
  var next = pkt[6] as u8
  var at = 40
  while next in [0, 43, 44, 60] {
    if pkt.len < at + 8 { return false }
    var size = 8
    if next != 44 { size = ((pkt[at + 1] as u8) + 1) * 8 }
    next = pkt[at]
    at += size
  }
  if next != 17 { return false }
  if pkt.len < at + 8 { return false }
  let dport = pkt[at + 2] as u16
  dport == 53
}
