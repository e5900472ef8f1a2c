// The other end of remote_increment.ash: takes each answer and asks for the next increment, and counts the rounds. Two
// machines that run these two handlers send one packet to and fro for as long as the wire lasts.

message incr { op: u8 == 1, pad: u8, slot: u16, delta: u32 }
message result { op: u8 == 2, pad: u8, slot: u16, value: u32 }

handler counter_client(m: result) on ipv4/udp.dport == 7001
  owns    rounds: u32
  may     reply
  ensures rounds == old(rounds) +% 1
{
  rounds +%= 1
  send reply(incr(slot: m.slot, delta: 1))
  consume
}

test counter_client "asks for the next increment" {
  given rounds = 9
  packet ethernet / ipv4 / udp(sport: 7000, dport: 7001) / result(slot: 5, value: 1)
  expect consume, rounds == 10, sent incr(slot: 5, delta: 1)
}

test counter_client "leaves other messages alone" {
  packet ethernet / ipv4 / udp(sport: 7000, dport: 7001) / incr(slot: 5, delta: 1)
  expect decline
}
