"""Images of programs without a proof: for what the tests make up by the thousand, and only run where nothing faults."""

from __future__ import annotations

from typing import cast
from unittest.mock import patch

from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.form import LONGEST_FRAME, Program
from dlcode_jit.abi import QueueLayout
from dlcode_jit.host import HostImage, host_image
from dlcode_jit.r3000.image import MipsCode, mips_code
from dlcode_verifier import Certificate

QUEUE = QueueLayout(4, LONGEST_FRAME)
"""Room for what the programs of these tests send."""


def unproved_host_image(program: Program) -> HostImage:
    """Host code of a program past the gate. Where the interpreter faults, its behaviour is undefined."""
    assert_well_formed(program)
    with patch("dlcode_jit.host.admitted", lambda given: (given, QUEUE, ())):
        return host_image(cast("Certificate", program))


def unproved_mips_code(programs: list[Program]) -> list[MipsCode]:
    """The same for the R3000, with the checks of images."""
    for program in programs:
        assert_well_formed(program)
    with patch("dlcode_jit.r3000.image.admitted", lambda given: (given, QUEUE, ())):
        return list(mips_code(cast("list[Certificate]", programs)))
