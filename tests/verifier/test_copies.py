"""Copies: their bounds, what a region holds afterwards, what pipes come to, and that they are what they say."""

from __future__ import annotations

import random

import pytest

from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Packet, run
from dlcode_verifier import Answer, Proved, Refuted
from dlcode_verifier.conditions import conditions
from dlcode_verifier.evaluate import is_determined
from tests.verifier.support import judged, program, proved, said

HEAD = """handler copying on ethernet maximum 1514
  owns @ring: u8[64] plain
  owns @words: u32[8] plain
  owns @notes: u8[64] scratch
  pipe sum(%w: u16) readonly commutative state %total = 0:u32 {
    %total = (%total + widen(%w, u32))
    emit %w
  } finish %total
  pipe swap(%v: u32) { emit bswap(%v) }
  pipe count(%b: u8) readonly state %seen = 0:u32 state %odd = false {
    if (%seen < 1000:u32) { %seen = (%seen + 1:u32) }
    %odd = not(%odd)
    emit %b
  } finish %seen
"""


def copying(body: str, head: str = HEAD) -> str:
    return f"{head}{{\n{body}\n}}"


def expect(answer: Answer, *kinds: FaultKind) -> None:
    """It is proved, or refuted for these kinds of fault."""
    if not kinds:
        assert isinstance(answer, Proved), said(answer)
    else:
        assert isinstance(answer, Refuted), said(answer)
        assert {found.kind for found in answer.refutations} == set(kinds)


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ("copy packet[0:u32 : 0:u32] -> @ring[64:u32] as r", True),
        ("copy packet[0:u32 : 0:u32] -> @ring[65:u32] as r", False),
        ("copy packet[1:u32 : 0:u32] -> @ring[0:u32] as r", False),
        ("if (extent(packet) < 64:u32) { exit pass } copy packet[0:u32 : 64:u32] -> @ring[0:u32] as r", True),
        ("if (extent(packet) < 64:u32) { exit pass } copy packet[0:u32 : 64:u32] -> @ring[1:u32] as r", False),
        ("if (extent(packet) < 64:u32) { exit pass } copy packet[0:u32 : 65:u32] -> @ring[0:u32] as r", False),
        ("if (extent(packet) < 64:u32) { exit pass } copy packet[1:u32 : 64:u32] -> @ring[0:u32] as r", False),
        (
            """let %at: u32 = @words[0:u32] let %n: u32 = @words[1:u32]
            if ((%at +% %n) > 64:u32) { exit pass } if (%n > extent(packet)) { exit pass }
            copy packet[0:u32 : %n] -> @ring[%at] as r""",
            False,  # where the sum of place and count wraps
        ),
        (
            """let %at: u32 = @words[0:u32] let %n: u32 = @words[1:u32]
            if (%at > 64:u32) { exit pass } if (%n > (64:u32 - %at)) { exit pass }
            if (%n > extent(packet)) { exit pass }
            copy packet[(extent(packet) - %n) : %n] -> @ring[%at] through sum as r""",
            True,
        ),
    ],
)
def test_a_copy_stays_inside_the_packet_and_the_region(body: str, fits: bool) -> None:
    expect(judged(copying(body + " exit consume")), *([] if fits else [FaultKind.COPY_BOUNDS]))


COPIED = """
if (extent(packet) < 8:u32) { exit pass }
@ring[0:u32] = 1:u8
@ring[12:u32] = 2:u8
copy packet[2:u32 : 4:u32] -> @ring[5:u32] THROUGH as r
read %x: u8 = packet[4:u32]
@ring[20:u32] = 9:u8
CLAIM
exit consume
"""


@pytest.mark.parametrize(
    ("through", "claim", "kinds"),
    [
        ("", "assertion (@ring[7:u32] == %x)", ()),
        ("", "assertion (@ring[6:u32] == %x)", (FaultKind.ASSERTION,)),
        ("", "assertion ((@ring[0:u32] == 1:u8) and (@ring[12:u32] == 2:u8))", ()),
        ("", "assertion (@ring[20:u32] == 9:u8)", ()),
        ("", "assertion (@ring[4:u32] == old(@ring[4:u32]))", ()),
        ("", "assertion (@ring[9:u32] == old(@ring[9:u32]))", ()),
        ("", "assertion (@ring[8:u32] == old(@ring[8:u32]))", (FaultKind.ASSERTION,)),
        ("", "assertion (@ring[5:u32] == old(@ring[5:u32]))", (FaultKind.ASSERTION,)),
        ("", "exit abort", (FaultKind.ABORT_AFTER_WRITE,)),
        ("through sum", "assertion (@ring[7:u32] == %x)", ()),
        ("through swap", "assertion (@ring[0:u32] == 1:u8)", ()),
        ("through swap", "assertion (@ring[7:u32] == %x)", (FaultKind.ASSERTION,)),
        ("through sum, swap", "assertion (@ring[9:u32] == old(@ring[9:u32]))", ()),
        ("through count", "assertion (%r.count <= 1000:u32)", ()),
        ("through count", "assertion (%r.count <= 4:u32)", ()),
        ("through count", "assertion (%r.count <= 3:u32)", (FaultKind.ASSERTION,)),
        ("through count, swap", "assertion (%r.count >= 1:u32)", ()),
        ("through sum", "assertion (%r.sum <= 131070:u32)", ()),
        ("through sum", "assertion (%r.sum <= 131069:u32)", (FaultKind.ASSERTION,)),
    ],
)
def test_what_is_so_after_a_copy(through: str, claim: str, kinds: tuple[FaultKind, ...]) -> None:
    claim = claim if "exit" not in claim else claim + " "
    body = COPIED.replace("THROUGH", through).replace("CLAIM", claim)
    answer = judged(copying(body.replace("exit abort \nexit consume", "exit abort")))
    expect(answer, *kinds)


def test_a_copy_to_scratch_memory_may_be_followed_by_an_abort() -> None:
    proved(copying("copy packet[0:u32 : 0:u32] -> @notes[0:u32] through sum as r exit abort"))


PIPE = """handler piping on ethernet maximum 256
  owns @ring: u8[256] plain
  pipe p(%w: u16) ATTRIBUTES state %s = 0:u32 state %t = 7:u16 { BODY } finish FINISH
{{
  if (extent(packet) > 256:u32) {{ exit pass }}
  copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through p as r
  exit consume
}}
""".replace("{{", "{").replace("}}", "}")


@pytest.mark.parametrize(
    ("attributes", "body", "finish", "kinds"),
    [
        ("readonly", "emit %w", "%s", ()),
        ("readonly", "emit (%w & 65535:u16)", "%s", ()),
        ("readonly", "emit (%w | 1:u16)", "%s", (FaultKind.PIPE_ATTRIBUTE,)),
        (
            "readonly",
            "if (%w == 4660:u16) { %t = 0:u16 } emit (%w & (%t | 65528:u16))",
            "%s",
            (FaultKind.PIPE_ATTRIBUTE,),
        ),
        ("commutative", "%s = (%s +% widen(%w, u32)) emit %w", "%s", ()),
        ("commutative", "%s = (%s ^ widen(%w, u32)) emit bswap(%w)", "%s", ()),
        ("commutative", "%s = widen(%w, u32) emit %w", "%s", (FaultKind.PIPE_ATTRIBUTE,)),
        ("commutative", "%s = ((%s *% 2:u32) +% widen(%w, u32)) emit %w", "%s", (FaultKind.PIPE_ATTRIBUTE,)),
        ("commutative", "emit %t %t = (%t +% 1:u16)", "%s", (FaultKind.PIPE_ATTRIBUTE,)),
        ("commutative", "emit %w %t = (%t +% 1:u16)", "%s", ()),
        ("", "%s = (%s + widen(%w, u32)) emit %w", "%s", ()),  # at most 128 words of at most 65535
        ("", "%t = (%t + 1:u16) emit %w", "%s", ()),
        ("", "%t = (%t + 600:u16) emit %w", "%s", (FaultKind.WRAP,)),
        ("", "%t = (%t - 1:u16) emit %w", "%s", (FaultKind.WRAP,)),
        ("", "%s = narrow(widen(%w, u64), u32) emit %w", "(100:u32 / %s)", (FaultKind.DIVISION,)),
        ("", "%s = 4:u32 emit %w", "(100:u32 / %s)", (FaultKind.DIVISION,)),  # where there is no word
    ],
)
def test_a_pipe_keeps_its_rules_at_every_word(
    attributes: str, body: str, finish: str, kinds: tuple[FaultKind, ...]
) -> None:
    text = PIPE.replace("ATTRIBUTES", attributes).replace("BODY", body).replace("FINISH", finish)
    expect(judged(text), *kinds)


def test_the_names_of_a_pipe_mean_nothing_outside_it() -> None:
    """A loop around a copy may not be said to keep what a pipe of the turn before has come to."""
    text = copying("""
    var %n: u32 = 0:u32
    loop l { } while (%n < 3:u32) {
      copy packet[0:u32 : 0:u32] -> @ring[0:u32] through count as r
      %n = (%n + 1:u32)
    }
    exit consume
    """)
    certificate = proved(text).certificate
    assert [proof.reason for proof in certificate.loops] == ["measure", "words"]


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_costs_no_more_than_its_bound(seed: int) -> None:
    rng = random.Random(seed)
    through = rng.choice(["", "through sum", "through swap", "through sum, swap, count", "through count"])
    counts = rng.choice(["extent(packet)", "7:u32", "(extent(packet) / 2:u32)"])
    body = f"""
    if (extent(packet) > 60:u32) {{ exit pass }} if (extent(packet) < 7:u32) {{ exit pass }}
    copy packet[0:u32 : {counts}] -> @ring[3:u32] {through} as r
    exit consume
    """
    certificate = proved(copying(body)).certificate
    for length in range(61):
        operations = run(certificate.program, Packet.whole(bytes(length))).operations
        assert operations <= certificate.operations.at(length)


def test_a_copy_without_pipes_leaves_nothing_unknown() -> None:
    what = conditions(
        program(copying(COPIED.replace("THROUGH", "").replace("CLAIM", "assertion (@ring[7:u32] == %x)")))
    )
    assert what.is_exact
    assert all(is_determined(what.terms.rows, part.claim) for part in what.obligations)


def test_thousands_of_stores_after_a_copy_are_no_recursion() -> None:
    stores = "\n".join(f"@ring[{place % 64}:u32] = {place % 251}:u8" for place in range(3000))
    text = copying(
        f"copy packet[0:u32 : 0:u32] -> @ring[0:u32] as r {stores} assertion (@ring[0:u32] == 87:u8) exit consume"
    )
    assert conditions(program(text)).obligations
