// A view at a place that the packet names: the first option of a TCP header.
message option { kind: u8, size: u8 >= 2 }

filter first_option on ethernet {
  if !has(tcp) { return false }
  let at = tcp.start + 20
  let first = pkt[at] as option else false
  let next = pkt[at + (first.size - 2)] as option else false
  tcp.doff - 5 >= 1 && first.kind == 2 && next.kind == 1
}

test first_option "the greatest segment's size, then nothing" {
  packet ethernet / ipv4 / tcp(doff: 6) cut 56
  expect miss
}
