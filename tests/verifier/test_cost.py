"""The bound on core operations: never below what a run is charged, and reached where the longest way can be taken."""

from __future__ import annotations

from dlcode_dsl.core.interpret import Packet, run
from dlcode_verifier import OverBudget, Proved
from dlcode_verifier.cost import bounds
from tests.verifier.support import HANDLER, judged, program, proved


def test_the_bound_is_the_longest_way_and_not_the_sum_of_all() -> None:
    text = """
    if (extent(packet) == 7:u32) { exit pass }
    block b {
      read %x: u8 = packet[0:u32] else { leave b }
      if (%x == 1:u8) { @words[0:u32] = (@words[1:u32] +% 1:u32) leave b }
      @words[0:u32] = 1:u32
    }
    exit consume
    """
    bound = proved(text).certificate.operations
    charged = [run(program(text), Packet.whole(data)).operations for data in (bytes(7), b"", b"\1", b"\2")]
    assert max(charged) == bound.at(1514) == bound.constant
    assert bound.per_byte == 0


def test_what_is_sent_counts_by_its_longest_frame() -> None:
    text = """
    if (extent(packet) > 1514:u32) { exit pass }
    send send anything { packet[0:u32 : extent(packet)] }
    exit pass
    """
    bound = proved(text).certificate.operations
    assert run(program(text), Packet.whole(bytes(1514))).operations == bound.constant


def test_a_claim_costs_nothing_as_no_image_holds_it() -> None:
    plain, claimed = "exit pass", "assertion ((extent(packet) / 2:u32) <= extent(packet)) exit pass"
    assert bounds(program(plain)) == bounds(program(claimed))


BUDGET = HANDLER + "cost AMOUNT UNIT { @words[0:u32] = 1:u32 exit consume }"


def test_a_program_over_its_budget_is_refused_as_dear_and_not_as_unsafe() -> None:
    assert isinstance(judged(BUDGET.replace("AMOUNT UNIT", "2 ops")), Proved)
    answer = judged(BUDGET.replace("AMOUNT UNIT", "1 ops"))
    assert isinstance(answer, OverBudget)
    (said,) = answer.diagnostics
    assert (said.code.name, said.severity) == ("ASH3001", "error")
    assert "2 core operations" in said.notes[0]


def test_a_budget_in_cycles_is_said_to_be_unchecked() -> None:
    answer = judged(BUDGET.replace("AMOUNT UNIT", "1 cycles on dec5000-125"))
    assert isinstance(answer, Proved)
    assert [(said.code.name, said.severity) for said in answer.diagnostics] == [("ASH3002", "warning")]


def test_a_loop_costs_its_turns_and_one_more_test() -> None:
    text = """
    var %i: u32 = 0:u32
    loop l { } while (%i < extent(packet)) { read %b: u8 = packet[%i] %i = (%i + 1:u32) }
    exit pass
    """
    bound = proved(text).certificate.operations
    for length in (0, 1, 2, 1514):
        assert run(program(text), Packet.whole(bytes(length))).operations == bound.at(length)


def test_what_a_region_holds_bounds_a_copy_as_well_as_the_packets_length() -> None:
    text = """
    if (extent(packet) > 16:u32) { exit pass }
    copy packet[0:u32 : extent(packet)] -> @bytes[0:u32] as done
    exit consume
    """
    bound = proved(text).certificate.operations
    for length in (0, 1, 5, 16):
        assert run(program(text), Packet.whole(bytes(length))).operations <= bound.at(length)
    assert bound.at(0) < bound.at(16) <= bound.at(1514) == bound.greatest
    assert "never over" in str(bound)
