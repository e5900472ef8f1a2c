"""Filters for the tests of merged sets, with their proofs, and packets that are for some of them."""

from __future__ import annotations

import random
from array import array
from dataclasses import dataclass
from functools import cache

from dlcode_dsl import Source, compile_source
from dlcode_dsl.core.form import Verdict
from dlcode_dsl.core.interpret import Packet, run
from dlcode_verifier import Certificate, Options, Proved, verify

HERE = Options(isolated=False)


@dataclass(frozen=True)
class Records:
    """Packets in one buffer."""

    buffer: bytes
    offsets: array[int]
    lengths: array[int]
    wire_lengths: array[int]


@cache
def proved(*conditions: str) -> tuple[Certificate, ...]:
    """The proof of a filter for each condition."""
    source = "".join(f"filter f{number} on ethernet {{ {one} }}\n" for number, one in enumerate(conditions))
    return certificates(source)


@cache
def certificates(source: str) -> tuple[Certificate, ...]:
    """The proofs of all filters of a source."""
    compiled = compile_source(Source("sets.ash", source))
    assert not compiled.diagnostics
    answers = [verify(program, options=HERE) for program in compiled.programs]
    return tuple(answer.certificate for answer in answers if isinstance(answer, Proved))


def matches(certificate: Certificate, packet: Packet) -> bool:
    """Whether the interpreter says that a filter matches."""
    program = certificate.program
    return len(packet.data) <= program.maximum and run(program, packet).verdict is Verdict.MATCH


def listener(port: int, address: str = "10.0.0.1") -> str:
    """A TCP port of an address."""
    return f"ipv4.dst == {address} && ipv4/tcp.dport == {port}"


def connection(number: int) -> str:
    """One of many TCP connections to one port: no two have all four constants in common."""
    return (
        f"ipv4.src == 192.0.2.{number % 7} && ipv4.dst == 10.0.0.{number % 3} && "
        f"ipv4/tcp.sport == {1024 + number} && ipv4/tcp.dport == {80 + number % 2}"
    )


def segment(
    source: str = "192.0.2.1", target: str = "10.0.0.1", ports: tuple[int, int] = (1024, 80), *, over: int = 6,
    words: int = 5, kind: int = 0x0800,
) -> bytes:  # fmt: skip
    """A frame with an IPv4 header of so many words, and ports."""
    header = bytes([0x40 | words, 0, 0, 0, 0, 0, 0, 0, 64, over, 0, 0]) + _address(source) + _address(target)
    transport = b"".join(port.to_bytes(2, "big") for port in ports) + bytes(8) + b"\x50" + bytes(7)
    return bytes(12) + kind.to_bytes(2, "big") + header + bytes(4 * max(0, words - 5)) + transport


def _address(text: str) -> bytes:
    return bytes(int(part) for part in text.split("."))


def traffic(count: int, seed: int = 1) -> list[Packet]:
    """Frames of which many are for filters of `bench.population`, some cut short, and some that are noise."""
    rng = random.Random(f"traffic {seed}")
    return [_any(rng) for _ in range(count)]


def _any(rng: random.Random) -> Packet:
    match rng.randrange(10):
        case 0:
            data = rng.randbytes(rng.randrange(80))
        case 1:
            body = bytes.fromhex("0001080006040001") + rng.randbytes(10) + bytes(6) + b"\x0a\0\0"
            data = bytes(12) + b"\x08\x06" + body + bytes([rng.randrange(1, 41)])
        case _:
            network = rng.choice(["192.0.2", "198.51.100", "203.0.113", "172.17.4"])
            ports = rng.randrange(1024, 65536), rng.choice([7 * rng.randrange(1, 60), rng.randrange(32768, 65536)])
            data = segment(
                f"{network}.{rng.randrange(1, 255)}", f"10.0.0.{rng.randrange(1, 41)}", ports,
                over=rng.choice([6, 6, 17, 17, 1]), words=rng.choice([5, 5, 5, 6, 15, 4]),
            )  # fmt: skip
            if rng.randrange(4) == 0:
                at = rng.randrange(12, len(data))
                data = data[:at] + rng.randbytes(1) + data[at + 1 :]
    kept = rng.choice([len(data), len(data), rng.randrange(len(data) + 1)])
    return Packet(data[:kept], len(data))
