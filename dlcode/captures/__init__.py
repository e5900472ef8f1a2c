"""Captures in and out: packets as values from pcap and pcapng files, and packets written as pcap.

`open_capture` reads classic pcap and pcapng (either byte order, compressed by gzip or not), `write_capture` writes
pcap, `shipped` names the captures that come with dlcode. Never: interprets a packet, or maps a file that may change
while it is read.
"""

from dlcode.captures.faults import FAULTS, CaptureError, Fault
from dlcode.captures.packets import ETHERNET, LINK_TYPES, MAXIMUM_CAPTURED, Batch, Packet, link_type_name
from dlcode.captures.reading import Capture, open_capture
from dlcode.captures.shipped import shipped
from dlcode.captures.writing import write_capture

__all__ = [
    "ETHERNET",
    "FAULTS",
    "LINK_TYPES",
    "MAXIMUM_CAPTURED",
    "Batch",
    "Capture",
    "CaptureError",
    "Fault",
    "Packet",
    "link_type_name",
    "open_capture",
    "shipped",
    "write_capture",
]
