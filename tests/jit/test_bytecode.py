"""The interpreter on the R3000 means what the core form's interpreter says, and is safe by its own tests."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest

from bench.bytecode.instructions import Instruction, Refused, checked, encoded, ending
from bench.bytecode.translate import Unsupported, translated
from bench.five_ways import Subject, shipped, subjects
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl.core.form import U8, U16, U32, Program, Type, Verdict
from dlcode_dsl.core.interpret import Fault, Memory, Packet, run
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.abi import QueueLayout
from tests.bare_machine import BareMachine
from tests.generators import random_packets, random_program
from tests.jit.gate import QUEUE
from tests.jit.looping import looping_program
from tests.jit.programs import interpreted
from tests.jit.test_guarding import WRONG, wrong
from tests.jit.test_looping import without_fault

PARAMETERS = Parameters.load("dec5000-125")

OTHERS = {
    "deliver": "two words, behind what is there already",
    "tcp_options": "a segment of 48 bytes, behind padding and another option",
    "counter_client": "asks for the next increment",
    "echo": "counts and hands on",
}
"""Further examples, each with a test whose packet it does its work on."""


@cache
def subject(name: str) -> Subject:
    return shipped(name, OTHERS[name]) if name in OTHERS else subjects()[name]


def nearly(data: bytes, chance: random.Random) -> Packet:
    """The packet with a few bytes changed, and perhaps cut short."""
    changed = bytearray(data)
    for _ in range(chance.choice((0, 0, 1, 2))):
        changed[chance.randrange(len(changed))] = chance.choice((0, 1, 255, chance.randrange(256)))
    length = chance.choice((len(changed), len(changed), chance.randrange(len(changed) + 1)))
    return Packet(bytes(changed[:length]), len(data))


@pytest.mark.parametrize("name", [*subjects(), *OTHERS])
def test_programs_come_to_the_same_as_in_the_core_forms_interpreter(name: str) -> None:
    of, chance = subject(name), random.Random(name)
    program = replace(of.program, maximum=1514, on=None)
    machine = BareMachine(translated(program, QUEUE), PARAMETERS)
    verdicts = set()
    for _ in range(8 if len(of.packet.data) > 1000 else 40):
        packet = nearly(of.packet.data, chance)
        memory: Memory = {
            region.name: [chance.choice((0, chance.getrandbits(region.cell.bits))) for _ in range(region.count)]
            for region in program.regions
            if region.count < 1000
        }
        memory = chance.choice((of.memory, memory))
        try:
            expected = interpreted(program, packet, memory)
        except Fault:
            continue  # a cell of shared memory that its declaration rules out
        outcome = machine.run(packet, memory)
        assert outcome == expected, packet.data.hex()
        verdicts.add(outcome.verdict)
    assert len(verdicts) > 1 or len(of.packet.data) > 1000


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generated programs have numbers of at most 32 bits."""
    for table, types in (("WIDTHS", (U8, U16, U32, Type(4), Type(12))), ("READ_TYPES", (U8, U16, U32))):
        monkeypatch.setattr(f"tests.generators.{table}", types)
    monkeypatch.setattr("tests.generators.CELL_TYPES", (U8, U16, U32))


@pytest.mark.usefixtures("narrow")
def test_generated_programs_come_to_the_same() -> None:
    tried = 0
    for seed in range(40):
        looping = looping_program(seed, may_rewrite=False)
        inputs = [(packet, memory) for packet, memory, _ in without_fault(looping, seed, 6)]
        for made, given in ((random_program(seed), None), (looping, inputs)):
            try:
                machine = BareMachine(translated(made, QUEUE), PARAMETERS)
            except Unsupported:
                continue
            for packet, memory in random_packets(made, seed, 8) if given is None else given:
                try:
                    expected = interpreted(made, packet, memory)
                except Fault:
                    continue
                if len(expected.effects) <= QUEUE.entries:
                    assert machine.run(packet, memory) == expected, (made.name, seed)
                    tried += 1
    assert tried > 200, tried


@pytest.mark.parametrize("statement", WRONG.values(), ids=WRONG.keys())
def test_each_kind_of_access_is_tested(statement: str) -> None:
    """The interpreter on the machine aborts where the core form's faults."""
    made = wrong(statement)
    if "packet[(extent(packet) -% 1:u32)] = " in statement:
        with pytest.raises(Unsupported, match="rewrite"):
            translated(made, QUEUE)
        return
    outcome = BareMachine(translated(replace(made, may=("reply", "wake")), QUEUE), PARAMETERS).run(
        Packet.whole(bytes(range(8)))
    )
    assert outcome.verdict is Verdict.ABORT
    assert outcome.effects == ()


EDGES = {
    "two bytes to the last cells": "copy packet[0:u32 : 2:u32] -> @cells[3:u32] through two as c",
    "two bytes to past the last cell": "copy packet[0:u32 : 2:u32] -> @cells[4:u32] through two as c",
    "four bytes to the last cells": "copy packet[0:u32 : 4:u32] -> @cells[1:u32] through four as c",
    "four bytes to past the last cell": "copy packet[0:u32 : 4:u32] -> @cells[2:u32] through four as c",
    "the whole packet in a frame": "send reply { packet[0:u32 : 8:u32] }",
    "one byte more than the packet has": "send reply { packet[0:u32 : 9:u32] }",
    "one byte more from the second byte on": "send reply { packet[1:u32 : 8:u32] }",
    "a full frame": "send reply { packet[0:u32 : 8:u32] value 1:u32 }",
    "one byte more than a frame has": "send reply { packet[0:u32 : 8:u32] value 1:u32 value 1:u8 }",
    "packet bytes past a frame's end": "send reply { value 1:u64 packet[0:u32 : 5:u32] }",
    "all entries": "wake wake",
    "one entry more": "wake wake wake",
}
"""What is still right, and what no longer is, of cells, of the packet and of a queue of two frames of 12 bytes."""


@pytest.mark.parametrize("what", EDGES)
def test_tests_are_exact(what: str) -> None:
    made = parse_program(f"""
    handler edge on ethernet maximum 64
      owns @cells: u8[5] scratch
      may reply, wake
      pipe two(%a: u16) {{ emit %a }}
      pipe four(%b: u32) {{ emit %b }}
    {{ {EDGES[what]} exit consume }}
    """)
    outcome = BareMachine(translated(made, QueueLayout(2, 12)), PARAMETERS).run(Packet.whole(bytes(range(8))))
    right = not any(word in what for word in ("more", "past"))
    assert outcome.verdict is (Verdict.CONSUME if right else Verdict.ABORT)
    if right:
        assert outcome == interpreted(made, Packet.whole(bytes(range(8))))


def test_an_end_of_no_frame_ends_the_run() -> None:
    made = parse_program("handler h on ethernet maximum 64 may reply { send reply { value 1:u8 } exit consume }")
    written = [ending(made), Instruction("end", (0,)), Instruction("exit_keeping", (1,))]
    assert BareMachine(encoded(made, QUEUE, written), PARAMETERS).run(Packet.whole(b"")).verdict is Verdict.ABORT


@pytest.mark.parametrize("operator", ["+%", "-%", "*%", "<<"])
@pytest.mark.parametrize("bits", [4, 8, 12, 16, 24, 32])
def test_what_wraps_is_cut_to_its_width(operator: str, bits: int) -> None:
    of = f"u{bits}"
    made = parse_program(
        "handler h on ethernet maximum 64 owns @out: u32[1] scratch {"
        f" read %a: u8 = packet[0:u32] let %b: {of} = {'truncate' if bits < 8 else 'widen'}(%a, {of})"
        f" let %c: {of} = ((%b - 3:{of}) {operator} {bits - 1}:{of})"
        f" @out[0:u32] = widen((%c {operator} %b), u32) exit pass }}".replace("<< %b", f"<< 1:{of}")
    )
    machine = BareMachine(translated(made, QUEUE), PARAMETERS)
    for byte in (3, 5, 15, 255) if bits >= 8 else (3, 5, 15):
        packet = Packet.whole(bytes([byte]))
        assert machine.run(packet) == interpreted(made, packet)


def test_an_endless_loop_is_counted_out() -> None:
    made = parse_program(
        "filter ever on ethernet maximum 64 { loop ever { } while (extent(packet) != 9:u32) { } exit match }"
    )
    assert BareMachine(translated(made, QUEUE), PARAMETERS).run(Packet.whole(bytes(8))).verdict is Verdict.MISS


@pytest.mark.usefixtures("narrow")
def test_generated_programs_that_fault_stay_in_their_memory() -> None:
    """The test's machine compares all memory that is not a program's."""
    faults = 0
    for seed in range(300, 340):
        made = random_program(seed)
        try:
            machine = BareMachine(translated(made, QUEUE), PARAMETERS)
        except Unsupported:
            continue
        for packet, memory in random_packets(made, seed, count=8):
            machine.run(packet, memory)
            try:
                run(made, packet, memory)
            except Fault:
                faults += 1
    assert faults > 20, faults


@pytest.mark.parametrize("name", ["remote_increment", "timestamps", "web", "deliver"])
def test_bytecode_of_garbage_is_refused_or_stays_in_its_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bare_machine.MOST", 100_000_000)
    of, chance = subject(name), random.Random(name)
    good = translated(replace(of.program, maximum=1514), QUEUE)
    refused = 0
    for _ in range(60):
        words = list(good.words)
        for _ in range(chance.choice((1, 2, 5))):
            at = chance.randrange(len(words))
            words[at] = chance.choice(
                (words[at] ^ 1 << chance.randrange(32), chance.choice(good.words), chance.getrandbits(32))
            )
        try:
            made = checked(good.program, good.queue, words)
        except Refused:
            refused += 1
            continue
        BareMachine(made, PARAMETERS).run(nearly(of.packet.data, chance), of.memory)
    assert 0 < refused < 60


WITHOUT = {
    "packet bytes as a u24": "read %a: u24 = packet[0:u32]",
    "a value of u128": "let %a: u128 = 7:u128",
    "Binary of u64": "let %a: u64 = (widen(extent(packet), u64) + 1:u64)",
}


@pytest.mark.parametrize("reason", WITHOUT)
def test_what_is_outside_the_subset_is_refused(reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        translated(doing(WITHOUT[reason]), QUEUE)


def doing(statement: str) -> Program:
    """A handler that does one thing."""
    return parse_program(f"handler h on ethernet maximum 64 {{ {statement} exit consume }}")


def test_the_subset_has_wide_addresses() -> None:
    """Of 48 bits: read, masked, compared and sent."""
    made = parse_program(
        "handler h on ethernet maximum 64 may reply {"
        " read %a: u48 = packet[1:u32] else { exit decline }"
        " if ((%a & 1099511627776:u48) != 0:u48) { exit drop }"
        " if (%a == 8590065666:u48) { exit pass }"
        " send reply { value %a value truncate(%a, u16) } exit consume }"
    )
    machine = BareMachine(translated(made, QueueLayout(1, 8)), PARAMETERS)
    for data in ("00000200020002", "00010200020002", "00000203040506", "000002000200"):
        packet = Packet.whole(bytes.fromhex(data))
        assert machine.run(packet) == interpreted(made, packet)
