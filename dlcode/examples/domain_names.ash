// Questions to a domain name server (RFC 1035, 4.1.1), taken apart by a view: no header of the library knows them.
message dns { id: u16, response: u1, opcode: u4, bits: u11, questions: u16, answers: u16, authorities: u16, more: u16 }

filter dns_question on ethernet {
  if !has(udp) { return false }
  let at = udp.end else false
  let question = pkt[at] as dns else false  // cut short: no match, never a fault
  udp.dport == 53 && question.response == 0 && question.opcode == 0 && question.questions == 1
}

test dns_question "a question" {
  packet ethernet / ipv4 / udp(dport: 53) / dns(id: 7, questions: 1)
  expect match
}
test dns_question "an answer" {
  packet ethernet / ipv4 / udp(dport: 53) / dns(id: 7, response: 1, questions: 1)
  expect miss
}
test dns_question "cut short in the header" {
  packet ethernet / ipv4 / udp(dport: 53) / dns(questions: 1) cut 53
  expect miss
}
test dns_question "another port" {
  packet ethernet / ipv4 / udp(dport: 54) / dns(questions: 1)
  expect miss
}
