// The element in row r and column c of a matrix that fits the packet.
filter matrix on ethernet {
  if pkt.len < 4 { return false }
  let rows = pkt[0]
  let columns = pkt[1]
  let r = pkt[2]
  let c = pkt[3]
  if 4 + rows * columns > pkt.len { return false }
  if r >= rows || c >= columns { return false }
  let element = pkt[4 + r * columns + c]
  element != 0
}
