// A prefix of 1 to 32 bits as a mask.
filter prefix on ethernet {
  if pkt.len < 9 { return false }
  let n = pkt[8]
  if n == 0 || n > 32 { return false }
  let mask = (0xffffffff as u32) << (32 - n)
  let a = pkt[0] as u32
  let b = pkt[4] as u32
  (a ^ b) & mask == 0
}
