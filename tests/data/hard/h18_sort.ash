// Sort sixteen cells by insertion.
handler sort on has(ethernet)
  owns    table: u32[256]
{
  var i = 1
  while i < 16 {
    let x = table[i]
    var j = i
    while j > 0 {
      if table[j - 1] <= x { break }
      table[j] = table[j - 1]
      j -= 1
    }
    table[j] = x
    i += 1
  }
  consume
}
