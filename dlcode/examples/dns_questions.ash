// Questions of the DNS, whose names may be compressed: a label is a length and so many bytes, a pointer leads back to an
// earlier place of the message (RFC 1035, 4.1.4). A pointer that leads to itself keeps a careless parser busy for ever.
message dns { id: u16, response: u1, opcode: u4, bits: u11, questions: u16, answers: u16, authority: u16, more: u16 }

const ANY = 255
const STEPS = 128

// Questions for every record of a name, which make servers amplify (RFC 8482).
filter asks_for_any on ethernet {
  if udp.dport != 53 { return false }
  let question = udp.payload else false
  let head = question[0] as dns else false
  if head.response != 0 || head.questions != 1 { return false }

  var at = 12    // where the walk is
  var after = 0  // where the question goes on behind the name: after its first pointer
  var size = 0
  for step in 0 .. STEPS {
    let length = question[at] else false
    if length == 0 {
      if after == 0 { after = at + 1 }
      let type = question[after] as u16 else false
      return type == ANY
    }
    if length >= 0xc0 {
      let pointer = question[at] as u16 else false
      if after == 0 { after = at + 2 }
      if pointer & 0x3fff >= at { return false }  // only back
      at = pointer & 0x3fff
      continue
    }
    if length >= 64 { return false }
    at += 1 + length
    size += 1 + length
    if size > 255 { return false }
  }
  false
}

test asks_for_any "a plain name" {
  packet ethernet / ipv4 / udp(dport: 53) / dns(id: 1, questions: 1)
    / hex("07 65 78 61 6d 70 6c 65 03 6f 72 67 00 00 ff 00 01")
  expect match
}
test asks_for_any "another type" {
  packet ethernet / ipv4 / udp(dport: 53) / dns(id: 1, questions: 1) / hex("03 6f 72 67 00 00 01 00 01")
  expect miss
}
test asks_for_any "a pointer to itself" {
  packet ethernet / ipv4 / udp(dport: 53) / dns(id: 1, questions: 1) / hex("c0 0c 00 ff 00 01")
  expect miss
}
test asks_for_any "a pointer back into the header, which reads as an empty name" {
  packet ethernet / ipv4 / udp(dport: 53) / dns(id: 1, questions: 1) / hex("01 61 c0 06 00 ff 00 01")
  expect match
}
test asks_for_any "cut short in the name" {
  packet ethernet / ipv4 / udp(dport: 53) / dns(id: 1, questions: 1) / hex("07 65 78")
  expect miss
}
