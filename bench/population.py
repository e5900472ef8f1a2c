"""A population of filters such as the owners of one machine's endpoints hand over, as `.ash` source.

Most name a connection's ends or a listening port, as applications do; some a range of ports, a network by its mask, or
the address that is asked for. Addresses and ports are few enough for some of them to meet.
"""

from __future__ import annotations

import random
from collections.abc import Callable


def population(count: int, seed: int = 1) -> str:
    """The source of `count` filters `f0`, `f1`, …; the same one for the same seed."""
    rng = random.Random(f"population {seed}")
    kinds, weights = zip(*MIX, strict=True)
    made = [rng.choices(kinds, weights)[0](rng) for _ in range(count)]
    return "\n".join(f"filter f{number} on ethernet {{ {condition} }}" for number, condition in enumerate(made)) + "\n"


def _address(rng: random.Random) -> str:
    return f"10.0.0.{rng.randrange(1, 41)}"


def _remote(rng: random.Random) -> str:
    return f"{rng.choice(['192.0.2', '198.51.100', '203.0.113'])}.{rng.randrange(1, 255)}"


def _transport(rng: random.Random) -> str:
    return rng.choice(["tcp", "udp"])


def _port(rng: random.Random) -> int:
    return rng.randrange(1, 60) * 7


def connection(rng: random.Random) -> str:
    """All of a five-tuple."""
    over = _transport(rng)
    return (
        f"ipv4.src == {_remote(rng)} && ipv4.dst == {_address(rng)}"
        f" && {over}.sport == {rng.randrange(1024, 65536)} && {over}.dport == {_port(rng)}"
    )


def listener(rng: random.Random) -> str:
    """A port of an address."""
    return f"ipv4.dst == {_address(rng)} && {_transport(rng)}.dport == {_port(rng)}"


def port_range(rng: random.Random) -> str:
    """A range of an address's ports, as dynamic ones are handed out."""
    over, low = _transport(rng), 16 * rng.randrange(2048, 4096)
    return f"ipv4.dst == {_address(rng)} && {over}.dport >= {low} && {over}.dport < {low + rng.choice([16, 32])}"


def services(rng: random.Random) -> str:
    """Some ports of an address."""
    first = _port(rng)
    return f"ipv4.dst == {_address(rng)} && tcp.dport in [{first}, {first + 1}, {first + 363}]"


def network(rng: random.Random) -> str:
    """What comes from a network to a port of an address."""
    bits, (a, b, c) = rng.choice([16, 24]), (172, 16 + rng.randrange(16), rng.randrange(256))
    source = f"ipv4.src & 255.255.0.0 == {a}.{b}.0.0" if bits == 16 else f"ipv4.src & 255.255.255.0 == {a}.{b}.{c}.0"
    return f"{source} && {listener(rng)}"


def question(rng: random.Random) -> str:
    """Who has an address?"""
    return f"arp.op == {rng.choice([1, 2])} && arp.target_ip == {_address(rng)}"


def pings(rng: random.Random) -> str:
    """Echo requests or answers to an address."""
    return f"icmp.type == {rng.choice([0, 8])} && ipv4.dst == {_address(rng)}"


def host(rng: random.Random) -> str:
    """All that one machine sends to an address."""
    return f"ipv4.src == {_remote(rng)} && ipv4.dst == {_address(rng)}"


MIX: tuple[tuple[Callable[[random.Random], str], int], ...] = (
    (connection, 30), (listener, 33), (port_range, 10), (network, 10),
    (services, 5), (question, 5), (pings, 5), (host, 2),
)  # fmt: skip
"""How often each kind is met."""
