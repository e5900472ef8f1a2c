"""Handwritten attacks on the proof of loops and copies: each is unsafe and must be refused, or safe and still proved.

Nothing in here may be proved that the interpreter can break; where a program is safe, it stands beside the attack to
show that the refusal is not for want of trying.
"""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.parse import parse_program
from dlcode_dsl.core.text import print_program
from dlcode_verifier import Answer, CertificateError, NotProved, Options, Proved, Refuted, recheck, save, verify
from dlcode_verifier.certificate import key_of
from tests.verifier.support import HERE, judged, program, proved, refutations, said

BITVECTORS = Options(isolated=False, integer_effort=1)

UNSAFE: dict[str, tuple[FaultKind, str]] = {
    "an invariant that holds if it held before": (
        FaultKind.INVARIANT,
        """var %i: u32 = 5:u32
        loop l { } while (extent(packet) > 3:u32) invariant (%i == 4:u32) limit 3 { %i = %i } else { exit pass }
        exit pass""",
    ),
    "an invariant that hides what the body reads": (
        FaultKind.INVARIANT,
        """var %i: u32 = 0:u32
        loop l { } while (%i < 100:u32) invariant (%i < extent(packet)) {
          read %b: u8 = packet[%i] %i = (%i + 1:u32)
        }
        exit pass""",
    ),
    "an invariant that the exhausted branch breaks no more": (
        FaultKind.ASSERTION,
        """var %i: u32 = 0:u32
        loop l { } while (%i < 9:u32) invariant (%i <= 4:u32) limit 4 { %i = (%i + 1:u32) } else { leave l }
        assertion (%i >= 9:u32) exit pass""",
    ),
    "an invariant that is true where it stands in the text only": (
        FaultKind.INVARIANT,
        """var %i: u32 = 0:u32
        loop l { } while (%i < 4:u32) invariant ((%i & 1:u32) == 0:u32) {
          %i = (%i + 1:u32)
          if (@words[0:u32] == %i) { leave l }
          if ((%i & 1:u32) == 1:u32) { %i = (%i + (@words[1:u32] & 1:u32)) }
        }
        exit pass""",
    ),
    "an invariant that faults itself": (
        FaultKind.DIVISION,
        """var %i: u32 = 3:u32
        loop l { } while (%i > 0:u32) invariant ((6:u32 / (%i - 1:u32)) < 7:u32) { %i = (%i - 1:u32) }
        exit pass""",
    ),
    "an invariant over a cell that a turn writes under another index": (
        FaultKind.INVARIANT,
        """@words[3:u32] = 1:u32
        var %i: u32 = 0:u32
        loop l { } while (%i < 8:u32) invariant (@words[3:u32] == 1:u32) { @words[%i] = 2:u32 %i = (%i + 1:u32) }
        exit consume""",
    ),
    "a guess that is so only after a fault": (
        FaultKind.PACKET_BOUNDS,
        """var %i: u32 = 0:u32
        loop l { } while (%i < 64:u32) { read %b: u32 = packet[%i] %i = (%i + 4:u32) }
        exit pass""",
    ),
    "a wrap that would end the loop": (
        FaultKind.WRAP,
        """var %i: u8 = 250:u8
        loop l { } while (%i >= 250:u8) { %i = (%i + 1:u8) }
        exit pass""",
    ),
    "a counter that wraps past its end": (
        FaultKind.ENDLESS,
        """var %i: u8 = 0:u8
        loop l { } while (%i != 255:u8) { %i = (%i +% 2:u8) }
        exit pass""",
    ),
    "a guard that faults in the last turn": (
        FaultKind.PACKET_BOUNDS,
        """var %i: u32 = 0:u32
        loop l { read %b: u8 = packet[%i] } while ((%b != 0:u8) and (%i < extent(packet))) { %i = (%i + 1:u32) }
        exit pass""",
    ),
    "a guard that wraps where the packet is short": (
        FaultKind.WRAP,
        """var %i: u32 = 0:u32
        loop l { } while (%i < (extent(packet) - 4:u32)) { %i = (%i + 1:u32) }
        exit pass""",
    ),
    "a guard with a cell past the end, on the side that is tested first": (
        FaultKind.OWNED_BOUNDS,
        """var %i: u32 = 0:u32
        loop l { } while ((@words[%i] != 7:u32) and (%i < 7:u32)) { %i = (%i + 1:u32) if (%i == 7:u32) { %i = 8:u32 } }
        exit pass""",
    ),
    "a measure that wraps at the last turn": (
        FaultKind.WRAP,
        """var %i: u32 = 0:u32
        loop l { } while (%i <= 9:u32) decreases (9:u32 - (%i + 1:u32)) { %i = (%i + 1:u32) }
        exit pass""",
    ),
    "a measure that wraps on purpose": (
        FaultKind.DECREASES,
        """var %i: u32 = 0:u32
        loop l { } while (%i < 9:u32) decreases (4:u32 -% %i) { %i = (%i + 1:u32) }
        exit pass""",
    ),
    "a measure of which the first part rises": (
        FaultKind.DECREASES,
        """var %a: u32 = 0:u32 var %b: u32 = 9:u32
        loop l { } while (%b > 0:u32) decreases %a, %b { %b = (%b - 1:u32) if (%b == 4:u32) { %a = 1:u32 } }
        exit pass""",
    ),
    "a measure that the inner loop raises again": (
        FaultKind.ENDLESS,
        """var %i: u32 = 4:u32
        loop outer { } while (%i > 0:u32) {
          %i = (%i - 1:u32)
          loop inner { } while (%i < 4:u32) { %i = (%i + 1:u32) }
        }
        exit pass""",
    ),
    "what an inner loop does to an outer one's number": (
        FaultKind.PACKET_BOUNDS,
        """var %i: u32 = 0:u32
        loop outer { } while (%i < extent(packet)) {
          var %j: u32 = 0:u32
          loop inner { } while (%j < 2:u32) { %j = (%j + 1:u32) %i = (%i + 1:u32) }
          read %b: u8 = packet[(%i - 1:u32)]
        }
        exit pass""",
    ),
    "what an inner loop's head does to an outer one's number": (
        FaultKind.ASSERTION,
        """var %i: u32 = 0:u32 var %k: u32 = 0:u32
        loop outer { } while (%k < 3:u32) {
          assertion (%i == 0:u32)
          loop inner { %i = (@words[0:u32] & 1:u32) } while false { }
          %k = (%k + 1:u32)
        }
        exit pass""",
    ),
    "a way out of two loops from the inner one": (
        FaultKind.ASSERTION,
        """var %i: u32 = 0:u32 var %x: u32 = 0:u32
        loop outer { } while (%i < 5:u32) {
          loop inner { } while (@words[%i] != 0:u32) limit 2 { %x = 1:u32 if (@words[7:u32] == 3:u32) { leave outer } }
          else { leave inner }
          %x = 0:u32
          %i = (%i + 1:u32)
        }
        assertion (%x == 0:u32) exit pass""",
    ),
    "a way out of two loops that skips the last step": (
        FaultKind.ASSERTION,
        """var %i: u32 = 0:u32
        loop outer { } while (%i < 5:u32) {
          loop inner { } while true { if (@words[7:u32] == %i) { leave outer } leave inner }
          %i = (%i + 1:u32)
        }
        assertion (%i == 5:u32) exit pass""",
    ),
    "a head that writes memory before the test": (
        FaultKind.ABORT_AFTER_WRITE,
        """loop l { @words[0:u32] = 1:u32 } while false { }
        exit abort""",
    ),
    "a head that writes memory that an earlier turn read": (
        FaultKind.ASSERTION,
        """var %i: u32 = 0:u32 @words[0:u32] = 7:u32
        loop l { @words[0:u32] = %i } while (%i < 2:u32) { %i = (%i + 1:u32) }
        assertion (@words[0:u32] == 7:u32) exit consume""",
    ),
    "a head that runs once more than the body": (
        FaultKind.ASSERTION,
        """var %i: u32 = 0:u32 var %heads: u32 = 0:u32
        loop l { %heads = (%heads + 1:u32) } while (%i < 3:u32) limit 9 { %i = (%i + 1:u32) } else { exit drop }
        assertion (%heads == %i) exit pass""",
    ),
    "what is so past a limit that is passed on": (
        FaultKind.ASSERTION,
        """var %i: u32 = 0:u32
        loop l { } while (%i < extent(packet)) limit 3 { %i = (%i + 1:u32) } else { leave l }
        assertion (%i == extent(packet)) exit pass""",
    ),
    "a limit of no turns": (
        FaultKind.LIMIT,
        "loop l { } while (extent(packet) > 1500:u32) limit 0 { } exit pass",
    ),
    "what past a limit of no turns runs": (
        FaultKind.PACKET_BOUNDS,
        "loop l { } while true limit 0 { exit pass } else { read %b: u8 = packet[3:u32] exit pass } exit drop",
    ),
    "a limit that is kept by the outer turns, not by all": (
        FaultKind.LIMIT,
        """var %i: u32 = 0:u32 var %j: u32 = 0:u32
        loop outer { } while (%i < 3:u32) limit 3 {
          loop inner { } while (%j < 9:u32) limit 3 { %j = (%j + 1:u32) }
          %i = (%i + 1:u32)
        }
        exit pass""",
    ),
    "a write in a body that may not run, then an abort": (
        FaultKind.ABORT_AFTER_WRITE,
        """var %i: u32 = 0:u32
        loop l { } while (%i < (extent(packet) & 1:u32)) { @words[0:u32] = 1:u32 %i = (%i + 1:u32) }
        exit abort""",
    ),
    "an abort of the turn after the one that wrote": (
        FaultKind.ABORT_AFTER_WRITE,
        """var %i: u32 = 0:u32
        loop l { } while (%i < 3:u32) {
          if (%i == 2:u32) { exit abort }
          if (@words[1:u32] == 5:u32) { @common[0:u32] = 1:u64 }
          %i = (%i + 1:u32)
        }
        exit consume""",
    ),
    "an abort past a limit, after turns that wrote": (
        FaultKind.ABORT_AFTER_WRITE,
        """var %i: u32 = 0:u32
        loop l { } while (%i < extent(packet)) limit 1 { @words[0:u32] = 1:u32 %i = (%i + 1:u32) } else { exit decline }
        exit consume""",
    ),
    "what was at entry, of a cell that a turn may have written": (
        FaultKind.ENSURES,
        """var %i: u32 = 0:u32
        loop l { } while (%i < (extent(packet) & 3:u32)) { @words[2:u32] = (@words[2:u32] +% 1:u32) %i = (%i + 1:u32) }
        ensures (@words[2:u32] == old(@words[2:u32])) exit consume""",
    ),
    "what was at entry, inside the loop": (
        FaultKind.ASSERTION,
        """var %i: u32 = 0:u32
        loop l { } while (%i < 3:u32) {
          assertion (@words[0:u32] == old(@words[0:u32]))
          @words[%i] = (@words[%i] +% 1:u32)
          %i = (%i + 1:u32)
        }
        exit consume""",
    ),
    "a byte read again after a turn rewrote it": (
        FaultKind.ASSERTION,
        """read %first: u8 = packet[2:u32] else { exit pass }
        var %i: u32 = 0:u32
        loop l { } while (%i < extent(packet)) { packet[%i] = 9:u8 %i = (%i + 1:u32) }
        read %again: u8 = packet[2:u32]
        assertion (%again == %first) exit pass""",
    ),
    "a rewrite of one byte too many": (
        FaultKind.PACKET_BOUNDS,
        """var %i: u32 = 0:u32
        loop l { } while (%i < extent(packet)) { packet[%i] = 9:u16 %i = (%i + 1:u32) }
        exit pass""",
    ),
    "one cell by two names of its index": (
        FaultKind.ASSERTION,
        """let %a: u32 = (@words[0:u32] & 7:u32) let %b: u32 = (@words[1:u32] & 7:u32)
        var %i: u32 = 0:u32
        @words[%a] = 5:u32
        loop l { } while (%i < 2:u32) { @words[%b] = (@words[%b] +% 1:u32) %i = (%i + 1:u32) }
        assertion (@words[%a] == 5:u32) exit consume""",
    ),
    "one cell by a constant and by a name": (
        FaultKind.ASSERTION,
        """let %a: u32 = (@words[0:u32] & 7:u32)
        @words[%a] = 5:u32
        var %i: u32 = 0:u32
        loop l { } while (%i < 1:u32) { @words[3:u32] = 6:u32 %i = (%i + 1:u32) }
        assertion (@words[%a] == 5:u32) exit consume""",
    ),
    "turns that are counted in a small number": (
        FaultKind.WRAP,
        """var %n: u8 = 0:u8 var %i: u32 = 0:u32
        loop l { } while (%i < extent(packet)) { %n = (%n + 1:u8) %i = (%i + 1:u32) }
        exit pass""",
    ),
    "steps that come to nothing": (
        FaultKind.ENDLESS,
        """var %i: u32 = 0:u32
        loop l { } while (%i < extent(packet)) {
          read %length: u8 = packet[%i]
          %i = (%i + (widen(%length, u32) & 254:u32))
        }
        exit pass""",
    ),
    "half of one": (
        FaultKind.ENDLESS,
        """var %x: u32 = @words[0:u32]
        loop l { } while (%x > 0:u32) { %x = ((%x + 0:u32) - (%x / 2:u32)) }
        exit pass""",
    ),
    "a bound that the body moves away": (
        FaultKind.ENDLESS,
        """var %i: u32 = 0:u32 var %end: u32 = 4:u32
        loop l { } while (%i != %end) {
          %i = (%i + 1:u32)
          if (%i == 100:u32) { %i = 0:u32 }
          if (@words[0:u32] == 1:u32) { %end = (%i + 1:u32) }
        }
        exit pass""",
    ),
    "a bound in memory that the body writes": (
        FaultKind.OWNED_BOUNDS,
        """if (@words[0:u32] > 7:u32) { exit pass }
        var %i: u32 = 0:u32
        loop l { } while (%i < @words[0:u32]) { @words[%i] = 9:u32 %i = (%i + 1:u32) }
        exit consume""",
    ),
}


@pytest.mark.parametrize("options", [HERE, BITVECTORS], ids=["integers", "bit-vectors"])
@pytest.mark.parametrize("name", UNSAFE)
def test_an_attack_with_a_loop_is_refuted(name: str, options: Options) -> None:
    kind, text = UNSAFE[name]
    assert kind in {found.kind for found in refutations(text, options)}


SAFE: dict[str, str] = {
    "a body that never runs": "loop l { } while false { read %b: u8 = packet[9999:u32] } exit pass",
    "a limit of no turns that is kept": "loop l { } while (extent(packet) > 1514:u32) limit 0 { } exit pass",
    "a limit of no turns, and what comes past it": """
        loop l { } while true limit 0 { exit abort } else { exit pass }
        exit drop""",
    "a loop that can't be come to": """
        if (extent(packet) > 1514:u32) { loop l { } while true { @words[0:u32] = (@words[0:u32] +% 1:u32) } }
        exit pass""",
    "a way out past the limit": """
        var %i: u32 = 0:u32
        loop l { } while (%i < extent(packet)) limit 3 { %i = (%i + 1:u32) } else { leave l }
        assertion (%i <= 3:u32) exit pass""",
    "an outer loop's number that the inner one leaves alone": """
        var %i: u32 = 0:u32
        loop outer { } while (%i < extent(packet)) {
          var %j: u32 = 0:u32
          loop inner { } while (%j < 2:u32) { %j = (%j + 1:u32) }
          read %b: u8 = packet[%i]
          %i = (%i + 1:u32)
        }
        exit pass""",
    "an abort before any turn could write": """
        var %i: u32 = 0:u32
        loop l { } while (%i < 3:u32) {
          if (extent(packet) == 9:u32) { if (%i == 0:u32) { exit pass } }
          @notes[0:u32] = 1:u16
          %i = (%i + 1:u32)
        }
        exit abort""",
    "other cells than those that a turn writes": """
        @words[5:u32] = 1:u32
        var %i: u32 = 0:u32
        loop l { } while (%i < 3:u32) { @words[6:u32] = %i %i = (%i + 1:u32) }
        assertion (@words[5:u32] == 1:u32) exit consume""",
}


@pytest.mark.parametrize("name", SAFE)
def test_what_is_safe_beside_it_is_proved(name: str) -> None:
    proved(SAFE[name])


# ---- copies and pipes


def copying(pipes: str, body: str, verdict: str = "consume") -> str:
    return f"""handler copying on ethernet maximum 1514
      owns @ring: u8[2048] plain
      owns @words: u32[8] plain
    {pipes}
    {{ {body} exit {verdict} }}"""


SUM = "pipe sum(%w: u16) ATTRIBUTES state %s = 0:u32 { %s = (%s +% widen(%w, u32)) emit %w } finish %s"

UNSAFE_COPIES: dict[str, tuple[FaultKind, str]] = {
    "an offset and a count that wrap together": (
        FaultKind.COPY_BOUNDS,
        copying(
            "",
            """let %at: u32 = @words[0:u32] let %n: u32 = @words[1:u32]
            if ((%at +% %n) > extent(packet)) { exit pass }
            if (%n > 2048:u32) { exit pass }
            copy packet[%at : %n] -> @ring[0:u32] as c""",
        ),
    ),
    "an index and a count that wrap together": (
        FaultKind.COPY_BOUNDS,
        copying(
            "",
            """let %to: u32 = @words[0:u32]
            if ((%to +% extent(packet)) > 2048:u32) { exit pass }
            copy packet[0:u32 : extent(packet)] -> @ring[%to] as c""",
        ),
    ),
    "a huge count of constants": (
        FaultKind.COPY_BOUNDS,
        copying("", "copy packet[4294967295:u32 : 1:u32] -> @ring[0:u32] as c"),
    ),
    "no bytes past the end": (
        FaultKind.COPY_BOUNDS,
        copying("", "copy packet[(extent(packet) + 1:u32) : 0:u32] -> @ring[0:u32] as c"),
    ),
    "no bytes past the region's end": (
        FaultKind.COPY_BOUNDS,
        copying("", "copy packet[0:u32 : 0:u32] -> @ring[2049:u32] as c"),
    ),
    "a state that wraps in the last words": (
        FaultKind.WRAP,
        copying(
            "pipe sum(%w: u16) state %s = 0:u24 { %s = (%s + widen(%w, u24)) emit %w } finish %s",
            "copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through sum as c",
        ),
    ),
    "a state that no copy of so few words wraps, but a longer one": (
        FaultKind.WRAP,
        copying(
            "pipe count(%w: u32) state %s = 0:u8 { %s = (%s + 1:u8) emit %w } finish %s",
            "copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through count as c",
        ),
    ),
    "commutative but for a third word": (
        FaultKind.PIPE_ATTRIBUTE,
        copying(
            """pipe p(%w: u8) commutative state %n = 0:u8 state %s = 0:u8 {
              if (%n < 2:u8) { %n = (%n + 1:u8) } else { %s = ((%s *% 2:u8) +% %w) }
              emit %w
            } finish %s""",
            "copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through p as c",
        ),
    ),
    "commutative but for what it emits": (
        FaultKind.PIPE_ATTRIBUTE,
        copying(
            "pipe p(%w: u8) commutative state %s = 0:u8 { emit (%w +% %s) %s = (%s +% %w) } finish %s",
            "copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through p as c",
        ),
    ),
    "commutative, but faulting in the other order": (
        FaultKind.WRAP,
        copying(
            """pipe p(%w: u8) commutative state %s = 100:u8 {
              if (%w < 100:u8) { %s = (%s - %w) } else { if (%s < 100:u8) { %s = (%s + 100:u8) } }
              emit %w
            } finish %s""",
            "copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through p as c",
        ),
    ),
    "readonly but for the bytes that pad the last word": (
        FaultKind.PIPE_ATTRIBUTE,
        copying(
            """pipe p(%w: u32) readonly state %s = 0:u32 {
              var %out: u32 = %w
              if ((%w & 255:u32) == 0:u32) { %out = (%w | 1:u32) }
              emit %out
            } finish %s""",
            "copy packet[0:u32 : 5:u32] -> @ring[0:u32] through p as c".replace(
                "copy", "if (extent(packet) < 5:u32) { exit pass } copy"
            ),
        ),
    ),
    "readonly but for one word in all": (
        FaultKind.PIPE_ATTRIBUTE,
        copying(
            """pipe p(%w: u32) readonly state %s = 0:u32 {
              var %out: u32 = %w
              if (%w == 3735928559:u32) { %out = 0:u32 }
              emit %out
            } finish %s""",
            "copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through p as c",
        ),
    ),
    "what a pipe that changes words leaves in memory": (
        FaultKind.ASSERTION,
        copying(
            "pipe swap(%w: u16) state %s = 0:u8 { emit bswap(%w) } finish %s",
            """if (extent(packet) < 2:u32) { exit pass }
            read %b: u8 = packet[0:u32]
            copy packet[0:u32 : 2:u32] -> @ring[0:u32] through swap as c
            assertion (@ring[0:u32] == %b)""",
        ),
    ),
    "what a copy of nothing leaves in memory": (
        FaultKind.ASSERTION,
        copying(
            "",
            """if (extent(packet) > 9:u32) { exit pass }
            @ring[0:u32] = 7:u8
            copy packet[0:u32 : extent(packet)] -> @ring[0:u32] as c
            if (extent(packet) == 0:u32) { exit consume }
            assertion (@ring[0:u32] == 7:u8)""",
        ),
    ),
    "a copy, then an abort": (
        FaultKind.ABORT_AFTER_WRITE,
        copying("", "copy packet[0:u32 : 0:u32] -> @ring[0:u32] as c", "abort"),
    ),
    "a copy in a loop that moves on past the ring": (
        FaultKind.COPY_BOUNDS,
        copying(
            "",
            """var %to: u32 = 0:u32 var %n: u32 = 0:u32
            loop l { } while (%n < 4:u32) {
              copy packet[0:u32 : extent(packet)] -> @ring[%to] as c
              %to = (%to + extent(packet)) %n = (%n + 1:u32)
            }""",
        ),
    ),
    "what a copy in a loop wrote, one turn later": (
        FaultKind.ASSERTION,
        copying(
            "",
            """if (extent(packet) < 4:u32) { exit pass }
            @ring[0:u32] = 7:u8
            var %n: u32 = 0:u32
            loop l { } while (%n < 2:u32) {
              assertion (@ring[0:u32] == 7:u8)
              copy packet[0:u32 : 4:u32] -> @ring[0:u32] as c
              %n = (%n + 1:u32)
            }""",
        ),
    ),
    "a result that is taken for the sum of the bytes": (
        FaultKind.ASSERTION,
        copying(
            SUM.replace("ATTRIBUTES", "readonly"),
            """copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through sum as c
            assertion (%c.sum < 65536:u32)""",
        ),
    ),
}


@pytest.mark.parametrize("options", [HERE, BITVECTORS], ids=["integers", "bit-vectors"])
@pytest.mark.parametrize("name", UNSAFE_COPIES)
def test_an_attack_with_a_copy_is_refuted(name: str, options: Options) -> None:
    kind, text = UNSAFE_COPIES[name]
    assert kind in {found.kind for found in refutations(text, options)}


SAFE_COPIES: dict[str, str] = {
    "a sum of words that does not wrap": copying(
        "pipe sum(%w: u16) commutative readonly state %s = 0:u32 { %s = (%s + widen(%w, u32)) emit %w } finish %s",
        "copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through sum as c assertion (%c.sum < 4294967295:u32)",
    ),
    "nothing, at the very ends": copying(
        "", "copy packet[extent(packet) : 0:u32] -> @ring[2048:u32] as c assertion (@ring[0:u32] == old(@ring[0:u32]))"
    ),
    "what it copied": copying(
        "",
        """if (extent(packet) < 9:u32) { exit pass }
        read %b: u8 = packet[8:u32]
        copy packet[0:u32 : extent(packet)] -> @ring[3:u32] as c
        assertion (@ring[11:u32] == %b) assertion (@ring[2:u32] == old(@ring[2:u32]))""",
    ),
}


@pytest.mark.parametrize("name", SAFE_COPIES)
def test_a_copy_that_is_safe_is_proved(name: str) -> None:
    proved(SAFE_COPIES[name])


# ---- saved certificates that lie


SCAN = """
var %i: u32 = 0:u32
loop l { } while (%i < extent(packet)) { read %b: u8 = packet[%i] %i = (%i + 1:u32) }
exit pass
"""
UNSAFE_SCAN = SCAN.replace("(%i < extent(packet))", "(%i <= extent(packet))")


def forged(data: bytes, **changes: object) -> bytes:
    """A saved certificate with other facts, and the digest that it must have."""
    facts = {**json.loads(data), **changes}
    facts.pop("digest")
    digest = sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return json.dumps({**facts, "digest": digest}).encode()


def test_a_certificate_of_another_program_is_refused() -> None:
    data = save(proved(SCAN).certificate)
    with pytest.raises(CertificateError) as refused:
        recheck(program(UNSAFE_SCAN), data, options=HERE)
    assert refused.value.code == "program"


def checked_again(of: Program, data: bytes) -> Answer | None:
    """The answer to a saved certificate; None for one that says nothing that can be read."""
    try:
        return recheck(of, data, options=HERE)
    except CertificateError as refused:
        if refused.code != "torn":
            raise
        return None


LIES = [
    {"measure": None, "invariants": ["1 * %i + 1 <= 0"]},
    {"invariants": ["1 <= 0"]},
    {"invariants": ["1 * %i + -1 * extent(packet) + 5 <= 0", "0 multiple of 7"]},
    {"invariants": ["1 * %i multiple of " + "9" * 4000]},
    {"invariants": ["1 * %i + -" + "9" * 4000 + " <= 0"]},
    {"invariants": ["1 * %turns.0 + 0 <= 0"]},
    {"measure": "1 * %i + 0 falls by 1"},
    {"measure": "0 falls by 1"},
    {"measure": "5 halves"},
    {"measure": "-1 * %i + 4294967295 falls by -1"},
    {"measure": "-1 * %turns.0 + 18446744073709551615 falls by 1"},
    {"most": [-1, 0]},
    {"most": [0, -1]},
    {"most": ["x", 0]},
    {"invariants": ["claim (%i <= extent(packet))", "claim false", "claim ((%i - 1:u32) <= %i)", "claim not(%i)"]},
    {"invariants": ["claim " + "(" * 20_000]},
    {"invariants": ["claim (@nowhere[%i] == 1:u32)"]},
    {"loop": 7},
    {"loop": -1},
    {"loop": True},
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: str(lie)[:60])
def test_a_forged_certificate_proves_nothing_that_is_not_so(lie: dict[str, object]) -> None:
    """With its digest right and its name that of the unsafe program, whatever it says of the loop."""
    told = json.loads(save(proved(SCAN).certificate))
    unsafe = program(UNSAFE_SCAN)
    ours = verify(program(UNSAFE_SCAN.replace("packet[%i]", "packet[%i] else { leave l }")), options=HERE)
    assert isinstance(ours, Proved)
    loops = [{**told["loops"][0], **lie}]
    data = forged(
        save(ours.certificate), program=sha256(print_program(unsafe).encode()).hexdigest(),
        key=key_of(print_program(unsafe), HERE.efforts), loops=loops,
    )  # fmt: skip
    answer = checked_again(unsafe, data)
    assert answer is None or isinstance(answer, Refuted | NotProved), said(answer)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: str(lie)[:60])
def test_a_forged_certificate_of_a_safe_program_promises_no_fewer_turns(lie: dict[str, object]) -> None:
    data = save(proved(SCAN).certificate)
    loops = [{**json.loads(data)["loops"][0], **lie}]
    answer = checked_again(program(SCAN), forged(data, loops=loops, operations={"constant": 0, "per_byte": 0}))
    if isinstance(answer, Proved):
        assert answer.certificate.loops[0].turns.at(1514) >= 1514
        assert answer.certificate.operations.at(1514) >= 1514


def test_two_programs_whose_text_differs_in_a_name_have_different_certificates() -> None:
    data = save(proved(SCAN).certificate)
    other = parse_program(print_program(program(SCAN)).replace("%i", "%j"))
    with pytest.raises(CertificateError):
        recheck(other, data, options=HERE)


def test_the_answer_to_an_attack_is_an_answer() -> None:
    """Ten loops inside one another, each with a lie."""
    text = ""
    for depth in range(10):
        test = f"(%i{depth} < 2:u32)"
        text += f"var %i{depth}: u32 = 0:u32 loop l{depth} {{ }} while {test} invariant {test} {{ "
    text += "%i9 = (%i9 + 1:u32) }"
    for depth in reversed(range(9)):
        text += f" %i{depth} = (%i{depth} + 1:u32) }}"
    answer = judged(text + " exit pass")
    assert isinstance(answer, Refuted), said(answer)
