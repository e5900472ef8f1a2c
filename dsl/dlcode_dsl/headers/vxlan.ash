// Virtual extensible networks: RFC 7348, 5.
header vxlan {
  reserved1: u4, valid: u1 == 1, reserved2: u27
  vni: u24, reserved3: u8
  next { ethernet }
}
