// Packets to or from a web server, over IPv4 or IPv6: what tcpdump calls `tcp port 80`, and
// behind extension headers too.
filter web on ethernet {
  tcp.sport == 80 || tcp.dport == 80
}

test web "a request" {
  packet ethernet / ipv4 / tcp(sport: 40000, dport: 80, syn: 1)
  expect match
}
test web "an answer" {
  packet ethernet / ipv4 / tcp(sport: 80, dport: 40000, syn: 1, ackf: 1)
  expect match
}
test web "another port" {
  packet ethernet / ipv4 / tcp(sport: 81, dport: 8080)
  expect miss
}
test web "ports of udp are not ports of tcp" {
  packet ethernet / ipv4 / udp(sport: 80, dport: 80)
  expect miss
}
test web "a later fragment has no ports" {
  packet ethernet / ipv4(frag: 100, proto: 6) / hex("00 50 00 50")
  expect miss
}
test web "ports behind options" {
  packet ethernet / ipv4(ihl: 8) / tcp(sport: 40000, dport: 80)
  expect match
}
test web "cut short before the ports" {
  packet ethernet / ipv4 / tcp(dport: 80) cut 34
  expect miss
}
test web "cut short before the header length, without which there is no tcp" {
  packet ethernet / ipv4 / tcp(sport: 80) cut 46
  expect miss
}
test web "cut short after the header length" {
  packet ethernet / ipv4 / tcp(sport: 80) cut 47
  expect match
}
test web "over IPv6" {
  packet ethernet / ipv6 / tcp(dport: 80)
  expect match
}
test web "behind IPv6's options" {
  packet ethernet / ipv6 / ip6_ext(len8: 1) / ip6_ext / tcp(dport: 80)
  expect match
}
test web "a later fragment of IPv6" {
  packet ethernet / ipv6 / ip6_frag(offset: 1) / tcp(dport: 80)
  expect miss
}
test web "behind a tag, where `vlan/tcp` would see it" {
  packet ethernet / vlan(vid: 1) / ipv4 / tcp(dport: 80)
  expect miss
}
