// The middle of a range that two header fields give.
filter middle on ethernet {
  if pkt.len < 4 { return false }
  let start = pkt[0] as u16
  let end = pkt[2] as u16
  if start >= end { return false }
  if end > pkt.len { return false }
  let byte = pkt[start + (end - start) / 2]
  byte == 0
}
