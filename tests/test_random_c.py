"""Random C programs here; the command `python -m tests.random_c 150` compares more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.c_programs import program
from tests.random_c import compare

PROGRAMS = 20


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_random_c_program_does_the_same_under_qemu_and_on_the_machine(seed: int, tmp_path: Path) -> None:
    """Output and exit status, at every level of optimisation and on every model; and both engines, in every cycle."""
    assert compare(seed, tmp_path) > 1000


def test_a_program_is_the_same_whenever_it_is_made() -> None:
    assert program(7) == program(7) != program(8)
