// An ICMP echo responder (RFC 792; RFC 1122, 3.2.2.6): what is asked comes back, whoever is scheduled.
handler ping on icmp.type == 8 && icmp.code == 0
  may     reply
  when    payload.len <= 1476   // a frame holds no more behind the headers of Ethernet, IPv4 and ICMP
  when    ipv4.dst < 224.0.0.0  // not to a group nor to all: answers of many would drown who asked (3.2.2.6)
{
  send reply(icmp(type: 0), payload)
  consume
}

test ping "an odd number of bytes" {
  packet ethernet / ipv4(src: 192.0.2.77) / icmp(type: 8) / icmp_echo(id: 7, seq: 1) / hex("616263")
  expect consume, sent reply(icmp(type: 0), hex("0007 0001 616263"))
}
test ping "the whole answer" {
  packet ethernet / ipv4(src: 192.0.2.77) / icmp(type: 8) / icmp_echo(id: 7, seq: 1)
  expect consume, sent ethernet(dst: 02:00:00:00:00:01, src: 02:00:00:00:00:02) / ipv4(src: 192.0.2.2, dst: 192.0.2.77) / icmp(type: 0) / icmp_echo(id: 7, seq: 1)
}
test ping "an answer is not answered" {
  packet ethernet / ipv4 / icmp(type: 0) / icmp_echo
  expect decline
}
test ping "nor is what claims to come from a group" {
  packet ethernet / ipv4(src: 224.0.0.1) / icmp(type: 8) / icmp_echo
  expect decline
}
test ping "nor what was sent to a group" {
  packet ethernet / ipv4(src: 192.0.2.77, dst: 224.0.0.1) / icmp(type: 8) / icmp_echo
  expect decline
}
test ping "nor what was sent to all" {
  packet ethernet / ipv4(src: 192.0.2.77, dst: 255.255.255.255) / icmp(type: 8) / icmp_echo
  expect decline
}
test ping "cut short: the length field says more" {
  packet ethernet / ipv4 / icmp(type: 8) / icmp_echo / hex("616263") cut 44
  expect decline
}
