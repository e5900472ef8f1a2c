"""Each kind of fault: a program that keeps the rule is proved, and each small change that breaks it is refused."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

import pytest

from dlcode_dsl.core import interpret
from dlcode_dsl.core.faults import FaultKind as Kind
from dlcode_verifier.obligations import CLAIMS, NO_WRAP
from tests.verifier.support import proved, refutations

LATER = {Kind.ENDLESS}
"""That a loop ends is no claim at one place."""


def test_every_fault_that_the_interpreter_raises_has_its_rule() -> None:
    source = inspect.getsource(interpret)
    raised = {Kind[name] for name in re.findall(r"FaultKind\.([A-Z_]+)", source)}
    raised |= {Kind.WRAP, Kind.DIVISION, Kind.SHIFT}  # by way of the operator's row
    raised |= {Kind.ASSERTION, Kind.ENSURES}  # by way of the check's kind
    ruled = {kind for _, kind in CLAIMS} | ({Kind.WRAP} if NO_WRAP else set())
    assert raised - {Kind.ABORT_AFTER_WRITE} <= ruled | LATER
    assert ruled == set(Kind) - LATER


@dataclass(frozen=True)
class Case:
    """A safe program, and changes `(from, to, fault, text of the node)` that break it."""

    name: str
    safe: str
    mutants: tuple[tuple[str, str, Kind, str], ...]


ENSURES = "ensures (@words[%at] == (old(@words[%at]) +% 1:u32))"

CASES = (
    Case(
        "a read that claims its bytes",
        """
        if (extent(packet) < 20:u32) { exit pass }
        read %length: u8 = packet[0:u32]
        let %at: u32 = (widen((%length & 15:u8), u32) + 1:u32)
        read %value: u32 = packet[%at]
        exit pass
        """,
        (
            ("< 20:u32", "< 19:u32", Kind.PACKET_BOUNDS, "read %value: u32 = packet[%at]"),
            ("< 20:u32", "> 20:u32", Kind.PACKET_BOUNDS, "read %length: u8 = packet[0:u32]"),
            ("15:u8", "31:u8", Kind.PACKET_BOUNDS, "read %value: u32 = packet[%at]"),
            ("%value: u32", "%value: u64", Kind.PACKET_BOUNDS, "read %value: u64 = packet[%at]"),
            ("+ 1:u32", "+ 2:u32", Kind.PACKET_BOUNDS, "read %value: u32 = packet[%at]"),
            ("extent(packet)", "extent(wire)", Kind.PACKET_BOUNDS, "read %length: u8 = packet[0:u32]"),
        ),
    ),
    Case(
        "a length field that is checked",
        """
        read %start: u16 = packet[0:u32] else { exit pass }
        read %end: u16 = packet[2:u32] else { exit pass }
        if (%start >= %end) { exit pass }
        if (widen(%end, u32) > extent(packet)) { exit pass }
        let %middle: u32 = ((widen(%start, u32) + widen(%end, u32)) / 2:u32)
        read %value: u8 = packet[%middle]
        exit pass
        """,
        (
            ("if (%start >= %end)", "if (%start > %end)", Kind.PACKET_BOUNDS, "read %value: u8 = packet[%middle]"),
            ("> extent(packet)", "> extent(wire)", Kind.PACKET_BOUNDS, "read %value: u8 = packet[%middle]"),
            ("widen(%end, u32) >", "widen(%start, u32) >", Kind.PACKET_BOUNDS, "read %value: u8 = packet[%middle]"),
        ),
    ),
    Case(
        "an index",
        """
        read %slot: u16 = packet[0:u32] else { exit pass }
        let %at: u32 = widen(%slot, u32)
        if (%at >= extent(@words)) { exit pass }
        @words[%at] = (@words[%at] +% 1:u32)
        ensures (@words[%at] == (old(@words[%at]) +% 1:u32))
        exit consume
        """,
        (
            (">= extent(@words)", "> extent(@words)", Kind.OWNED_BOUNDS, "@words[%at]"),
            (">= extent(@words)", ">= extent(@bytes)", Kind.OWNED_BOUNDS, "@words[%at]"),
            ("@words[%at] = (@words[%at] +%", "@words[%at] = (2:u32 +%", Kind.ENSURES, ENSURES),
            ("+% 1:u32)\n        ensures", "+% 2:u32)\n        ensures", Kind.ENSURES, ENSURES),
            ("if (%at", "if (7:u32", Kind.OWNED_BOUNDS, "@words[%at]"),
        ),
    ),
    Case(
        "a store and a value at entry",
        """
        let %at: u32 = (widen(@bytes[0:u32], u32) & 7:u32)
        @words[%at] = 1:u32
        assertion (old(@words[%at]) == old(@words[%at]))
        exit consume
        """,
        (
            ("& 7:u32", "& 15:u32", Kind.OWNED_BOUNDS, "@words[%at] = 1:u32"),
            (
                "old(@words[%at]) == old(@words[%at])",
                "old(@words[%at]) == @words[%at]",
                Kind.ASSERTION,
                "assertion (old(@words[%at]) == @words[%at])",
            ),
            ("(old(@words[%at])", "(old(@words[(%at + 1:u32)])", Kind.OWNED_BOUNDS, "old(@words[(%at + 1:u32)])"),
        ),
    ),
    Case(
        "a sum, a difference and a product",
        """
        let %a: u32 = @words[0:u32]
        let %b: u32 = @words[1:u32]
        if ((%a > 65535:u32) or (%b > 65535:u32)) { exit pass }
        let %product: u32 = (%a * %b)
        let %sum: u32 = (%product + 131070:u32)
        if (%a < %b) { exit pass }
        let %difference: u32 = (%a - %b)
        exit consume
        """,
        (
            ("or (%b", "or (%a", Kind.WRAP, "(%a * %b)"),
            ("%a > 65535:u32", "%a > 65538:u32", Kind.WRAP, "(%a * %b)"),
            ("131070:u32", "131071:u32", Kind.WRAP, "(%product + 131071:u32)"),
            ("(%a < %b)", "(%a > %b)", Kind.WRAP, "(%a - %b)"),
            ("if (%a < %b) { exit pass }", "", Kind.WRAP, "(%a - %b)"),
        ),
    ),
    Case(
        "a division, a remainder and two shifts",
        """
        let %by: u32 = @words[0:u32]
        if ((%by == 0:u32) or (%by >= 32:u32)) { exit pass }
        let %quotient: u32 = (100:u32 / %by)
        let %rest: u32 = (100:u32 % %by)
        let %left: u32 = (1:u32 << %by)
        let %right: u32 = (1:u32 >> (32:u32 - %by))
        exit consume
        """,
        (
            ("%by == 0:u32", "%by == 1:u32", Kind.DIVISION, "(100:u32 / %by)"),
            (
                "let %quotient: u32 = (100:u32 / %by)\n        let %rest: u32 = (100:u32 % %by)",
                "let %rest: u32 = (100:u32 % (%by - 1:u32))",
                Kind.DIVISION,
                "(100:u32 % (%by - 1:u32))",
            ),
            (">= 32:u32", "> 32:u32", Kind.SHIFT, "(1:u32 << %by)"),
            ("(32:u32 - %by)", "(33:u32 - %by)", Kind.SHIFT, "(1:u32 >> (33:u32 - %by))"),
        ),
    ),
    Case(
        "a narrower type",
        """
        let %wide: u32 = @words[0:u32]
        if (%wide > 65535:u32) { exit pass }
        let %narrow: u16 = narrow(%wide, u16)
        exit consume
        """,
        (
            ("> 65535:u32", "> 65536:u32", Kind.NARROW, "narrow(%wide, u16)"),
            ("%narrow: u16 = narrow(%wide, u16)", "%narrow: u8 = narrow(%wide, u8)", Kind.NARROW, "narrow(%wide, u8)"),
        ),
    ),
    Case(
        "an abort before the first write",
        """
        var %bad: bool = false
        block test {
          read %sum: u16 = packet[0:u32] else { leave test }
          if (%sum == 65535:u16) {
            @notes[1:u32] = %sum
            %bad = true
            leave test
          }
          @words[0:u32] = 7:u32
        }
        if %bad { exit abort }
        exit consume
        """,
        (
            ("if %bad { exit abort }\n        exit consume", "exit abort", Kind.ABORT_AFTER_WRITE, "exit abort"),
            ("@notes[1:u32] = %sum", "@words[1:u32] = 1:u32", Kind.ABORT_AFTER_WRITE, "exit abort"),
            ("if %bad", "if not(%bad)", Kind.ABORT_AFTER_WRITE, "exit abort"),
        ),
    ),
    Case(
        "a frame",
        """
        if (extent(packet) < 34:u32) { exit pass }
        let %rest: u32 = (extent(packet) - 34:u32)
        if (%rest > 1480:u32) { exit pass }
        send reply {
          packet[6:u32 : 6:u32]
          packet[0:u32 : 6:u32]
          value 2048:u16
          packet[14:u32 : 20:u32]
          packet[34:u32 : %rest]
        } own mac 6 6
        exit consume
        """,
        (
            ("packet[6:u32 : 6:u32]", "packet[6:u32 : 6:u32]\n value 0:u8", Kind.FRAME_LENGTH, "send"),
            ("packet[34:u32 : %rest]", "packet[35:u32 : %rest]", Kind.PACKET_BOUNDS, "packet[35:u32 : %rest]"),
            ("if (extent(packet) < 34:u32) { exit pass }", "", Kind.WRAP, "(extent(packet) - 34:u32)"),
            ("packet[14:u32 : 20:u32]", "packet[14:u32 : 21:u32]", Kind.PACKET_BOUNDS, "packet[14:u32 : 21:u32]"),
        ),
    ),
    Case(
        "a rewrite",
        """
        if (extent(packet) < 14:u32) { exit pass }
        packet[12:u32] = 2054:u16
        read %type: u16 = packet[12:u32] else { exit pass }
        assertion (%type == 2054:u16)
        read %high: u8 = packet[12:u32] else { exit pass }
        assertion (%high == 8:u8)
        exit pass
        """,
        (
            ("packet[12:u32] = 2054:u16", "packet[13:u32] = 2054:u16", Kind.PACKET_BOUNDS, "packet[13:u32] = 2054:u16"),
            ("< 14:u32", "< 13:u32", Kind.PACKET_BOUNDS, "packet[12:u32] = 2054:u16"),
            ("(%high == 8:u8)", "(%high == 6:u8)", Kind.ASSERTION, "assertion (%high == 6:u8)"),
        ),
    ),
)


def same(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_program_that_keeps_the_rule_is_proved(case: Case) -> None:
    certificate = proved(case.safe).certificate
    assert sum(count for _, count in certificate.discharged) > 0


MUTANTS = [(case, *mutant) for case in CASES for mutant in case.mutants]


@pytest.mark.parametrize(
    ("case", "old", "new", "kind", "node"), MUTANTS, ids=[f"{case.name}, {new}" for case, _, new, *_ in MUTANTS]
)
def test_a_change_that_breaks_the_rule_is_refused_with_a_packet(
    case: Case, old: str, new: str, kind: Kind, node: str
) -> None:
    assert case.safe.count(old) == 1, "a mutant differs in one place"
    found = refutations(case.safe.replace(old, new))
    assert any(one.kind is kind and same(one.node.span.text).startswith(same(node)) for one in found), [
        (one.kind.value, one.node.span.text) for one in found
    ]


def test_at_least_thirty_variants_are_refused() -> None:
    assert len(MUTANTS) >= 30
