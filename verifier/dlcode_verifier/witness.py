"""A model made into a packet and memory that break the program, and shown to do so by the interpreter.

A candidate that does not replay, at the very node and with the very fault that it was made for, is no witness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

STEPS = 200_000
"""Statements that they run together, after which none is begun."""

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

    spent = 0

    def count(*_: object) -> None:
        nonlocal spent
        spent += 1

    def again(other: Witness, enough: int) -> Fault | None:
        found = replay(program, other.packet, other.memory, enough=enough, observe=count)
        return found if found and same(found, fault.kind, fault.node) else None

    replay(program, witness.packet, witness.memory, observe=count)
    enough = 2 * spent + SHORT // 10
    plain = plainer(witness, lambda other: again(other, enough) is not None, lambda: spent < STEPS)
    found = again(plain, REPLAY)
    assert found is not None
    return plain, found


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


def plainer(
    witness: Witness, breaks: Callable[[Witness], bool], may_go_on: Callable[[], bool] = lambda: True
) -> Witness:
    """A shorter witness, with nothing cut off on the way, and bytes and cells of 0 or 1, as far as a few runs find."""
    if sum(map(len, witness.memory.values())) > MOST_CELLS:
        return witness
    best, runs = witness, 0

    def is_open() -> bool:
        return runs < REPLAYS and may_go_on()

    def attempt(other: Witness) -> bool:
        nonlocal best, runs
        if other != best and is_open():
            runs += 1
            best = other if breaks(other) else best
        return other == best

    def of_data(data: Sequence[int]) -> bool:
        return attempt(Witness(Packet(bytes(data), best.packet.wire_length), best.memory))

    def of_region(name: str) -> Callable[[Sequence[int]], bool]:
        return lambda cells: attempt(Witness(best.packet, {**best.memory, name: list(cells)}))

    attempt(Witness(Packet.whole(best.packet.data), best.memory))
    step, tried = len(best.packet.data), set[int]()
    while step and is_open():
        data = best.packet.data[:-step]
        if len(data) not in tried:
            tried.add(len(data))
            attempt(Witness(Packet.whole(data), best.memory))
        step = step // 2 if best.packet.data != data else min(step, len(data))
    attempt(Witness(best.packet, {name: [0] * len(cells) for name, cells in best.memory.items()}))
    _plain(best.packet.data, of_data, is_open)
    for name in witness.memory:
        _plain(best.memory[name], of_region(name), is_open)
    return best


def _plain(values: Sequence[int], attempt: Callable[[Sequence[int]], bool], is_open: Callable[[], bool]) -> None:
    """Attempt zeros in place of all values, and where that is too much, of either half; in place of single ones, 1."""
    now, waiting = list(values), [(0, len(values))]
    while waiting and is_open():
        low, high = waiting.pop()
        for plain in (0, 1) if high - low == 1 and now[low] > 1 else (0,):
            other = [*now[:low], *[plain] * (high - low), *now[high:]]
            if other == now or attempt(other):
                now = other
                break
        else:
            if high - low > 1:
                middle = (low + high) // 2
                waiting += [(middle, high), (low, middle)]
