"""Mistakes that are made by a tool, not chosen: each is refused with what shows it, or is safe for a reason.

Every mutant is tried by `python -m tests.mutation`; here, one of so many.
"""

from __future__ import annotations

from dlcode_dsl import Source
from tests.mutation import EXAMPLES, HARD, fates, mutants

EVERY = 61


def test_the_tool_makes_more_mutants_than_anybody_would_write() -> None:
    made = [str(one) for path in (*EXAMPLES, *HARD) for one in mutants(Source(str(path), path.read_text("utf-8")))]
    assert len(made) >= 500
    assert len({one.split(":")[1].split(" ", 1)[1] for one in made}) >= 10


def test_a_mutant_is_refused_with_what_shows_it_or_never_faults() -> None:
    found = list(fates((*EXAMPLES, *HARD), EVERY))
    assert [f"{fate.mutant}: {fate.wrong}" for fate in found if fate.wrong] == []
    answers = {fate.answer.split()[0] for fate in found}
    assert answers >= {"refuted", "accepted"}
    assert all(fate.reason for fate in found if fate.answer == "accepted")
