// Fragments of IPv4 datagrams: the first has more to come, the later ones an offset.
const MORE = 1

filter fragments on ethernet {
  ipv4.flags & MORE == MORE || ipv4.frag > 0
}

// What the end of a reassembled datagram would be past the greatest length: the ping of death.
filter too_long on ethernet {
  let offset = ipv4.frag else false
  let length = ipv4.length else false
  offset * 8 + length > 65535
}

test fragments "a first fragment" {
  packet ethernet / ipv4(flags: 1) / udp(dport: 53)
  expect match
}
test fragments "a last fragment" {
  packet ethernet / ipv4(flags: 0, frag: 185, proto: 17) / hex("00")
  expect match
}
test fragments "a whole datagram" {
  packet ethernet / ipv4 / udp(dport: 53)
  expect miss
}
test too_long "the ping of death" {
  packet ethernet / ipv4(flags: 0, frag: 8189, proto: 1, length: 1020)
  expect match
}
test too_long "the longest datagram there is" {
  packet ethernet / ipv4(flags: 0, frag: 8189, proto: 1, length: 23)
  expect miss
}
test too_long "cut short before the length" {
  packet ethernet / ipv4 cut 17
  expect miss
}
