// Who asks for the station at 192.0.2.7?
const STATION = 192.0.2.7

filter arp_request on ethernet {
  arp.op == 1 && arp.target_ip == STATION
}

test arp_request "a question" {
  packet ethernet / arp(sender_ip: 192.0.2.1, target_ip: 192.0.2.7)
  expect match
}
test arp_request "a question for another station" {
  packet ethernet / arp(sender_ip: 192.0.2.1, target_ip: 192.0.2.8)
  expect miss
}
test arp_request "an answer" {
  packet ethernet / arp(op: 2, target_ip: 192.0.2.7)
  expect miss
}
test arp_request "addresses of other lengths are not for this header" {
  packet ethernet / arp(hardware_length: 8, target_ip: 192.0.2.7)
  expect miss
}
