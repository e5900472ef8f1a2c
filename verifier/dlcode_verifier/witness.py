"""A model made into a packet and memory that break the program, and shown to do so by the interpreter.

A candidate that does not replay, at the very node and with the very fault that it was made for, is no witness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dlcode_dsl.core import interpret
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault, Packet

from .obligations import Obligation
from .task import Candidate

REPLAYS = 300
"""Most runs of the interpreter spent on a plainer witness."""

MOST_CELLS = 100_000
"""Cells of owned memory beyond which none is looked for: each run copies them all."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A packet, and what owned memory holds before it: running the program on them raises the fault."""

    packet: Packet
    memory: Mapping[str, list[int]]


def fault_of(program: Program, witness: Witness) -> Fault | None:
    """The fault that running the program on the witness raises."""
    try:
        interpret.run(program, witness.packet, witness.memory)
    except Fault as fault:
        return fault
    return None


def confirm(program: Program, obligation: Obligation, candidate: Candidate) -> tuple[Witness, Fault] | None:
    """The plainest witness found for the obligation, and the fault it raises; None if the candidate does not replay."""

    def breaks(witness: Witness) -> Fault | None:
        fault = fault_of(program, witness)
        return fault if fault and fault.kind is obligation.kind and fault.node is obligation.node else None

    witness = _start(program, candidate)
    if breaks(witness) is None:
        return None
    plain = _plainer(witness, lambda other: breaks(other) is not None)
    fault = breaks(plain)
    assert fault is not None
    return plain, fault


def _start(program: Program, candidate: Candidate) -> Witness:
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


def _plainer(witness: Witness, breaks: Callable[[Witness], bool]) -> Witness:
    """A witness with nothing cut off on the way, and with as many zero bytes and cells as a few runs find."""
    if sum(map(len, witness.memory.values())) > MOST_CELLS:
        return witness
    best, runs = witness, 0

    def attempt(other: Witness) -> None:
        nonlocal best, runs
        if runs < REPLAYS and other != best:
            runs += 1
            if breaks(other):
                best = other

    attempt(Witness(Packet.whole(best.packet.data), best.memory))
    attempt(Witness(_with_data(best.packet, bytes(len(best.packet.data))), best.memory))
    attempt(Witness(best.packet, {name: [0] * len(cells) for name, cells in best.memory.items()}))
    for place, byte in enumerate(best.packet.data):
        if byte and best.packet.data[place]:
            data = best.packet.data
            attempt(Witness(_with_data(best.packet, data[:place] + b"\0" + data[place + 1 :]), best.memory))
    for name, cells in best.memory.items():
        for place, cell in enumerate(cells):
            if cell and best.memory[name][place]:
                now = list(best.memory[name])
                now[place] = 0
                attempt(Witness(best.packet, {**best.memory, name: now}))
    return best


def _with_data(packet: Packet, data: bytes) -> Packet:
    return Packet(data, packet.wire_length)
