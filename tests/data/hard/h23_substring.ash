// Find four bytes anywhere in the packet: a loop in a loop.
filter substring on ethernet {
  var i = 0
  while i + 4 <= pkt.len {
    var j = 0
    while j < 4 {
      var wanted: u8 = 71
      if j == 1 { wanted = 69 }
      if j == 2 { wanted = 84 }
      if j == 3 { wanted = 32 }
      let byte = pkt[i + j]
      if byte != wanted { break }
      j += 1
    }
    if j == 4 { return true }
    i += 1
  }
  false
}
