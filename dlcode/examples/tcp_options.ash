// Walk the options of a TCP header, whatever their number and lengths: no bound is written down, none is needed.
// RFC 9293, 3.1: an option is one byte (0 ends the list, 1 pads it), or its kind, its length with both, and its data.

// Connections that are opened with a tiny maximum segment size, as attacks on a server's memory do (CVE-2019-11479).
filter tiny_segments on ethernet {
  if tcp.syn != 1 { return false }
  let options = tcp.options else false
  var at = 0
  while at < options.len {
    let kind = options[at]  // proved to be there: at < options.len
    if kind == 0 { return false }
    if kind == 1 {
      at += 1
      continue
    }
    let length = options[at + 1] else false  // cut short
    if length < 2 { return false }           // without this line the walk need not end: try it
    if kind == 2 {
      let size = options[at + 2] as u16 else false
      return size < 536
    }
    at += length
  }
  false
}

test tiny_segments "a segment of 48 bytes, behind padding and another option" {
  packet ethernet / ipv4 / tcp(syn: 1, doff: 8, options: hex("01 01 04 02 02 04 00 30 00 00 00 00"))
  expect match
}
test tiny_segments "a usual size" {
  packet ethernet / ipv4 / tcp(syn: 1, doff: 6, options: hex("02 04 05 b4"))
  expect miss
}
test tiny_segments "an option of length 0 ends the walk" {
  packet ethernet / ipv4 / tcp(syn: 1, doff: 6, options: hex("04 00 00 00"))
  expect miss
}
test tiny_segments "an option that goes past the header" {
  packet ethernet / ipv4 / tcp(syn: 1, doff: 6, options: hex("01 01 01 02"))
  expect miss
}
test tiny_segments "no options" {
  packet ethernet / ipv4 / tcp(syn: 1)
  expect miss
}
