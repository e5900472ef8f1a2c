// Compare bytes from both ends.
filter palindrome on ethernet {
  var i = 0
  var j = pkt.len
  while i < j {
    j -= 1
    let front = pkt[i]
    let back = pkt[j]
    if front != back { return false }
    i += 1
  }
  true
}
