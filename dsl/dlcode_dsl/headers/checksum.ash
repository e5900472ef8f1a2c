// The Internet checksum: RFC 1071.

// A sum of 16-bit words with its carries added in: all ones where the words hold their own checksum.
fn fold16(sum: u32) -> u16 {
  let once = (sum & 0xffff) + (sum >> 16)
  ((once & 0xffff) + (once >> 16)) as u16
}

// The sum of what is copied.
pipe cksum(w: u16) -> u16 is commutative, readonly {
  state sum: u32 = 0
  sum += w
  emit w
  finish fold16(sum)
}
