// An offset and a length of 32 bits, whose sum may wrap.
filter overflow_guard on ethernet {
  if pkt.len < 8 { return false }
  let offset = pkt[0] as u32
  let length = pkt[4] as u32
  if length == 0 { return false }
  let end = offset +% length
  if end < offset { return false }
  if end > pkt.len { return false }
  let last = pkt[end - 1]
  let first = pkt[offset]
  last == first
}
