"""A loop that comes back to where it was never ends; one that only seems to, does."""

from __future__ import annotations

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Packet
from dlcode_verifier.lasso import Endless, cones, replay
from dlcode_verifier.refute import refute
from tests.generators import nodes
from tests.verifier.support import HERE, program


def loops(of: Program) -> list[form.Loop]:
    return [node for node in nodes(of) if isinstance(node, form.Loop)]


def ends(text: str, data: bytes = b"", **memory: list[int]) -> str:
    """What a run says of its end."""
    fault = replay(program(text), Packet.whole(data), memory)
    return "" if fault is None else fault.detail


def test_a_loop_that_changes_nothing_is_back_after_one_turn() -> None:
    said = "after 1 turn the loop is back where it began: it never ends"
    assert ends("loop l { } while true { } exit pass") == said
    assert ends("var %i: u32 = 3:u32 loop l { } while (%i != 0:u32) { %i = (%i & 3:u32) } exit pass") == said


def test_a_loop_may_run_for_a_while_before_it_turns_in_a_circle() -> None:
    text = """
    var %i: u32 = 0:u32
    loop l { } while (%i != 9:u32) { %i = (%i + 1:u32) if (%i == 7:u32) { %i = 4:u32 } }
    exit pass
    """
    assert ends(text) == "after 7 turns the loop is back where it was after 4: it never ends"


def test_what_only_counts_does_not_keep_a_loop_from_coming_back() -> None:
    text = """
    var %i: u32 = 1:u32
    var %n: u32 = 0:u32
    loop l { } while (%i != 0:u32) { %n = (%n {} 1:u32) }
    exit pass
    """
    assert ends(text.replace("{}", "+%")) == "after 1 turn the loop is back where it began: it never ends"
    assert ends(text.replace("{}", "+")) == "after 1 turn the loop is back where it began: only a fault can end it"


def test_a_loop_that_memory_or_the_packet_leads_is_not_back_while_they_change() -> None:
    memory = "loop l { } while (@words[0:u32] < 5:u32) { @words[0:u32] = (@words[0:u32] + 1:u32) } exit consume"
    packet = """
    loop l { read %c: u8 = packet[0:u32] else { exit pass } } while (%c < 5:u8) { packet[0:u32] = (%c + 1:u8) }
    exit consume
    """
    assert ends(memory) == ""
    assert ends(memory.replace("@words[0:u32] + 1", "@words[0:u32] * 1")).endswith("it never ends")
    assert ends(packet, b"\0") == ""
    assert ends(packet.replace("(%c + 1:u8)", "(%c & 3:u8)"), b"\0").endswith("it never ends")


def test_each_entry_to_a_loop_begins_anew() -> None:
    """The inner loop is where it was in the turn of the outer one before, which says nothing."""
    text = """
    var %i: u32 = 0:u32
    loop outer { } while (%i < 3:u32) {
      var %j: u32 = 0:u32
      loop inner { } while (%j < 2:u32) { %j = (%j + 1:u32) }
      %i = (%i + 1:u32)
    }
    exit pass
    """
    assert ends(text) == ""


def test_a_loop_with_a_limit_or_a_measure_ends_or_faults() -> None:
    limit = replay(program("loop l { } while true limit 3 { } exit pass"), Packet.whole(b""), {})
    measure = replay(program("loop l { } while true decreases 1:u32 { } exit pass"), Packet.whole(b""), {})
    assert limit is not None
    assert limit.kind is FaultKind.LIMIT
    assert measure is not None
    assert measure.kind is FaultKind.DECREASES


def test_a_run_that_is_merely_long_shows_nothing() -> None:
    text = "var %i: u32 = 0:u32 loop l { } while (%i < 4000000000:u32) { %i = (%i + 1:u32) } exit pass"
    assert replay(program(text), Packet.whole(b""), {}, enough=1000) is None


def test_the_cone_holds_what_leads_control_and_what_faults_depend_on() -> None:
    tried = program("""
    var %a: u32 = 0:u32
    var %b: u32 = 0:u32
    var %c: u32 = 0:u32
    var %d: u32 = 0:u32
    loop l { let %more: bool = (%a < 9:u32) } while %more {
      %a = (%a +% %b)
      %c = (%c + 1:u32)
      %d = (%d +% @words[0:u32])
    }
    exit pass
    """)
    (loop,) = loops(tried)
    control, whole = cones(loop)
    assert control.names == ("a",)  # nothing in the loop changes b
    assert whole.names == ("a", "c")
    assert not control.packet
    assert not control.regions


def test_endless_loops_are_searched_for_where_a_measure_is_missing() -> None:
    text = """
    read %key: u32 = packet[0:u32] else { exit pass }
    var %low: u32 = 0:u32
    var %high: u32 = 8:u32
    loop search { } while (%low < %high) {
      let %middle: u32 = ((%low + %high) / 2:u32)
      if (@words[%middle] < %key) { %low = %middle } else { %high = %middle }
    }
    exit pass
    """
    tried = program(text)
    (loop,) = loops(tried)
    (found,) = refute(tried, [(FaultKind.ENDLESS, loop)], HERE).found
    assert isinstance(found.fault, Endless)
    assert found.node is loop
    assert found.fault.turns - found.fault.back == 1


def test_a_loop_that_ends_is_not_refuted() -> None:
    tried = program("var %i: u32 = 0:u32 loop l { } while (%i < 9:u32) { %i = (%i + 1:u32) } exit pass")
    (loop,) = loops(tried)
    assert refute(tried, [(FaultKind.ENDLESS, loop)], HERE).found == []
