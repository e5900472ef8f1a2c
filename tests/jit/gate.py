"""Images of programs without a proof: for what the tests make up by the thousand, and only run where nothing faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from unittest.mock import patch

from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.form import LONGEST_FRAME, Program
from dlcode_jit.abi import QueueLayout
from dlcode_jit.host import HostImage, host_image
from dlcode_jit.layouts import PLAIN, Layout
from dlcode_jit.r3000.image import MipsCode, mips_code
from dlcode_verifier import Certificate, Effects, Linear, LoopProof, Turns
from dlcode_verifier.facts import sites

QUEUE = QueueLayout(4, LONGEST_FRAME)
"""Room for what the programs of these tests send."""


def unproved_host_image(program: Program) -> HostImage:
    """Host code of a program past the gate. Where the interpreter faults, its behaviour is undefined."""
    assert_well_formed(program)
    with patch("dlcode_jit.host.admitted", lambda given: (given, QUEUE, ())):
        return host_image(cast("Certificate", program))


def unproved_mips_code(
    programs: list[Program], layout: Layout = PLAIN, turns: Mapping[int, Turns] | None = None
) -> list[MipsCode]:
    """The same for the R3000, with the checks of images, and with so many turns of loops as the caller says."""
    for program in programs:
        assert_well_formed(program)
    given = [_Unproved(program, turns or {}) for program in programs]
    with patch("dlcode_jit.r3000.image.admitted", lambda one: (one.program, QUEUE, ())):
        return list(mips_code(cast("list[Certificate]", given), layout))


@dataclass(frozen=True)
class _Unproved:
    """In a certificate's place: a program, with turns of its loops that nobody has proved, by the nodes' identity."""

    program: Program
    turns: Mapping[int, Turns]

    @property
    def effects(self) -> Effects:
        """As a certificate's."""
        return Effects(QUEUE.entries, QUEUE.entries, QUEUE.entries, QUEUE.capacity)

    @property
    def loops(self) -> tuple[LoopProof, ...]:
        """As a certificate's."""
        return tuple(
            LoopProof(site, "seen", self.turns.get(id(site.node), Turns(Linear(-1))))
            for site in sites(self.program)
        )
