"""Filters that nobody writes: what is defined only behind a test, loops, variables, contradictions, many names."""

from __future__ import annotations

import random
from functools import cache

import pytest

from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.sets.host import MergedSet
from dlcode_jit.sets.r3000 import MipsSet
from dlcode_verifier import Certificate, Proved, verify
from tests.jit.sets.filters import HERE, matches
from tests.jit.sets.machine import SetMachine

READ_A = "read %a: u8 = packet[0:u32] else { exit miss }"
READ_B = "read %b: u8 = packet[1:u32] else { exit miss }"

BODIES = {
    "a difference that is one only behind a test": f"""{READ_A}
      if (%a < 100:u8) {{ exit miss }}
      let %d: u8 = (%a - 100:u8)
      {READ_B}
      if ((%d == 3:u8) or (%b == 9:u8)) {{ exit miss }}
      if (%d != 7:u8) {{ exit miss }}
      exit match""",
    "an offset that is one only behind a test": f"""{READ_A}
      if (%a < 4:u8) {{ exit miss }}
      let %at: u32 = widen((%a - 4:u8), u32)
      read %b: u16 = packet[%at] else {{ exit miss }}
      if (%b != 257:u16) {{ exit miss }}
      exit match""",
    "a quotient": f"""{READ_A}
      if (%a == 0:u8) {{ exit miss }}
      {READ_B}
      let %q: u8 = (%b / %a)
      if (%q != 2:u8) {{ exit miss }}
      exit match""",
    "a value that fits behind a test": """read %w: u16 = packet[0:u32] else { exit miss }
      if (%w > 255:u16) { exit miss }
      let %n: u8 = narrow(%w, u8)
      if (%n != 5:u8) { exit miss }
      exit match""",
    "a shift that is never made": f"""{READ_A}
      if (%a != 1:u8) {{ exit miss }}
      if (%a != 2:u8) {{ exit miss }}
      let %s: u8 = (%a >> 9:u8)
      if (%s != 0:u8) {{ exit miss }}
      exit match""",
    "a variable": f"""{READ_A}
      var %v: u8 = %a
      let %before: u8 = %v
      if (%a > 9:u8) {{ %v = 1:u8 }} else {{ %v = 2:u8 }}
      if (%v != 1:u8) {{ exit miss }}
      if (%before != 20:u8) {{ exit miss }}
      exit match""",
    "a loop": """var %i: u32 = 0:u32
      loop search { } while (%i < 4:u32) {
        read %c: u8 = packet[%i] else { exit miss }
        if (%c == 7:u8) { exit match }
        %i = (%i + 1:u32)
      }
      exit miss""",
    "names like those of a key": """read %key.0: u8 = packet[0:u32] else { exit miss }
      read %key: u8 = packet[1:u32] else { exit miss }
      if (%key != 3:u8) { exit miss }
      if (%key.0 != 4:u8) { exit miss }
      exit match""",
    "two kinds of match": f"""{READ_A}
      if (%a == 7:u8) {{ exit match }}
      {READ_B}
      if (%b != 7:u8) {{ exit miss }}
      exit match""",
    "the same byte twice": f"""{READ_A}
      read %again: u8 = packet[0:u32]
      if ((%a & 240:u8) != 16:u8) {{ exit miss }}
      if ((%again & 31:u8) != 17:u8) {{ exit miss }}
      exit match""",
    "a contradiction": f"""{READ_A}
      {READ_B}
      if ((%b & 15:u8) != 16:u8) {{ exit miss }}
      if (%a != 1:u8) {{ exit miss }}
      exit match""",
    "the length on the wire": f"""{READ_A}
      if (extent(wire) != 20:u32) {{ exit miss }}
      if (%a != 1:u8) {{ exit miss }}
      exit match""",
    "everything": "exit match",
    "nothing": "exit miss",
}


@cache
def proved(body: str) -> Certificate:
    """The proof of a filter with this body."""
    answer = verify(parse_program(f"filter odd on ethernet maximum 64\n{{\n{body}\n}}\n"), options=HERE)
    assert isinstance(answer, Proved), answer
    return answer.certificate


def packets() -> list[Packet]:
    """Few bytes of few values, some of them cut."""
    rng = random.Random(8)
    values = (0, 1, 2, 3, 4, 5, 7, 9, 16, 17, 20, 100, 103, 107, 255)
    found = [Packet.whole(bytes(rng.choice(values) for _ in range(rng.choice([0, 1, 2, 3, 20])))) for _ in range(250)]
    return [*found, Packet(b"\x01\x01\x01", 20), Packet.whole(b"\x04\x01\x01\x01\x01"), Packet.whole(b"\x04\x03")]


@pytest.mark.parametrize("kind", BODIES)
def test_an_odd_filter_is_itself_on_both_targets(kind: str) -> None:
    one = proved(BODIES[kind])
    host = MergedSet([(one, "it")], options=HERE)
    machine = SetMachine(MipsSet([(one, "it")], options=HERE))
    for packet in packets():
        expected = "it" if matches(one, packet) else None
        assert host.owner(packet) == machine.owner(packet) == expected, packet


def test_odd_filters_together_do_not_disturb_each_other() -> None:
    filters = [proved(body) for kind, body in BODIES.items() if kind != "everything"]
    host = MergedSet([(one, "it") for one in filters], options=HERE)
    machine = SetMachine(MipsSet([(one, "it") for one in filters], options=HERE))
    for packet in packets():
        expected = "it" if any(matches(one, packet) for one in filters) else None
        assert host.owner(packet) == machine.owner(packet) == expected, packet


def test_constants_in_which_odd_filters_differ_may_become_a_key() -> None:
    """Also where what follows a test is defined only behind it: then the test stays where it is."""
    for kind, body in BODIES.items():
        other = body.replace("7:u8", "8:u8").replace("257:u16", "258:u16").replace("!= 1:u8", "!= 3:u8")
        if other == body:
            continue
        filters = [proved(body), proved(other)]
        host = MergedSet([(one, "it") for one in filters], options=HERE)
        machine = SetMachine(MipsSet([(one, "it") for one in filters], options=HERE))
        for packet in packets():
            expected = "it" if any(matches(one, packet) for one in filters) else None
            assert host.owner(packet) == machine.owner(packet) == expected, (kind, packet)


def test_what_one_filter_assigns_is_nothing_to_the_next() -> None:
    """They begin alike, also in what they assign first; then each goes on with the same variable in its own way."""
    shared = f"""{READ_A}
      var %v: u8 = %a
      if (%a > 9:u8) {{ %v = 1:u8 }}"""
    filters = [
        proved(f"{shared}\n%v = (%v +% {by}:u8)\nif (%v != {wanted}:u8) {{ exit miss }}\nexit match")
        for by, wanted in ((1, 3), (2, 4), (4, 5))
    ]
    for ordered in (filters, filters[::-1]):
        host = MergedSet([(one, "it") for one in ordered], options=HERE)
        machine = SetMachine(MipsSet([(one, "it") for one in ordered], options=HERE))
        for first in range(12):
            packet = Packet.whole(bytes([first]))
            expected = "it" if any(matches(one, packet) for one in filters) else None
            assert host.owner(packet) == machine.owner(packet) == expected, packet


LENGTHS = ("packet[40:u32] else { exit miss }", "packet[2:u32] else { exit miss }")


def test_ways_of_which_only_some_read_far_do_not_make_others_read_far() -> None:
    filters = [
        proved(f"{READ_A}\nif (%a != {number}:u8) {{ exit miss }}\nread %far: u8 = {where}\n"
               f"if (%far == 165:u8) {{ exit match }}\nexit miss")
        for number, where in enumerate(LENGTHS * 2)
    ]  # fmt: skip
    straight = [
        proved(f"{READ_A}\nread %far: u8 = {where}\nif (%far != {number}:u8) {{ exit miss }}\nexit match")
        for number, where in enumerate(LENGTHS)
    ]
    for some in (filters, straight, filters + straight):
        machine = SetMachine(MipsSet([(one, "it") for one in some], options=HERE))
        for length in (0, 1, 2, 3, 8, 40, 41, 44):
            for fill in (b"\0", b"\1", b"\xa5"):
                packet = Packet.whole((b"\1" + fill * 43)[:length])
                expected = "it" if any(matches(one, packet) for one in some) else None
                assert machine.owner(packet) == expected, packet


def test_thousands_of_names_that_depend_on_each_other_take_neither_stack_nor_for_ever() -> None:
    lines = ["read %x0: u8 = packet[0:u32] else { exit miss }"]
    lines += [f"let %x{number + 1}: u8 = (%x{number} +% %x{number})" for number in range(1500)]
    one = proved("\n".join([*lines, "if (%x1500 != 0:u8) { exit miss }", "exit match"]))
    machine = SetMachine(MipsSet([(one, "it")], options=HERE))
    assert machine.owner(Packet.whole(b"\x03")) == "it"
