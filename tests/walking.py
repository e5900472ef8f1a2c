"""Random programs that walk over a packet, whose accesses are aligned or not, for the tests of alignment facts."""

from __future__ import annotations

import random

from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.parse import parse_program


def walking(seed: int) -> Program:
    """A handler that walks with one offset, which it moves in several ways, and reads, writes, copies and sends there.

    It breaks no rule. The same seed gives the same program in every process.
    """
    program = parse_program(_text(random.Random(f"walking {seed}"), f"walking{seed}"))
    assert_well_formed(program)
    return program


def _text(rng: random.Random, name: str) -> str:

    def step(at: str) -> str:
        by = rng.choice((1, 2, 2, 3, 4, 4, 6, 8))
        scaled = f"(widen(%byte, u32) * {by}:u32)"
        return rng.choice(
            (
                f"({at} +% {by}:u32)",
                f"(({at} +% {scaled}) & 127:u32)",
                f"(({at} + {by}:u32) & {rng.choice((124, 126, 127))}:u32)",
                f"({at} ^ {by}:u32)",
                f"({at} | {by}:u32)",
                f"(({at} % {rng.choice((12, 10, 64))}:u32) + {by}:u32)",
                f"(({at} << {rng.randrange(3)}:u32) & 63:u32)",
            )
        )

    def place() -> str:
        return rng.choice(("%at", f"(%at +% {rng.randrange(5)}:u32)", f"(%at *% {rng.randrange(1, 5)}:u32)"))

    def within(at: str) -> str:
        return f"(({at} <= 1000:u32) and (({at} + 16:u32) <= extent(packet)))"

    def visit() -> str:
        at, fresh = place(), f"v{rng.randrange(10**9)}"
        value = rng.choice(("%byte", "widen(%byte, u16)", "(widen(%byte, u32) *% 16909060:u32)"))
        index = rng.choice((f"({at} & 32:u32)", f"({at} & {rng.choice((28, 30, 31))}:u32)"))
        through = rng.choice(("", "", "through sum ", "through swap "))
        copy = f"copy packet[{at} : {count}] -> @ring[{index}] {through}as {fresh}"
        return rng.choice(
            (
                f"read %{fresh}: u{rng.choice((8, 16, 16, 32, 48))} = packet[{at}] else {{ leave all }}",
                f"if {within(at)} {{ packet[{at}] = {value} }}",
                f"if {within(at)} {{ {copy} }}",
            )
        )

    def send() -> str:
        at = place()
        return f"if {within(at)} {{ send reply {{ value 7:u16 packet[{at} : {count}] value 66051:u32 }} }}"

    count = rng.choice(("1:u32", "4:u32", "6:u32", "%few", "%few"))
    body = "\n".join(rng.choice((visit(), visit(), f"%at = {step('%at')}")) for _ in range(rng.randrange(2, 5)))
    inner = f"if (%byte > 99:u8) {{ %at = {step('%at')} }}" if rng.random() < 0.4 else ""
    start = rng.choice(("0:u32", "14:u32", "17:u32", "(widen(%first, u32) * 4:u32)", "(widen(%first, u32) & 6:u32)"))
    return f"""handler {name} on ethernet maximum 200
  owns @ring: u8[64] scratch
  may reply, rewrite
  pipe sum(%word: u16) readonly state %total = 0:u32 {{
    %total = (%total +% widen(%word, u32))
    emit %word
  }} finish %total
  pipe swap(%whole: u32) {{ emit bswap(%whole) }}
{{
  block all {{
    read %first: u8 = packet[3:u32] else {{ leave all }}
    let %few: u32 = widen((%first & {rng.choice((12, 14, 15))}:u8), u32)
    var %at: u32 = {start}
    loop turns {{ }} while (%at < 190:u32) limit 9 {{
      read %byte: u8 = packet[(%at & 63:u32)] else {{ leave all }}
      {inner}
      {body}
      %at = {step("%at")}
    }} else {{ leave all }}
    {send()}
  }}
  exit pass
}}
"""
