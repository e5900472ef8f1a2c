"""Small filters, and every packet there is for them: what a question's answer is, found without a solver."""

from __future__ import annotations

import random
from functools import cache
from itertools import product

from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Packet, run
from dlcode_dsl.core.parse import parse_program
from dlcode_verifier import Certificate, Proved, verify
from dlcode_verifier.filters import Finding, No, Yes
from tests.verifier.support import HERE


@cache
def certified(text: str) -> Certificate:
    """The proof of a filter's core text; a body alone is on ethernet, for packets of at most 1514 bytes."""
    whole = text if text.startswith("filter") else f"filter tried on ethernet maximum 1514 {{ {text} }}"
    answer = verify(parse_program(whole), options=HERE)
    assert isinstance(answer, Proved)
    return answer.certificate


def port(test: str) -> Certificate:
    """A filter of one field, two bytes at 2: `port("== 80:u16")`."""
    read = "read %port: u16 = packet[2:u32] else { exit miss }"
    return certified(f"{read} if (%port {test}) {{ exit match }} exit miss")


WIRES = range(4)
"""Wire lengths that stand for all: the random filters compare them with at most 2."""

SHORTEST = tuple(Packet(bytes(data), wire) for data in [(), *((byte,) for byte in range(256))] for wire in WIRES)
"""Every packet of at most one byte, as far as a random filter can tell."""


@cache
def taken(certificate: Certificate, packets: tuple[Packet, ...] = SHORTEST) -> frozenset[Packet]:
    """Which of the packets a filter matches."""
    return frozenset(packet for packet in packets if matched(certificate.program, packet))


def matched(program: Program, packet: Packet) -> bool:
    """What the interpreter says."""
    return run(program, packet).verdict is Verdict.MATCH


def assert_found(finding: Finding, expected: bool, shown: frozenset[Packet]) -> None:
    """The finding is what was expected, and no giving up; the packet of a No is one of those that show it."""
    assert isinstance(finding, Yes if expected else No)
    if isinstance(finding, No):
        assert Packet(finding.packet.data, min(finding.packet.wire_length, WIRES[-1])) in shown


def random_filter(seed: int, maximum: int = 1) -> Certificate:
    """A proved filter of nested tests on the bytes of short packets, and on their length."""
    rng = random.Random(f"filter {seed}")
    body = _body(rng, maximum, rng.randrange(1, 4), [])
    return certified(f"filter f{seed} on ethernet maximum {maximum} {{ {body} }}")


def _body(rng: random.Random, maximum: int, depth: int, names: list[str]) -> str:
    if depth == 0:
        return f"exit {rng.choice(['match', 'miss'])}"
    lines = []
    if not names or rng.random() < 0.4:
        name = f"%b{rng.getrandbits(40)}"
        bits = rng.choice([8, 8, 8, 16][: 3 + (maximum > 1)])
        at = rng.randrange(maximum - bits // 8 + 1)
        lines.append(f"read {name}: u{bits} = packet[{at}:u32] else {{ {_body(rng, maximum, depth - 1, names)} }}")
        names = [*names, f"{name}:u{bits}"]
    condition = _condition(rng, names, maximum, 2)
    lines.append(f"if {condition} {{ {_body(rng, maximum, depth - 1, names)} }}")
    lines.append(_body(rng, maximum, depth - 1, names))
    return " ".join(lines)


def _condition(rng: random.Random, names: list[str], maximum: int, depth: int) -> str:
    kind = rng.random()
    if depth and kind < 0.3:
        parts = [_condition(rng, names, maximum, depth - 1) for _ in range(2)]
        return f"({parts[0]} {rng.choice(['and', 'or'])} {parts[1]})"
    if depth and kind < 0.4:
        return f"not({_condition(rng, names, maximum, depth - 1)})"
    symbol = rng.choice(["==", "!=", "<", "<=", ">", ">="])
    if kind < 0.5:
        return f"(extent({rng.choice(['packet', 'wire'])}) {symbol} {rng.randrange(maximum + 2)}:u32)"
    name, type = rng.choice(names).split(":")
    top = 1 << int(type[1:])
    value = f"{rng.choice([rng.randrange(top), rng.randrange(16), top - 1])}:{type}"
    shape = rng.random()
    if shape < 0.2:
        mask = rng.choice([top - (1 << rng.randrange(8)), rng.randrange(top)])
        name = f"({name} {rng.choice('&|^')} {mask}:{type})"
    elif shape < 0.3:
        name = f"({name} {rng.choice(['<<', '>>'])} {rng.randrange(8)}:{type})"
    elif shape < 0.4:
        name, value = f"truncate({name}, u4)", f"{rng.randrange(16)}:u4"
    elif shape < 0.5:
        name = f"({name} {rng.choice(['+%', '-%', '*%'])} {rng.randrange(top)}:{type})"
    elif shape < 0.6:
        name, value = f"(widen({name}, u32) + {rng.randrange(300)}:u32)", f"{rng.randrange(top)}:u32"
    elif shape < 0.7:
        name = f"({name} {rng.choice('/%')} {rng.randrange(1, top)}:{type})"
    return f"({name} {symbol} {value})" if rng.random() < 0.8 else f"({value} {symbol} {name})"


FEW_BITS = tuple(Packet.whole(bytes(data)) for length in range(4) for data in product(range(4), repeat=length))
"""Every packet of at most three bytes, as far as a looping filter can tell: it looks at two bits of each."""


def looping_filter(seed: int) -> Certificate:
    """A proved filter that walks over a packet of at most three bytes, and may match on the way or at the end."""
    rng = random.Random(f"loop {seed}")
    on_the_way = "".join(
        f"if (%two {rng.choice(['==', '!=', '<', '>'])} {rng.randrange(4)}:u8) {{ {what} }} "
        for what in rng.sample(["exit match", "exit miss", "leave walk", "%n = (%n +% 1:u8)"], rng.randrange(3))
    )
    step = rng.choice(["%n = (%n +% %two)", "%n = (%n ^ %two)", "%n = %two", "if (%two > %n) { %n = %two }"])
    at_the_end = rng.choice([f"(%n {rng.choice(['==', '<', '>'])} {rng.randrange(4)}:u8)", "(%i == 2:u32)", "true"])
    return certified(f"""filter walk{seed} on ethernet maximum 3 {{
        var %n: u8 = {rng.randrange(3)}:u8
        var %i: u32 = {rng.randrange(2)}:u32
        loop walk {{ }} while (%i < extent(packet)) decreases (extent(packet) - %i) {{
          read %b: u8 = packet[%i]
          let %two: u8 = (%b & 3:u8)
          {on_the_way}
          {step}
          %i = (%i + {rng.choice([1, 1, 2])}:u32)
        }}
        if {at_the_end} {{ exit match }}
        exit miss
    }}""")
