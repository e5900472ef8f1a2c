"""A model made into a packet and memory that break the program, and shown to do so by the interpreter.

A candidate that does not replay, at the very node and with the very fault that it was made for, is no witness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault, Packet

from .facts import sites
from .lasso import REPLAY, replay
from .obligations import Node, Obligation
from .task import Candidate

REPLAYS = 300
"""Most runs of the interpreter spent on a plainer witness."""

STEPS = 100_000
"""Most statements that they run together, as far as the first one tells."""

SHORT = 20_000
"""Operations after which a run that may be none is given up."""

MOST_CELLS = 100_000
"""Cells of owned memory beyond which none is looked for: each run copies them all."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A packet, and what owned memory holds before it: running the program on them raises the fault."""

    packet: Packet
    memory: Mapping[str, list[int]]


def fault_of(program: Program, witness: Witness) -> Fault | None:
    """The fault that running the program on the witness raises, a loop that comes back to where it was among them."""
    return replay(program, witness.packet, witness.memory)


def confirm(program: Program, obligation: Obligation, candidate: Candidate) -> tuple[Witness, Fault] | None:
    """The plainest witness found for the obligation, and the fault it raises; None if the candidate does not replay."""
    witness = start(program, candidate)
    enough = SHORT if sites(program) else REPLAY  # of a program with loops, a model is seldom a run
    fault = replay(program, witness.packet, witness.memory, enough=enough)
    if fault is None or not same(fault, obligation.kind, obligation.node):
        return None
    return plainest(program, witness, fault)


def plainest(program: Program, witness: Witness, fault: Fault) -> tuple[Witness, Fault]:
    """A plainer witness of the same kind of fault at the same node, if one is found, and the fault as it raises it."""

    def again(other: Witness, enough: int) -> Fault | None:
        found = replay(program, other.packet, other.memory, enough=enough)
        return found if found and same(found, fault.kind, fault.node) else None

    steps = _steps(program, witness)
    plain = plainer(witness, lambda other: again(other, 2 * steps + SHORT // 10) is not None, STEPS // max(1, steps))
    found = again(plain, REPLAY)
    assert found is not None
    return plain, found


def _steps(program: Program, witness: Witness) -> int:
    """Statements that a run takes."""
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    replay(program, witness.packet, witness.memory, observe=count)
    return steps


def same(fault: Fault, kind: FaultKind, node: Node) -> bool:
    """Whether a fault is of that kind, at that very node."""
    return fault.kind is kind and fault.node is node


def start(program: Program, candidate: Candidate) -> Witness:
    """The packet and memory that a model tells of."""
    data = bytearray(min(candidate.length, program.maximum))
    for place, byte in candidate.contents.get("packet", {}).items():
        if place < len(data):
            data[place] = byte & 0xFF
    memory = {region.name: [0] * region.count for region in program.regions}
    for region in program.regions:
        for place, cell in candidate.contents.get(f"@{region.name}", {}).items():
            if place < region.count:
                memory[region.name][place] = cell & ((1 << region.cell.bits) - 1)
    wire = len(data) if candidate.wire is None else candidate.wire
    return Witness(Packet(bytes(data), wire), memory)


def plainer(witness: Witness, breaks: Callable[[Witness], bool], most: int = REPLAYS) -> Witness:
    """A shorter witness, with nothing cut off on the way, and bytes and cells of 0 or 1, as far as a few runs find."""
    if sum(map(len, witness.memory.values())) > MOST_CELLS:
        return witness
    best, runs, most = witness, 0, min(most, REPLAYS)

    def attempt(other: Witness) -> None:
        nonlocal best, runs
        if runs < most and other != best:
            runs += 1
            if breaks(other):
                best = other

    attempt(Witness(Packet.whole(best.packet.data), best.memory))
    step = len(best.packet.data)
    while step:
        data = best.packet.data[:-step]
        attempt(Witness(Packet.whole(data), best.memory))
        step = step // 2 if best.packet.data != data else min(step, len(data))
    attempt(Witness(_with_data(best.packet, bytes(len(best.packet.data))), best.memory))
    attempt(Witness(best.packet, {name: [0] * len(cells) for name, cells in best.memory.items()}))
    for place in range(len(best.packet.data)):
        for plain in (0, 1):
            data = best.packet.data
            if runs < most and data[place] > plain:
                data = data[:place] + bytes([plain]) + data[place + 1 :]
                attempt(Witness(_with_data(best.packet, data), best.memory))
    for name in best.memory:
        for place in range(len(best.memory[name])):
            for plain in (0, 1):
                if runs < most and best.memory[name][place] > plain:
                    now = list(best.memory[name])
                    now[place] = plain
                    attempt(Witness(best.packet, {**best.memory, name: now}))
    return best


def _with_data(packet: Packet, data: bytes) -> Packet:
    return Packet(data, packet.wire_length)
