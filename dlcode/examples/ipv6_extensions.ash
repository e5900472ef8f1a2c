// Follow the extension headers of IPv6 (RFC 8200, 4) by hand: each says what comes next and how long it is itself. The
// header library does it by a `chain`, and then one line is enough. The two differ: `dlcode prove "web_by_hand ==
// web_by_chain" examples/ipv6_extensions.ash` finds a packet with an authentication header, which the library knows.
filter web_by_hand on ethernet {
  var next = ipv6.proto else false
  var at = ipv6.end
  while next in [0, 43, 44, 60]
    limit 8 else false  // a ninth header: no match
  {
    if next == 44 {
      let fragment = pkt[at] as ip6_frag else false  // cut short: no match, never a fault
      if fragment.offset != 0 { return false }       // a later fragment has no ports
      next = fragment.proto
      at += 8
    } else {
      let extension = pkt[at] as whole ip6_ext else false
      next = extension.proto
      at += (extension.len8 + 1) * 8
    }
  }
  next == 6 && tcp_at(at).dport == 80
}

fn tcp_at(at: u32) -> tcp? { pkt[at] as tcp }

filter web_by_chain on ethernet {
  ipv6/tcp.dport == 80
}

test web_by_hand "two headers before TCP" {
  packet ethernet / ipv6 / ip6_ext(len8: 0, data: hex("010400000000")) / ip6_ext(len8: 0, data: hex("010400000000"))
    / tcp(dport: 80)
  expect match
}
test web_by_chain "two headers before TCP" {
  packet ethernet / ipv6 / ip6_ext(len8: 0, data: hex("010400000000")) / ip6_ext(len8: 0, data: hex("010400000000"))
    / tcp(dport: 80)
  expect match
}
test web_by_hand "none" {
  packet ethernet / ipv6 / tcp(dport: 80)
  expect match
}
test web_by_hand "a later fragment" {
  packet ethernet / ipv6 / ip6_frag(offset: 185) / hex("9c400050")
  expect miss
}
test web_by_hand "a header that is cut short" {
  packet ethernet / ipv6(proto: 0) / hex("0601 0104 00000000")
  expect miss
}
test web_by_hand "another port" {
  packet ethernet / ipv6 / tcp(dport: 443)
  expect miss
}
