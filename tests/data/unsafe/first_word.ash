// Reads of the packet without an `else`: that the bytes are there is proved from what was asked before.
handler first_word on icmp.type == 8
  owns    seen: u32
  when    payload.len >= 8
{
  let word = pkt[payload.start + 4] as u32
  seen = word
  pass
}

test first_word "the bytes behind the first four" {
  packet ethernet / ipv4 / icmp(type: 8) / icmp_echo / hex("00 00 00 2a")
  expect pass, seen == 42
}
