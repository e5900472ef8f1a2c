// Active messages that take and give back locks: the answer leaves before any process runs. Both handlers own `locks`:
// the application lends them one region of its memory, as each download names the region that it gives.
message acquire { op: u8 == 1, pad: u8, lock: u16, owner: u32 }
message release { op: u8 == 2, pad: u8, lock: u16, owner: u32 }
message held { op: u8 == 3, pad: u8, lock: u16, owner: u32 }

const LOCKS = 64

handler take_lock(m: acquire) on udp.dport == 7001
  owns    locks: u32[LOCKS]  // who holds each lock; 0: nobody
  may     reply
  when    m.lock < locks.len && m.owner != 0
  ensures locks[m.lock] != 0
  ensures old(locks[m.lock]) == 0 || locks[m.lock] == old(locks[m.lock])  // nobody loses a lock
{
  if locks[m.lock] == 0 { locks[m.lock] = m.owner }
  send reply(held(lock: m.lock, owner: locks[m.lock]))
  consume
}

handler give_lock(m: release) on udp.dport == 7001
  owns    locks: u32[LOCKS]
  may     reply, wake
  when    m.lock < locks.len && m.owner != 0
{
  if locks[m.lock] != m.owner { abort }  // not the holder's to give: the application may look into it
  locks[m.lock] = 0
  send reply(held(lock: m.lock, owner: 0))
  wake  // somebody may be waiting
  consume
}

test take_lock "a free lock is taken" {
  packet ethernet / ipv4 / udp(dport: 7001) / acquire(lock: 3, owner: 77)
  expect consume, locks[3] == 77, sent held(lock: 3, owner: 77)
}
test take_lock "a lock that is held stays with its holder, who is named" {
  given locks[3] = 5
  packet ethernet / ipv4 / udp(dport: 7001) / acquire(lock: 3, owner: 77)
  expect consume, locks[3] == 5, sent held(lock: 3, owner: 5)
}
test take_lock "there is no such lock" {
  packet ethernet / ipv4 / udp(dport: 7001) / acquire(lock: 64, owner: 77)
  expect decline
}
test give_lock "the holder gives it back" {
  given locks[3] = 77
  packet ethernet / ipv4 / udp(dport: 7001) / release(lock: 3, owner: 77)
  expect consume, locks[3] == 0, sent held(lock: 3, owner: 0), woken
}
test give_lock "somebody else's is left alone" {
  given locks[3] = 5
  packet ethernet / ipv4 / udp(dport: 7001) / release(lock: 3, owner: 77)
  expect abort, locks[3] == 5
}
