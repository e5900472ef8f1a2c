"""The pre-analysis: guesses at what holds at the heads of loops, and at why they end.

Nothing that comes from here is relied upon: the solver shows each guess, or it is dropped. So the rules here are plain
rather than safe, and what they are judged by is how many guesses hold, how few are needless, and how soon they are
there. `guesses(program)` is all that the rest of the verifier uses.

    zones        bounds between values          state       what is known at a place, and where two ways meet
    values       values by number, operators    heads       what holds at a loop's head, weakened until it lasts
    expressions  values and conditions          walk        the way through a program, loops until nothing changes
    scope        a program's names and loops    names       from symbols back to the program's words
    candidates   invariants to try              measures    measures to try
    motion       how a loop's numbers move together
"""

from __future__ import annotations

from dlcode_dsl.core.form import Program

from ..facts import Guesses, LoopFacts, sites
from .candidates import Candidates
from .measures import measures
from .motion import motions
from .names import words_of
from .walk import Walk

__all__ = ["guesses"]


def guesses(program: Program) -> Guesses:
    """Facts to try at each loop of a well-formed program that can be reached; nothing for one without loops."""
    places = sites(program)
    if not places:
        return {}
    walk = Walk(program, places)
    walk.body(program.body, walk.start())
    found: Guesses = {}
    candidates, moves = Candidates(walk.scope, walk.values), motions(walk.seen, walk.values)
    for site in places:
        seen = walk.seen.get(site.number)
        if seen is None:
            continue
        words = words_of(site, seen, walk.scope)
        ends, most = measures(site, seen, words, program.maximum)
        found[site.number] = LoopFacts(candidates.of(site, seen, words, moves[site.number]), ends, most)
    return found
