// Pings, counted. A handler that passes hands the packet on to its owner's normal path.
filter pings on ethernet {
  icmp.type in [0, 8]
}

handler ping_count on icmp.type == 8
  owns    asked: u32
  owns    by_length: u32[16]  // by the length of what is carried, in steps of 128 bytes
{
  let step = (payload.len else 0) / 128  // no payload: its length fields lie
  asked +%= 1
  if step < by_length.len {
    by_length[step] +%= 1
  } else {
    by_length[by_length.len - 1] +%= 1
  }
  pass
}

test pings "an answer" {
  packet ethernet / ipv4 / icmp(type: 0) / icmp_echo(id: 7, seq: 1)
  expect match
}
test pings "unreachable" {
  packet ethernet / ipv4 / icmp(type: 3, code: 1)
  expect miss
}
test ping_count "counts and hands on" {
  given asked = 4
  packet ethernet / ipv4 / icmp(type: 8) / icmp_echo(id: 7, seq: 2) / hex("61 62 63 64")
  expect pass, asked == 5, by_length[0] == 1
}
test ping_count "an answer is not for it" {
  packet ethernet / ipv4 / icmp(type: 0) / icmp_echo(id: 7, seq: 2)
  expect decline
}
