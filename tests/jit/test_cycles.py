"""Bounds on the cycles of an image: no run takes longer, and straight code is bounded by what it takes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

import pytest

from dlcode_aegis_core.machine.bounds import image_timing
from dlcode_aegis_core.machine.bus import Window
from dlcode_aegis_core.machine.cpu import Cpu
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.errors import CodeGeneratorError, ImageError
from dlcode_jit.layouts import BUFFER, GAPPED, PLAIN, Layout
from dlcode_jit.mips.decode import ROW_BY_NAME, encode
from dlcode_jit.mips.objects import Object
from dlcode_jit.r3000 import image as r3000
from dlcode_jit.r3000.codegen import UNFILLED
from dlcode_jit.r3000.cycles import Services
from dlcode_jit.r3000.graph import RETURN, Graph
from dlcode_jit.r3000.image import MipsCode, mips_code
from dlcode_jit.r3000.link import PLACEMENT
from dlcode_jit.r3000.loops import Loop, Part, parts
from dlcode_jit.r3000.marks import unmarked
from dlcode_jit.r3000.provenance import Origin, origins
from dlcode_jit.r3000.timing import START, Moments, Step, passed
from tests import bare_machine
from tests import looping as provable
from tests.bare_machine import BareMachine
from tests.bounds import LAYOUTS, compare, compared_looping, examples, looping, parameters, proved
from tests.generators import random_program
from tests.jit.gate import unproved_mips_code
from tests.jit.programs import ADD, certificate, interpreted, prove

DEC5000_125 = Parameters.load("dec5000-125")
TIMING = image_timing(DEC5000_125)

# ---- against runs


def test_no_run_of_an_example_takes_longer_than_its_bounds() -> None:
    """Each in one layout, in turn; `python -m tests.bounds` has all, and more packets."""
    tried = 0
    for number, (proof, inputs) in enumerate(examples()):
        layout = LAYOUTS[number % 4]
        (code,) = mips_code([proof], layout)
        assert 0 < compare(code, layout, inputs[::9]).warm <= 1
        tried += 1
    assert tried >= 12


@pytest.mark.parametrize("generate", [random_program, provable.looping_program], ids=["straight", "with loops"])
def test_no_run_of_a_generated_program_takes_longer_than_its_bounds(generate: Callable[[int], Program]) -> None:
    found = []
    for number, (proof, inputs) in enumerate(proved(map(generate, range(8)))):
        layout = LAYOUTS[number % 4]
        (code,) = mips_code([proof], layout)
        found.append(compare(code, layout, inputs))
    assert len(found) > 3
    assert max(one.warm for one in found) > 0.8


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_no_run_takes_longer_than_loops_that_turn_as_often_as_they_were_seen_to(layout: Layout) -> None:
    """Not proved ones. 50 had two marks in one place; of one mark of 3165 and 5156, LLVM makes two if it may."""
    seeds = [50, 5156, *range(1000, 1006)] if layout is PLAIN else [*range(1000, 1004), 3165]
    found = [compared_looping(seed, layout) for seed in seeds]
    assert max(one.warm for one in found) > 0.8


@pytest.mark.parametrize("change", [
    {"write_buffer.depth": 1}, {"write_buffer.depth": 6, "write_buffer.drain_ns": 1000}, {"write_buffer.reads_pass": 1},
    {"cache.refill_words": 4}, {"cpu.multiply_cycles": 40, "cpu.divide_cycles": 90}, {"cache.partial_store_cycles": 0},
], ids=str)  # fmt: skip
def test_the_bounds_follow_the_machine(change: dict[str, int]) -> None:
    """The same program on machines with other numbers."""
    for name in ("mirror", "division"):
        (code,) = mips_code([certificate(name)])
        machine = BareMachine(code, parameters(PLAIN).replace(change))
        cycles = code.cycles(machine.timing)
        for size in (0, 12, 32, 39, 70, 120):
            packet = Packet.whole(bytes((3 * at + 1) % 256 for at in range(size)))
            assert machine.run(packet, state="warm") == interpreted(code.program, packet)
            assert machine.cycles <= cycles.warm(size)
            assert machine.run(packet, state="cold") == interpreted(code.program, packet)
            assert machine.cycles <= cycles.safe(size)


@pytest.mark.parametrize(("cache", "refill"), [(4, 4), (64, 64), (256, 64)])
def test_a_cache_that_a_refill_overflows_or_takes_up_keeps_little(
    cache: int, refill: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Less than a refill: each fetch may miss. A refill that begins before the image may evict the image's end."""
    straight = mips_code([certificate("division")], BUFFER)[0], [(Packet.whole(bytes(range(39))), None, None)]
    changes = {"cache.instruction_bytes": cache, "cache.refill_words": refill}
    for code, inputs in (looping(31066, BUFFER, may_rewrite=False), straight):
        for place in range(0, 4 * refill, PLACEMENT):
            monkeypatch.setattr(bare_machine, "CODE", 0x2000 + place)
            machine = BareMachine(code, parameters(BUFFER).replace(changes))
            cycles = code.cycles(machine.timing)
            for packet, memory, _ in inputs:
                machine.run(packet, memory, state="cold")
                assert machine.cycles <= cycles.safe(len(packet.data))


def test_slow_stores_that_a_kernel_leaves_in_the_write_buffer_are_its_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores to the 5000/200's packet memory, which take 6 cycles each where those to memory take 3."""
    slow = 6

    def window(base: int, size: int, read: int, drain: int, *, halves: bool) -> Window:
        assert drain == 3
        return Window(base, size, read, slow, halves=halves)

    monkeypatch.setattr(bare_machine, "Window", window)
    code, inputs = looping(5008, BUFFER, may_rewrite=False)
    machine = BareMachine(code, Parameters.load("dec5000-200"))
    chill = machine._chill

    def chill_by_device() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(bare_machine, "RETURN", bare_machine.BUFFER + bare_machine.KSEG1 - bare_machine.KSEG0)
            chill()

    monkeypatch.setattr(machine, "_chill", chill_by_device)
    cycles, services = code.cycles(machine.timing), Services(device_stores=machine.timing.depth * (slow - 3))
    longer = 0
    for packet, memory, _ in inputs:
        machine.run(packet, memory, state="cold")
        longer += machine.cycles > cycles.safe(len(packet.data))
        assert machine.cycles <= cycles.safe(len(packet.data), services)
    assert longer, "it makes a difference"


def test_a_loop_is_bounded_by_its_turns_exactly() -> None:
    """A sum of bytes: as many cycles more for each byte as a turn takes, and no slack at all."""
    text = """
    filter f on ethernet maximum 1514
    {
      var %sum: u32 = 0:u32
      var %at: u32 = 0:u32
      loop bytes { } while (%at < extent(packet)) {
        read %byte: u8 = packet[%at]
        %sum = (%sum +% widen(%byte, u32))
        %at = (%at + 1:u32)
      }
      if (%sum == 7:u32) { exit match }
      exit miss
    }
    """
    (code,) = mips_code([prove(parse_program(text))])
    machine = BareMachine(code, parameters(PLAIN))
    cycles = code.cycles(machine.timing)
    for size in (0, 1, 2, 100, 1514):
        machine.run(Packet.whole(bytes([3] * size)), state="warm")
        assert machine.cycles == cycles.warm(size)
    assert cycles.safe(1514) < 2 * (cycles.safe(757) + 100) < 12 * 1514 * 3  # what is in the cache stays in it


def test_a_bound_says_what_it_consists_of() -> None:
    (proof, _) = next(one for one in examples() if one[0].program.name == "remote_increment")
    (code,) = mips_code([proof])
    shares = code.cycles(TIMING).shares(1514)
    assert shares == sorted(shares, key=lambda share: -share.cycles)
    assert shares[0].where == "remote_increment.ash:17", "its reply"
    assert 0 < sum(share.cycles for share in shares) < 2 * code.cycles(TIMING).warm(1514)


def test_what_the_kernel_does_for_a_run_is_in_safe_alone() -> None:
    (code,) = mips_code([certificate("mirror")])
    cycles, effects = code.cycles(TIMING), code.effects
    assert (effects.sends, effects.wakes) == (1, 1)
    services = Services(run=7, frame=100, frame_byte=2, wake=1000)
    more = 7 + 100 + 2 * effects.longest_frame + 1000
    assert cycles.safe(64, services) == cycles.safe(64) + more
    busy = cycles.safe(64, Services(held_up=16, held_up_every=320))
    assert busy == cycles.safe(64) + 16 * (busy // 320 + 1)
    with pytest.raises(ValueError, match="none"):
        cycles.safe(64, Services(held_up=320, held_up_every=320))


def test_a_run_that_devices_hold_up_keeps_within_safe() -> None:
    """Memory is taken for 16 cycles at a time, 64 cycles apart at least, at any place of the run."""
    (code,) = mips_code([certificate("increment")])
    machine = BareMachine(code, parameters(PLAIN), Cpu)
    cpu, services = machine.cpu, Services(held_up=16, held_up_every=64)
    bound = code.cycles(machine.timing).safe(22, services)
    for first in range(0, 64, 7):
        last = cpu.cycles - 64 + first

        def held(pc: int, cycle: int) -> None:
            nonlocal last
            if cycle - last >= 64:
                last = cycle
                cpu.stall(16)

        cpu.trace = held
        assert machine.run(Packet.whole(ADD), state="cold").verdict is Verdict.CONSUME
        assert machine.cycles <= bound


def test_a_private_copy_is_a_service() -> None:
    text = """
    handler h on ethernet maximum 64
      may rewrite
    {
      if (extent(packet) > 3:u32) { packet[0:u32] = 1:u8 }
      exit pass
    }
    """
    (code,) = mips_code([prove(parse_program(text))], GAPPED)
    assert code.layout is PLAIN
    cycles = code.cycles(TIMING)
    assert cycles.safe(64, Services(private_byte=3)) == cycles.safe(64) + 3 * 64


# ---- time


def test_stores_wait_for_room_and_reads_for_all_stores() -> None:
    """Four stores find room at once; the fifth waits until the first has drained, 6 cycles after it was entered."""
    store = [(Step.STORE, 0), (Step.RUN, 1)]
    assert passed(START, store * 4, TIMING) == (4, 24, 0)
    assert passed(START, store * 5, TIMING) == (7, 30, 0)
    assert passed(START, [*store, (Step.READ, 12)], TIMING).now == 6 + 12
    assert passed(START, [(Step.MULTIPLY, 12), (Step.RUN, 1), (Step.AWAIT, 0)], TIMING).now == 12


def test_where_reads_pass_stores_they_wait_for_one_and_put_the_others_off() -> None:
    passing = replace(TIMING, reads_pass=True)
    store = [(Step.STORE, 0), (Step.RUN, 1)]
    assert passed(START, [*store * 3, (Step.READ, 12)], passing) == (3 + 6 + 12, 18 + 12, 0)


def test_later_begun_is_later_ended() -> None:
    """What the bounds rest on, for all steps and many pairs of states."""
    for timing in (TIMING, replace(TIMING, reads_pass=True), replace(TIMING, depth=1)):
        for step in ((Step.RUN, 3), (Step.READ, 12), (Step.STORE, 0), (Step.MULTIPLY, 12), (Step.AWAIT, 0)):
            for now in range(0, 30, 3):
                for drained in range(0, 30, 2):
                    ended = passed(Moments(now, drained, 9), [step], timing)
                    for more in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
                        later = Moments(now + more[0], drained + more[1], 9 + more[2])
                        after = passed(later, [step], timing)
                        assert after.later(ended) == after
                        assert after.now <= ended.now + 1


# ---- code that nobody made, written down


def word(name: str, *operands: int) -> int:
    """One instruction."""
    return encode(ROW_BY_NAME[name], operands)


NOP, RETURNS, BREAK = 0, word("jr", 31), word("break", 0)


def nest_of(words: list[int]) -> list[tuple[Part, ...]]:
    """The loops of each function of some code, none of which is known."""
    return [parts(function.blocks, {}, {}) for function in Graph(words, 0).functions.values()]


def refusal(words: list[int]) -> str:
    """Why no bound is given for some code."""
    with pytest.raises(ImageError) as refused:
        nest_of(words)
    assert refused.value.code == "unbounded"
    return refused.value.reason


def test_a_loop_that_is_not_known_has_no_bound() -> None:
    assert "no turn of a known loop" in refusal([NOP, word("bne", 4, 5, -2), NOP, RETURNS, NOP])
    assert "no turn of a known loop" in refusal([word("beq", 0, 0, -1), NOP])


@pytest.mark.parametrize(("words", "why"), [
    ([word("jr", 2), NOP], "an address in a register"),
    ([word("jalr", 31, 2), NOP, RETURNS, NOP], "an address in a register"),
    ([word("jal", 0x100), NOP, RETURNS, NOP], "there is no instruction"),
    ([word("beq", 4, 5, 100), NOP, RETURNS, NOP], "there is no instruction"),
    ([NOP, NOP], "there is no instruction"),
    ([word("jal", 0), NOP, RETURNS, NOP], "calls itself"),
    ([word("bgezal", 4, 1), NOP, RETURNS, NOP], "if a condition holds"),
    ([word("beq", 4, 5, 1), word("beq", 4, 5, 1), RETURNS, NOP], "in the delay slot of another"),
    ([word("syscall", 0), RETURNS, NOP], "no instruction that an image may have"),
    ([BREAK, RETURNS, NOP], "no instruction that an image may have"),
    ([0xFFFF_FFFF, RETURNS, NOP], "no instruction that an image may have"),
], ids=lambda one: one if isinstance(one, str) else "")  # fmt: skip
def test_code_that_goes_where_nothing_can_follow_has_no_bound(words: list[int], why: str) -> None:
    assert why in refusal(words)


def test_a_delay_slot_belongs_to_its_branch_and_may_begin_a_block_too() -> None:
    """0: beq to 4; 1: its slot, which the bne at 2 jumps to; 3: its slot; 4: return; 5: slot."""
    graph = Graph([word("beq", 4, 5, 3), NOP, word("bne", 4, 5, -2), NOP, RETURNS, NOP], 0)
    blocks = graph.functions[0].blocks
    assert (blocks[0].instructions, blocks[0].goes) == ((0, 1), (4, 2))
    assert (blocks[1].instructions, blocks[1].goes) == ((1, 2, 3), (1, 4))
    assert (blocks[2].instructions, blocks[2].goes) == ((2, 3), (1, 4))
    assert blocks[4].goes == (RETURN,)


class Around:
    """A loop inside the loops of the numbers that it is made with."""

    def __init__(self, *outer: int) -> None:
        self.outer = frozenset(outer)


def test_loops_are_nested_as_their_marks_say() -> None:
    """1..4 is a loop around 2..3; without the outer's turn, the inner one is left."""
    words = [NOP, NOP, NOP, word("bne", 4, 5, -2), NOP, word("bne", 4, 5, -5), NOP, RETURNS, NOP]
    graph = Graph(words, 0, (1, 2))
    nest = parts(graph.functions[0].blocks, {1: 7, 2: 8}, {7: Around(), 8: Around(7)})
    (outer,) = (one for one in nest if isinstance(one, Loop))
    (inner,) = (one for one in outer.parts if isinstance(one, Loop))
    assert (outer.number, outer.turns, inner.number, inner.turns) == (7, (1,), 8, (2,))
    with pytest.raises(ImageError, match="not inside each other"):
        parts(graph.functions[0].blocks, {1: 7, 2: 8}, {7: Around(), 8: Around()})


def marked(words: list[int], lines: list[tuple[int, int]]) -> Object:
    """An object whose line table has rows at some indexes."""
    data = struct.pack(f"<{len(words)}I", *words)
    return Object(len(data), data, {"f": 0}, (), lines=tuple((4 * index, number) for index, number in lines))


def test_marks_are_taken_out_where_only_they_lead_on() -> None:
    """The first goes: nothing else comes to the instruction behind it. A branch does behind the second: a nop stays."""
    on, back = word("addiu", 4, 4, 1), word("bne", 4, 5, -2)
    words = [NOP, BREAK, on, BREAK, on, back, NOP, RETURNS, NOP]
    found = unmarked(marked(words, [(0, 1), (1, 2), (2, 1), (3, 3), (4, 1)]))
    left = struct.unpack(f"<{found.text // 4}I", found.data)
    assert BREAK not in left
    assert len(left) == len(words) - 1
    assert found.marks == ((4, 2), (8, 3))
    assert left[2] == NOP


def test_two_marks_in_a_row_stay_apart() -> None:
    found = unmarked(marked([BREAK, BREAK, NOP, RETURNS, NOP], [(0, 1), (1, 2), (2, 3)]))
    assert len({offset for offset, _ in found.marks}) == 2


def test_a_mark_between_a_load_and_its_reader_leaves_a_nop() -> None:
    load, reader = word("lw", 2, 0, 4), word("addu", 3, 2, 2)
    found = unmarked(marked([load, BREAK, reader, RETURNS, NOP], [(0, 1), (1, 2), (2, 1)]))
    assert struct.unpack_from("<3I", found.data) == (load, NOP, reader)


@pytest.mark.parametrize(("words", "lines"), [
    ([NOP, BREAK, RETURNS, NOP], []),
    ([NOP, BREAK, RETURNS, NOP], [(0, 4), (1, 0)]),
    ([word("beq", 4, 5, 1), BREAK, RETURNS, NOP], [(0, 1), (1, 2)]),
])  # fmt: skip
def test_a_mark_without_its_number_or_in_a_slot_is_an_error(words: list[int], lines: list[tuple[int, int]]) -> None:
    with pytest.raises(CodeGeneratorError):
        unmarked(marked(words, lines))


def test_marks_that_may_have_changed_places_are_refused() -> None:
    """One is there twice and another not at all: nobody knows which loop the second is of."""
    text = """
    filter f on ethernet maximum 64
    {
      var %at: u32 = 0:u32
      var %sum: u32 = 0:u32
      loop l { } while (%at < extent(packet)) {
        read %byte: u8 = packet[%at]
        %at = (%at + 1:u32)
        %sum = ((%sum ^ 5:u32) *% widen(%byte, u32))
      }
      loop m { } while (%at > 0:u32) {
        %at = (%at - 1:u32)
        read %other: u8 = packet[%at]
        %sum = (%sum +% widen(%other, u32))
      }
      if (%sum == 77:u32) { exit match }
      exit miss
    }
    """
    (code,) = mips_code([prove(parse_program(text))])
    (_, number), (place, _) = code.object.marks[-1], code.object.marks[0]
    assert len(code.object.marks) == 2
    swapped = replace(code, object=replace(code.object, marks=((place, number), code.object.marks[-1])))
    with pytest.raises(ImageError, match="told apart"):
        swapped.cycles(TIMING)


def test_what_comes_from_the_packet_is_followed_through_copies_and_the_stack() -> None:
    a0, a3, v0, sp, t0, t1 = 4, 7, 2, 29, 8, 9
    words = [
        word("addiu", sp, sp, -8),
        word("addu", t0, a0, 5),
        word("sw", t0, 4, sp),
        word("lw", t1, 4, sp),
        word("lw", v0, 0, t0),
        word("lw", v0, 0, t1),
        word("lw", t0, 4, a3),
        word("lw", v0, 0, t0),
        word("subu", t1, t1, t0),
        word("lw", v0, 0, t1),
        RETURNS,
        word("addiu", sp, sp, 8),
    ]
    found = origins(Graph(words, 0))
    packet, lent = Origin.PACKET, Origin.LENT
    assert [found[index] for index in (2, 3, 4, 5, 6, 7, 9)] == [
        Origin.STACK, Origin.STACK, packet, packet, Origin.LEASE, lent, Origin.UNKNOWN,
    ]  # fmt: skip


# ---- what LLVM gets wrong


HAZARD = [word("beq", 4, 0, 3), word("lw", 2, 0, 4), RETURNS, NOP, word("addu", 2, 2, 2), RETURNS, NOP]
"""The load in the branch's delay slot arrives after the first instruction at its target, which reads it."""


def test_the_known_miscompile_is_found_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLVM 22 moves a load into a delay slot though the target uses it at once (llvm pull request 185427)."""
    crafted = Object(4 * len(HAZARD), struct.pack(f"<{len(HAZARD)}I", *HAZARD), {}, ())
    assert [finding.code for finding in r3000.findings(crafted)] == ["load-delay"]
    finish, made = r3000._finished, list[Object]()

    def first_wrong(elf: bytes) -> Object:
        made.append(finish(elf))
        return replace(crafted, symbols=made[0].symbols) if len(made) == 1 else made[-1]

    monkeypatch.setattr(r3000, "_finished", first_wrong)
    (code,) = mips_code([certificate("port_80")])
    assert len(made) == 2
    assert not code.filled
    assert r3000.findings(code.object) == ()


def test_code_without_filled_slots_has_bounds_too(monkeypatch: pytest.MonkeyPatch) -> None:
    (filled,) = mips_code([certificate("division")])
    monkeypatch.setattr(r3000, "FILLED", UNFILLED)
    (unfilled,) = mips_code([certificate("division")])
    assert filled.cycles(TIMING).warm(64) < unfilled.cycles(TIMING).warm(64)


def test_a_loop_whose_turns_nobody_knows_is_refused() -> None:
    """Of code past the gate: a loop that the caller says turns never, though it does, is not looked for."""
    text = """
    filter f on ethernet maximum 64
    {
      var %at: u32 = 0:u32
      loop l { } while (%at < extent(packet)) { read %byte: u8 = packet[%at] %at = ((%at + widen(%byte, u32)) + 1:u32) }
      exit match
    }
    """
    code: MipsCode
    (code,) = unproved_mips_code([parse_program(text)])
    stripped = replace(code, object=replace(code.object, marks=()))
    assert code.object.marks
    with pytest.raises(ImageError, match="no turn of a known loop"):
        stripped.cycles(TIMING)
