// The broken twin of remote_increment.ash: its guard is off by one, so a packet can name the slot after the last.

const COUNTERS = 256

message incr { op: u8 == 1, pad: u8, slot: u16, delta: u32 }
message result { op: u8 == 2, pad: u8, slot: u16, value: u32 }

handler remote_increment(m: incr) on ipv4/udp.dport == 7000
  owns    counters: u32[COUNTERS]  // the application reads it; only this handler writes
  may     reply
  when    m.slot <= counters.len  // off by one: slot 256 of 0 to 255
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
