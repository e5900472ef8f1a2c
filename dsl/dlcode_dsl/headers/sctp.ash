// The Stream Control Transmission Protocol: RFC 9260, 3.1. Its checksum is a CRC32c, which is not filled in.
header sctp { sport: u16, dport: u16, tag: u32, csum: u32 }
