// Label stacks: RFC 3032, 2.1. Nothing says what lies behind the last label: its first bits do (RFC 4928, 2).
header mpls {
  label: u20, tc: u3, bottom: u1, ttl: u8 = 64
  chain bottom limit 8 { 0 => mpls }
  next bottom { 1 => ipv4, 1 => ipv6 }
}
