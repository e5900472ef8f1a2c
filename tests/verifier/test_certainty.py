"""What no solver is asked about, it would have said too: on programs of every kind, and on ours."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from dlcode_dsl import Source, compile_source
from tests.verifier.certainty import KINDS, boundary_program, broken_proofs, contradicted

ROOT = Path(__file__).parents[2]
OURS = sorted([*(ROOT / "dlcode" / "examples").glob("*.ash"), *(ROOT / "tests" / "data" / "hard").glob("*.ash")])


def test_z3_says_so_too_of_all_that_is_certain_in_drawn_programs() -> None:
    counts = Counter[str]()
    programs = [*(kind(seed) for seed in range(8) for kind in KINDS), *map(boundary_program, range(8, 80))]
    assert [found for program in programs for found in contradicted(program, counts)] == []
    assert counts["agreed"] == counts["alone"] + counts["by path"]
    assert min(counts["alone"], counts["by path"]) > 100


def test_z3_says_so_too_of_all_that_is_certain_in_our_own_programs() -> None:
    counts = Counter[str]()
    for path in OURS:
        for program in compile_source(Source(path.name, path.read_text(encoding="utf-8"))).programs:
            for part in (program, *([] if program.on is None else [program.on])):
                assert contradicted(part, counts) == []
    assert counts["agreed"] == counts["alone"] + counts["by path"] > 400


def test_no_run_of_a_program_that_was_proved_at_the_boundary_faults() -> None:
    counts = Counter[str]()
    for seed in range(30):
        assert broken_proofs(boundary_program(seed), seed, counts, made=seed % 10 == 0) == []
    assert counts["proved"] > 5
