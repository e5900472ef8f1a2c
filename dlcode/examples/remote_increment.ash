// Remote increment: a peer names a counter, the handler adds to it and answers with the new value, without a copy and
// without waking the application. After the experiment of the exokernel papers (ASHs).

const COUNTERS = 256

message incr { op: u8 == 1, pad: u8, slot: u16, delta: u32 }
message result { op: u8 == 2, pad: u8, slot: u16, value: u32 }

handler remote_increment(m: incr) on ipv4/udp.dport == 7000
  owns    counters: u32[COUNTERS]  // the application reads it; only this handler writes
  may     reply
  when    m.slot < counters.len  // false: not delivered here
  ensures counters[m.slot] == old(counters[m.slot]) +% m.delta
  cost    <= 400 cycles on dec5000-125
{
  counters[m.slot] +%= m.delta  // +% wraps on purpose; plain + must be proved not to
  send reply(result(slot: m.slot, value: counters[m.slot]))
  consume
}

test remote_increment "adds and answers" {
  given counters[3] = 40
  packet ethernet / ipv4 / udp(dport: 7000) / incr(slot: 3, delta: 2)
  expect consume, counters[3] == 42, sent result(slot: 3, value: 42)
}
test remote_increment "a slot that is not there is not for this handler" {
  packet ethernet / ipv4 / udp(dport: 7000) / incr(slot: 256, delta: 2)
  expect decline
}
test remote_increment "cut short in the message" {
  packet ethernet / ipv4 / udp(dport: 7000) / incr(slot: 3, delta: 2) cut 48
  expect decline
}
