"""The tables of what proofs cost are written from the measurements and verdicts that stand beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.hard_programs_table import FIGURES, OTHERS, RESULTS, with_tables

DATA: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
HARD = Path(__file__).parents[1] / "data" / "hard"


def test_the_tables_in_docs_are_written_from_the_kept_measurements() -> None:
    document = FIGURES.read_text(encoding="utf-8")
    assert with_tables(document, DATA) == document, "python -m bench.hard_programs measures and writes anew"


def test_every_hard_program_was_measured_and_stands_beside_the_verdicts_of_others() -> None:
    names = {path.stem for path in HARD.glob("*.ash")}
    assert names == set(OTHERS["programs"])
    assert names <= DATA["typical"].keys() | DATA["hard"].keys()
    assert DATA["hard"].keys() == {name for name in names if name.startswith("h")}


def test_a_verdict_is_of_one_of_the_forms() -> None:
    for name, verdicts in OTHERS["programs"].items():
        for who in ("kernel", "prevail", "default"):
            assert len(verdicts[who]) == len(OTHERS["forms"]), name
            assert set(verdicts[who]) <= {"yes", "no", "hangs", "-"}, name


def test_what_is_not_written_was_accepted_before_by_the_kernel() -> None:
    for name, verdicts in OTHERS["programs"].items():
        assert ("-" in verdicts["kernel"]) == ("yes" in verdicts["kernel"][:2]), name
