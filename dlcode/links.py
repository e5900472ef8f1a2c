"""Which packets of captures are a program's: those whose link type begins with the header that it is `on`."""

from __future__ import annotations

from collections.abc import Mapping

from dlcode.captures import ETHERNET

LINKS: Mapping[str, tuple[int, ...]] = {
    "ethernet": (ETHERNET,),
    "ipv4": (101, 228),
    "ipv6": (101, 229),
    "linux_sll": (113,),
    "linux_sll2": (276,),
    "loop": (108,),
    "null": (0,),
    "raw": (101, 228, 229),
}
"""Link types of captures (www.tcpdump.org/linktypes.html) whose packets begin with a root header; of a raw link's
packets, which begin with IPv4 or IPv6, the header's own constraint takes the right ones."""


def link_type_of(link: str) -> int:
    """The link type under which packets of a link are written."""
    return LINKS.get(link, (ETHERNET,))[0]
