// What the examples lack: a division, a shift, a narrowing and memory of each mode, each behind its guard.
message sample { meter: u8 < 64, scale: u8, count: u16, total: u32 }

handler meter(m: sample) on ipv4/udp.dport == 7002
  owns    totals: u32[64]
  owns    last: u16
  owns    notes: u32[8] scratch
  owns    gate: u8 shared where gate < 4
  owns    opened: u16[4]
  may     wake
  ensures totals[m.meter] >= old(totals[m.meter])
{
  notes[m.meter & 7] = m.total              // scratch: may be written before an abort
  if m.total == 7 { abort }
  if m.count == 0 { drop }
  let mean = m.total / m.count
  if m.scale >= 32 { drop }
  let scaled = mean >> m.scale
  if scaled > 0xffffffff - totals[m.meter] { drop }
  totals[m.meter] += scaled
  if scaled <= 0xffff { last = scaled }
  opened[gate] +%= 1
  wake
  consume
}

test meter "adds the mean" {
  given totals[5] = 40
  packet ethernet / ipv4 / udp(dport: 7002) / sample(meter: 5, scale: 1, count: 4, total: 64)
  expect consume, totals[5] == 48, last == 8, notes[5] == 64, opened[0] == 1, woken
}
