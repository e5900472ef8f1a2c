"""The packet that starts an exchange: a remote increment in UDP, IPv4 and Ethernet.

RFC 768, RFC 791 and RFC 1071 (checksums); the message is that of `remote_increment.ash`.
"""

from __future__ import annotations

import struct
from typing import Protocol

INCREMENT_PORT, RESULT_PORT = 7000, 7001
_IPV4, _UDP = 0x0800, 17


class Host(Protocol):
    """One end of an exchange."""

    @property
    def mac(self) -> bytes: ...
    @property
    def ip4(self) -> bytes: ...


def increment(client: Host, server: Host, slot: int, delta: int) -> bytes:
    """A frame in which the client asks the server to add `delta` to the counter `slot`. It is not padded."""
    message = struct.pack(">BBHI", 1, 0, slot, delta)
    length = 8 + len(message)
    pseudo = client.ip4 + server.ip4 + struct.pack(">HH", _UDP, length)
    ports = struct.pack(">HHH", RESULT_PORT, INCREMENT_PORT, length)
    udp = ports + (checksum(pseudo + ports + message) or 0xFFFF).to_bytes(2, "big") + message
    before, after = struct.pack(">BBHHHBB", 0x45, 0, 20 + length, 0, 0x4000, 64, _UDP), client.ip4 + server.ip4
    ip = before + checksum(before + after).to_bytes(2, "big") + after
    return server.mac + client.mac + struct.pack(">H", _IPV4) + ip + udp


def checksum(data: bytes) -> int:
    """The Internet checksum of an even number of bytes (RFC 1071)."""
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
