// Tags of virtual networks: IEEE 802.1Q, 9.6; service tags (802.1ad) have type 0x88a8, some old bridges' 0x9100.
// `vlan` is the outermost tag, `vlan/vlan` the next one; what `vlan/ipv4` names lies behind all of them.
header vlan {
  pcp: u3, dei: u1, vid: u12
  type: u16
  reply pcp <-> pcp  // an answer stays in the network, with the priority that it was asked with
  reply dei <-> dei
  reply vid <-> vid
  chain type limit 8 { 0x8100 | 0x88a8 | 0x9100 => vlan }
  next type { 0x0800 => ipv4, 0x86dd => ipv6, 0x0806 => arp, 0x8847 | 0x8848 => mpls, 0x8864 | 0x8863 => pppoe }
}
