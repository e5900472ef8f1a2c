"""What the core form means, node by node, and each fault that a program can commit."""

from __future__ import annotations

import pytest

from dlcode_dsl import Fault, Outcome, Packet, Verdict, check_program, run
from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Sent
from dlcode_dsl.core.operators import OPERATORS
from tests.dsl.core import filter_of, handler

PACKET = Packet(bytes(range(16)), 40)


def outcome(body: str, head: str = "", packet: Packet = PACKET, memory: dict[str, list[int]] | None = None) -> Outcome:
    program = handler(body, head)
    assert check_program(program) == []
    return run(program, packet, memory)


def value(expression: str, type: str = "u32") -> int:
    """The value of a core expression of that type."""
    if type == "bool":
        return outcome(f"if {expression} {{ @words[0:u32] = 1:u32 }} exit consume").memory["words"][0]
    widened = expression if type == "u32" else f"{'widen' if int(type[1:]) < 32 else 'truncate'}({expression}, u32)"
    return outcome(f"@words[0:u32] = {widened} exit consume").memory["words"][0]


@pytest.mark.parametrize(
    ("expression", "type", "expected"),
    [
        ("7:u32", "u32", 7),
        ("true", "bool", 1),
        ("extent(packet)", "u32", 16),
        ("extent(wire)", "u32", 40),
        ("extent(@bytes)", "u32", 8),
        ("(2:u32 + 3:u32)", "u32", 5),
        ("(3:u32 - 2:u32)", "u32", 1),
        ("(3:u32 * 2:u32)", "u32", 6),
        ("(200:u8 +% 100:u8)", "u8", 44),
        ("(2:u8 -% 3:u8)", "u8", 255),
        ("(16:u8 *% 17:u8)", "u8", 16),
        ("(7:u4 / 2:u4)", "u4", 3),
        ("(7:u32 % 4:u32)", "u32", 3),
        ("(6:u32 & 3:u32)", "u32", 2),
        ("(6:u32 | 3:u32)", "u32", 7),
        ("(6:u32 ^ 3:u32)", "u32", 5),
        ("(129:u8 << 1:u8)", "u8", 2),
        ("(129:u8 >> 7:u8)", "u8", 1),
        ("(1:u32 == 1:u32)", "bool", 1),
        ("(1:u32 != 1:u32)", "bool", 0),
        ("(1:u32 < 2:u32)", "bool", 1),
        ("(2:u32 <= 1:u32)", "bool", 0),
        ("(2:u32 > 1:u32)", "bool", 1),
        ("(1:u32 >= 2:u32)", "bool", 0),
        ("(true and false)", "bool", 0),
        ("(false or true)", "bool", 1),
        ("not(false)", "bool", 1),
        ("widen(255:u8, u32)", "u32", 255),
        ("narrow(255:u32, u8)", "u8", 255),
        ("truncate(4660:u32, u8)", "u8", 0x34),
        ("bswap(4660:u32)", "u32", 0x34120000),
        ("bswap(4660:u16)", "u16", 0x3412),
        ("@words[0:u32]", "u32", 0),
    ],
)
def test_an_expression_has_its_value(expression: str, type: str, expected: int) -> None:
    assert value(expression, type) == expected


def test_each_operator_is_tried_above() -> None:
    """A new operator comes with its meaning."""
    parameters = test_an_expression_has_its_value.pytestmark[0].args[1]  # type: ignore[attr-defined]
    text = " ".join(parameter[0] for parameter in parameters)
    assert all(f" {symbol} " in text for symbol in OPERATORS)


def test_the_right_side_of_a_junction_is_evaluated_only_where_the_left_does_not_decide() -> None:
    """Beyond it, a fault would end the run."""
    assert value("(false and (@words[9:u32] == 0:u32))", "bool") == 0
    assert value("(true or (@words[9:u32] == 0:u32))", "bool") == 1
    with pytest.raises(Fault):
        value("(true and (@words[9:u32] == 0:u32))", "bool")


def test_packet_bytes_are_big_endian() -> None:
    assert outcome("read %a: u24 = packet[1:u32] @words[0:u32] = widen(%a, u32) exit consume").memory["words"] == [
        0x010203,
        0,
        0,
        0,
    ]


def test_a_read_past_the_end_runs_what_is_otherwise() -> None:
    """Its offset and width add up as numbers do: an offset near 2^32 does not come round to the packet's start."""
    for offset in (13, 16, 2**32 - 1):
        body = f"read %a: u32 = packet[{offset}:u32] else {{ exit drop }} exit consume"
        assert outcome(body).verdict is Verdict.DROP
    assert outcome("read %a: u32 = packet[12:u32] else { exit drop } exit consume").verdict is Verdict.CONSUME


def test_names_change_only_by_assignment() -> None:
    body = "var %a: u32 = 1:u32 let %b: u32 = %a %a = (%a + 1:u32) @words[0:u32] = %a @words[1:u32] = %b exit consume"
    assert outcome(body).memory["words"][:2] == [2, 1]


def test_a_block_is_left_to_its_end_and_through_inner_ones() -> None:
    body = """block outer {
        block inner { if true { leave outer } @words[0:u32] = 1:u32 }
        @words[0:u32] = 2:u32
      }
      @words[1:u32] = 3:u32
      exit consume"""
    assert outcome(body).memory["words"][:2] == [0, 3]


LOOP = """var %i: u32 = 0:u32
    loop turns { let %more: bool = (%i < TURNS:u32) }
    while %more invariant (%i <= 9:u32) decreases (10:u32 - %i) limit 4 { BODY %i = (%i + 1:u32) } ELSE
    @words[0:u32] = %i
    exit consume"""


def loop(turns: int = 3, body: str = "", otherwise: str = "") -> str:
    return LOOP.replace("TURNS", str(turns)).replace("BODY", body).replace("ELSE", otherwise)


def test_a_loop_runs_while_its_condition_holds() -> None:
    assert outcome(loop(3)).memory["words"][0] == 3
    assert outcome(loop(4)).memory["words"][0] == 4


def test_a_loop_is_left_by_its_label() -> None:
    assert outcome(loop(3, "if (%i == 1:u32) { leave turns }")).memory["words"][0] == 1


def test_the_turn_after_the_limit_runs_what_is_otherwise() -> None:
    assert outcome(loop(9, otherwise="else { exit drop }")).verdict is Verdict.DROP
    assert outcome(loop(9, otherwise="else { leave turns }")).memory["words"][0] == 4


def test_a_copy_goes_through_its_pipes_in_order() -> None:
    """An odd tail is filled up with zero bytes for the pipes, and exactly the bytes that were there are stored."""
    pipes = """
      pipe sum(%w: u16) readonly state %total = 0:u32 { %total = (%total + widen(%w, u32)) emit %w } finish %total
      pipe swap(%v: u16) { emit bswap(%v) }
    """
    body = """copy packet[1:u32 : 5:u32] -> @bytes[2:u32] through sum, swap as done
      @words[0:u32] = %done.sum exit consume"""
    found = outcome(body, pipes)
    assert found.memory["bytes"] == [0, 0, 2, 1, 4, 3, 0, 0]
    assert found.memory["words"][0] == 0x0102 + 0x0304 + 0x0500


def test_a_copy_without_pipes_moves_bytes() -> None:
    assert outcome("copy packet[8:u32 : 3:u32] -> @bytes[5:u32] as done exit pass").memory["bytes"][5:] == [8, 9, 10]


EFFECTS = """send reply { packet[6:u32 : 2:u32] value 258:u16 packet[0:u32 : 1:u32] } own mac 0 2
    wake
    send send anything { value 7:u8 }
    """


def test_effects_happen_in_order_where_the_verdict_keeps_them() -> None:
    expected = (
        Sent("reply", bytes([6, 7, 1, 2, 0]), (form.OwnAddress(0, 2, "mac"),)),
        Sent("wake"),
        Sent("send", bytes([7])),
    )
    for verdict in ("consume", "pass", "drop"):
        assert outcome(f"{EFFECTS} exit {verdict}").effects == expected
    for verdict in ("abort", "decline"):
        assert outcome(f"{EFFECTS} exit {verdict}").effects == ()


def test_a_rewrite_changes_a_private_copy() -> None:
    found = outcome("packet[2:u32] = 65535:u16 send reply { packet[1:u32 : 3:u32] } exit pass")
    assert found.effects[0].frame == bytes([1, 255, 255])
    assert found.data[:5] == bytes([0, 1, 255, 255, 4])
    assert PACKET.data[2] == 2


def test_memory_at_entry_is_what_old_speaks_of() -> None:
    body = """@words[1:u32] = 9:u32
      ensures (old(@words[1:u32]) == 5:u32) ensures (@words[1:u32] == 9:u32) exit consume"""
    given = {"words": [0, 5, 0, 0]}
    assert outcome(body, memory=given).verdict is Verdict.CONSUME
    assert given == {"words": [0, 5, 0, 0]}  # what is given stays as it was


def test_a_filter_ends_in_match_or_miss() -> None:
    program = filter_of("if (extent(packet) > 15:u32) { exit match } exit miss")
    assert run(program, PACKET).verdict is Verdict.MATCH
    assert run(program, Packet.whole(b"")).verdict is Verdict.MISS


FAULTS = [
    (FaultKind.PACKET_BOUNDS, "read %a: u8 = packet[16:u32] exit pass"),
    (FaultKind.PACKET_BOUNDS, "packet[15:u32] = 1:u16 exit pass"),
    (FaultKind.PACKET_BOUNDS, "send reply { packet[15:u32 : 2:u32] } exit pass"),
    (FaultKind.OWNED_BOUNDS, "@words[4:u32] = 1:u32 exit pass"),
    (FaultKind.OWNED_BOUNDS, "let %a: u8 = @bytes[8:u32] exit pass"),
    (FaultKind.WRAP, "let %a: u8 = (255:u8 + 1:u8) exit pass"),
    (FaultKind.WRAP, "let %a: u8 = (0:u8 - 1:u8) exit pass"),
    (FaultKind.WRAP, "let %a: u8 = (16:u8 * 16:u8) exit pass"),
    (FaultKind.NARROW, "let %a: u8 = narrow(256:u32, u8) exit pass"),
    (FaultKind.DIVISION, "let %a: u8 = (1:u8 / 0:u8) exit pass"),
    (FaultKind.DIVISION, "let %a: u8 = (1:u8 % 0:u8) exit pass"),
    (FaultKind.SHIFT, "let %a: u8 = (1:u8 << 8:u8) exit pass"),
    (FaultKind.SHIFT, "let %a: u8 = (1:u8 >> 8:u8) exit pass"),
    (FaultKind.ASSERTION, "assertion (extent(packet) > 16:u32) exit pass"),
    (FaultKind.ENSURES, "ensures false exit consume"),
    (FaultKind.ABORT_AFTER_WRITE, "@words[0:u32] = 0:u32 exit abort"),
    (FaultKind.ABORT_AFTER_WRITE, "@words[0:u32] = 0:u32 exit decline"),
    (FaultKind.ABORT_AFTER_WRITE, "copy packet[0:u32 : 1:u32] -> @bytes[0:u32] as done exit abort"),
    (FaultKind.FRAME_LENGTH, "send reply { packet[0:u32 : 16:u32] " + "value 1:u128 " * 94 + "} exit pass"),
    (FaultKind.COPY_BOUNDS, "copy packet[8:u32 : 9:u32] -> @bytes[0:u32] as done exit pass"),
    (FaultKind.COPY_BOUNDS, "copy packet[0:u32 : 4:u32] -> @bytes[5:u32] as done exit pass"),
    (FaultKind.LIMIT, loop(9)),
    (
        FaultKind.INVARIANT,
        loop(3).replace("%i = (%i + 1:u32)", "%i = 10:u32"),
    ),
    (FaultKind.DECREASES, loop(3).replace("%i = (%i + 1:u32)", "wake")),
    (FaultKind.PART_BOUNDS, "part-bounds (extent(packet) > 16:u32) exit pass"),
    (FaultKind.TEMPLATE, "send send alarm { value 2048:u32 } exit pass"),
    (FaultKind.PIPE_ATTRIBUTE, "copy packet[0:u32 : 4:u32] -> @bytes[0:u32] through more as done exit pass"),
    (FaultKind.PIPE_ATTRIBUTE, "copy packet[0:u32 : 4:u32] -> @bytes[0:u32] through last as done exit pass"),
    (FaultKind.ENDLESS, "loop ever { } while true { wake } exit pass"),
]


@pytest.mark.parametrize(("kind", "body"), FAULTS, ids=[f"{kind.value}-{at}" for at, (kind, _) in enumerate(FAULTS)])
def test_a_rule_that_is_broken_is_a_fault_at_its_node(kind: FaultKind, body: str) -> None:
    head = """
      template alarm fixed 2 2 & 65535 == 2054
      pipe more(%x: u8) readonly { emit (%x +% 1:u8) }
      pipe last(%y: u16) commutative readonly state %kept = 0:u16 { %kept = %y emit %y } finish %kept
    """
    program = handler(body, head)
    assert check_program(program) == []
    with pytest.raises(Fault) as caught:
        run(program, PACKET, enough=20_000)
    assert caught.value.kind is kind
    assert caught.value.node.span.text


def test_every_kind_of_fault_is_tried_above() -> None:
    assert {kind for kind, _ in FAULTS} == set(FaultKind)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("(extent(packet) > 99:u32)", "16 > 99 is false"),
        ("((extent(packet) > 9:u32) and (extent(packet) < 9:u32))", "16 < 9 is false"),
        ("((extent(packet) < 8:u32) and (extent(packet) < 9:u32))", "16 < 8 is false"),
        ("not((extent(packet) > 9:u32))", "the claim does not hold"),
    ],
)
def test_a_claim_that_fails_says_which_part_of_it_in_numbers(claim: str, said: str) -> None:
    program = handler(f"assertion {claim} exit pass")
    with pytest.raises(Fault) as caught:
        run(program, Packet.whole(bytes(16)))
    assert caught.value.detail == said


def test_scratch_memory_may_be_written_before_an_abort() -> None:
    found = outcome("@notes[0:u32] = 3:u16 exit abort")
    assert (found.verdict, found.memory["notes"][0]) == (Verdict.ABORT, 3)


def test_what_a_run_is_given_has_the_programs_shape() -> None:
    """Another shape is a mistake of the caller, not of the program."""
    program = handler("exit pass")
    for memory in ({"words": [0]}, {"words": [0, 0, 0, 2**32]}):
        with pytest.raises(ValueError, match="4 cells of u32"):
            run(program, PACKET, memory)
    with pytest.raises(ValueError, match="at most 1514"):
        run(program, Packet.whole(bytes(1515)))


def test_operations_are_charged_by_the_table_of_weights() -> None:
    """Statements and computing expressions count one, moved data one per 4 bytes begun, claims nothing."""
    assert outcome("exit pass").operations == 1
    assert outcome("let %a: u32 = (1:u32 + extent(packet)) exit pass").operations == 3
    assert outcome("assertion (1:u32 == 1:u32) exit pass").operations == 1
    assert outcome("send reply { packet[0:u32 : 5:u32] } exit pass").operations == 4
    assert outcome("copy packet[0:u32 : 8:u32] -> @bytes[0:u32] as done exit pass").operations == 4
