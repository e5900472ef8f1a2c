// Links whose packets begin with an IP header: www.tcpdump.org/linktypes.html, LINKTYPE_RAW.
header raw { reply, next { ipv4, ipv6 } }
