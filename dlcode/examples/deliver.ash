// Direct message vectoring with integrated layer processing: the payload of a segment goes straight into the ring of the
// application, checked and in the machine's byte order, in one pass over the bytes.
use checksum
use tcp  // pseudo_sum

pipe swap32(w: u32) -> u32 { emit bswap(w) }

handler deliver(t: tcp) on ipv4/tcp.dport == 9000
  owns    ring: u8[65536] scratch               // means nothing until head says so
  owns    head: u32 shared where head <= 65536  // the application moves it back when it has read
  may     wake
  when    payload.len <= ring.len - head && payload.len % 4 == 0
  ensures head >= old(head)
{
  let done = copy payload -> ring[head ..] through cksum >> swap32
  if fold16(done.cksum + pseudo_sum(t)) != 0xffff { abort }  // head has not moved: the application sees nothing
  head += payload.len
  wake
  consume
}

test deliver "two words, behind what is there already" {
  given head = 4
  given ring[0 .. 4] = hex("aaaaaaaa")
  packet ethernet / ipv4 / tcp(dport: 9000) / hex("01020304 05060708")
  expect consume, head == 12, ring[4 .. 12] == hex("04030201 08070605"), woken
}

test deliver "a segment that was damaged on its way" {
  packet ethernet / ipv4 / tcp(dport: 9000, csum: 1) / hex("01020304")
  expect abort, head == 0, ring[0 .. 4] == hex("04030201")  // scratch: what stands there means nothing
}

test deliver "options are summed too" {
  packet ethernet / ipv4 / tcp(dport: 9000, doff: 6) / hex("01020304")
  expect consume, head == 4, ring[0 .. 4] == hex("04030201"), woken
}

test deliver "no room: for the next one to take" {
  given head = 65535
  packet ethernet / ipv4 / tcp(dport: 9000) / hex("01020304")
  expect decline
}
