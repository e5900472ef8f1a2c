"""Runs code that guards itself, in memory with a fence around each piece, which must stand afterwards."""

from __future__ import annotations

import ctypes

from dlcode_dsl.core.interpret import Memory, Packet
from dlcode_jit.experiment import Experiment
from dlcode_jit.guards import packet_room, room
from dlcode_jit.outcome import Outcome, cells_from_bytes, cells_to_bytes, effects_in, region_size, verdict_of

FENCE = b"\xa5" * 256


class Piece:
    """Memory of `size` bytes between two fences."""

    def __init__(self, size: int, content: bytes) -> None:
        self.size = size
        self._held = ctypes.create_string_buffer(FENCE + content.ljust(size, b"\0") + FENCE, size + 2 * len(FENCE))
        self.address = ctypes.addressof(self._held) + len(FENCE)

    def content(self, size: int) -> bytes:
        """Its first bytes. An AssertionError says that something was written outside."""
        raw = self._held.raw
        assert raw.startswith(FENCE), "written before the piece"
        assert raw.endswith(FENCE), "written behind the piece"
        return raw[len(FENCE) : len(FENCE) + size]


def run_fenced(experiment: Experiment, packet: Packet, memory: Memory | None = None) -> Outcome:
    """As the interpreter's `run`, with a copy of `memory`."""
    program, masks = experiment.program, experiment.guarding.masks
    data = Piece(packet_room(program.maximum) if masks else len(packet.data), packet.data)
    queue = Piece(experiment.queue.size, b"")
    regions = []
    for region in program.regions:
        cells = cells_to_bytes(region, (memory or {}).get(region.name, [0] * region.count))
        regions.append(Piece((room(region) if masks else region.count) * region.cell.bits // 8, cells))
    lease = (ctypes.c_void_p * (1 + len(regions)))(queue.address, *(piece.address for piece in regions))
    number, pointer = ctypes.c_uint32, ctypes.c_void_p
    entry = ctypes.CFUNCTYPE(number, pointer, number, number, pointer)(experiment.address)
    code = entry(data.address, len(packet.data), packet.wire_length, ctypes.addressof(lease))
    verdict = verdict_of(program, code)
    after = {
        region.name: cells_from_bytes(region, piece.content(region_size(region)))
        for region, piece in zip(program.regions, regions, strict=True)
    }
    sites = experiment.sites
    effects = effects_in(queue.content(queue.size), experiment.queue, sites) if verdict.keeps_effects else ()
    return Outcome(verdict, after, effects, data.content(len(packet.data)))
