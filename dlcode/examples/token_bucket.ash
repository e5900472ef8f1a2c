// A token bucket for each source, in a hash table of the application's memory: beyond its rate a source is dropped.
const SLOTS = 256
const BURST = 20    // packets that a source may send at once
const PER_TICK = 2  // and how many more with each tick of the clock

handler police on has(ipv4)
  owns    now: u32 shared where true  // ticks: the application's clock, which may say anything
  owns    source: u32[SLOTS]
  owns    tokens: u32[SLOTS]
  owns    filled: u32[SLOTS]  // the tick at which tokens were last counted
{
  let address = ipv4.src else pass  // cut short: not for us to judge
  let from = address as u32
  let slot = (from *% 2654435761) >> 24  // Fibonacci hashing: the upper 8 bits are below 256, which is proved

  var have: u32 = BURST
  if source[slot] == from {
    let waited = now -% filled[slot]  // the clock may wrap
    have = tokens[slot]
    if have > BURST || waited > BURST { have = BURST } else { have += waited * PER_TICK }
    if have > BURST { have = BURST }
  }
  source[slot] = from  // another source's slot is taken over
  filled[slot] = now
  if have == 0 {
    tokens[slot] = 0
    drop
  }
  tokens[slot] = have - 1
  assert tokens[slot] < BURST  // whatever the table held before
  pass
}

test police "a source that is new has a full bucket" {
  packet ethernet / ipv4(src: 10.0.0.1)
  expect pass, source[136] == 0x0a000001, tokens[136] == 19
}
test police "an empty bucket" {
  given now = 7
  given source[136] = 0x0a000001
  given filled[136] = 7
  packet ethernet / ipv4(src: 10.0.0.1)
  expect drop, tokens[136] == 0
}
test police "time fills it" {
  given now = 10
  given source[136] = 0x0a000001
  given filled[136] = 7
  packet ethernet / ipv4(src: 10.0.0.1)
  expect pass, tokens[136] == 5, filled[136] == 10
}
test police "never beyond the burst" {
  given now = 4000000000
  given source[136] = 0x0a000001
  packet ethernet / ipv4(src: 10.0.0.1)
  expect pass, tokens[136] == 19, filled[136] == 4000000000
}
