"""How often a loop turns: candidates for a bound, and the bound that was proved.

A loop's measure is at least 0 whenever a turn begins and falls by its step with each, so turns begin at most once more
than the step goes into what it was at first. What it was at first is bounded by candidates, each of which the solver
proves or not; the least at the longest packet comes first, and the last is true of the types alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from dlcode_dsl.core import form
from dlcode_dsl.core.form import LONGEST_FRAME, Program

from .conditions import Conditions
from .cost import Linear, Turns, words
from .facts import Fact, Guesses, Measure, Site, Sum, sites
from .loops import Candidate, Ending, Trial
from .ranges import ranges
from .sums import Total
from .task import Claim, Way

THRESHOLDS = (4, 16, 64, 256, 1024, 4096, 65536)
"""Bounds that are tried where nothing better is known, alone and above the packet's length."""


_BY_LENGTH = (Linear(0, 1), Linear(16, 1))
"""Bounds by the packet's length alone, for what cannot be more than it and what begins a little before."""

Ended = Sequence[tuple[int, int] | None]
"""Of each loop that was asked about, the way that was proved, and which of its bounds."""


@dataclass(frozen=True, slots=True)
class LoopProof:
    """Why a loop ends, and after how many turns, each time that it is come to."""

    site: Site
    reason: str  # "measure", "decreases", "limit", "words", "once": no turn is ever completed, or "unreached"
    turns: Turns
    measure: Measure | None = None
    most: Linear | None = None  # what the measure's one part is at most
    invariants: tuple[Fact | Measure, ...] = ()  # what was relied upon at its head


def several(most: tuple[Linear, ...], maximum: int) -> Turns:
    """Turns of a lexicographic measure whose parts are never above `most`."""
    return Turns(Linear(prod(_upwards(part).at(maximum) + 1 for part in most) - 1))


def halving(most: Linear, maximum: int) -> Turns:
    """Turns of a measure that is at least 1 and comes to at most half with each."""
    return Turns(Linear(_upwards(most).at(maximum).bit_length() - 1))


class Loops:
    """The loops of a program: the ways to show that each ends, with bounds to try, and what is proved by which."""

    def __init__(self, program: Program, what: Conditions, guesses: Guesses) -> None:
        self.program, self.terms, self.maximum = program, what.terms, program.maximum
        self.without: list[LoopProof] = []  # of loops that need no measure
        self.asked: list[list[Way]] = []
        self.answers: list[tuple[Site, list[list[LoopProof]]]] = []
        reached = {ending.site.number: ending for ending in what.endings}
        self.known = ranges(what.terms.rows, program.maximum) if any(one.trials for one in what.endings) else []
        for site in sites(program):
            ending = reached.get(site.number)
            certain = self.certain(site, ending)
            if certain is not None:
                self.without.append(certain)
                continue
            assert ending is not None
            facts = guesses.get(site.number)
            most = None if facts is None or facts.most is None else linear(facts.most)
            ways = [self.way(site, trial, most) for trial in ending.trials if trial.starts]
            self.asked.append([way for way, _ in ways])
            self.answers.append((site, [proofs for _, proofs in ways]))

    def certain(self, site: Site, ending: Ending | None) -> LoopProof | None:
        """What is known of a loop that needs no measure to end."""
        if ending is None:
            return LoopProof(site, "unreached", Turns(Linear(-1)))
        if isinstance(site.node, form.Copy):
            assert site.pipe is not None
            return LoopProof(site, "words", words(self.program, site.node, site.pipe))
        if site.node.limit is not None:
            return LoopProof(site, "limit", Turns(Linear(site.node.limit - 1)))
        return None if ending.completes else LoopProof(site, "once", Turns(Linear(0)))

    def proofs(self, ended: Ended, kept: Sequence[Candidate]) -> tuple[LoopProof, ...]:
        """Of each loop, in the order of the program's text, why it ends, and what was relied upon; all of them end."""
        found = list(self.without)
        for choice, (_, ways) in zip(ended, self.answers, strict=True):
            assert choice is not None
            way, bound = choice
            found.append(ways[way][bound])
        facts: dict[int, list[Fact | Measure]] = {}
        for candidate in kept:
            facts.setdefault(candidate.site.number, []).append(candidate.fact)
        found = [replace(proof, invariants=tuple(facts.get(proof.site.number, ()))) for proof in found]
        return tuple(sorted(found, key=lambda proof: proof.site.number))

    def endless(self, ended: Ended) -> list[Site]:
        """The loops of which it was not shown that they end."""
        return [site for choice, (site, _) in zip(ended, self.answers, strict=True) if choice is None]

    def way(self, site: Site, trial: Trial, guessed: Linear | None) -> tuple[Way, list[LoopProof]]:
        """One way: with each bound from above, the parts' least value at a turn from the greatest down."""
        bounds, proofs = [], []
        reason = "decreases" if trial.measure is None else "measure"
        for most in self.options(trial, guessed):
            for least in self.least(trial):
                bounds.append(self.claims(trial, most, least))
                turns = self.turns(trial.measure, most, least)
                proofs.append(LoopProof(site, reason, turns, trial.measure, most[0] if len(most) == 1 else None))
        return (trial.claims, bounds), proofs

    def least(self, trial: Trial) -> list[int]:
        if trial.measure is not None and (trial.measure.halves or len(trial.measure.parts) > 1):
            return [0]
        step = 1 if trial.measure is None else trial.measure.step
        return sorted({step, 1, 0}, reverse=True)

    def turns(self, measure: Measure | None, most: tuple[Linear, ...], least: int) -> Turns:
        if len(most) > 1:
            return several(most, self.maximum)
        if measure is not None and measure.halves:
            return halving(most[0], self.maximum)
        upper = _upwards(most[0])
        greatest = None if upper.greatest is None else upper.greatest - least
        fewer = Linear(upper.constant - least, upper.per_byte, greatest)
        return Turns(fewer, 1 if measure is None else measure.step)

    def claims(self, trial: Trial, most: tuple[Linear, ...], least: int) -> list[Claim]:
        """That the parts are not above `most` where the trial says, and not below `least` where a turn begins."""
        upper = [
            (path, self.at_most(part, one))
            for path, parts in trial.starts
            for part, bound in zip(parts, most, strict=True)
            for one in (bound, *([] if bound.greatest is None else [Linear(bound.greatest)]))
        ]
        if least == 0:
            return upper
        return upper + [(path, part.at_least(self.terms, least)) for path, parts in trial.turns for part in parts]

    def at_most(self, part: Total, bound: Linear) -> int:
        length = Total(((bound.per_byte, self.terms.make("length", 32)),))
        return part.plus(length, -1).at_most(self.terms, bound.constant)

    def options(self, trial: Trial, guessed: Linear | None) -> list[tuple[Linear, ...]]:
        """Candidates for what the parts never are above."""
        ends = [self.by_ranges(tuple(parts[place] for _, parts in trial.starts)) for place in range(_width(trial))]
        if len(ends) > 1:
            return [tuple(options[0] for options in ends), tuple(options[-1] for options in ends)]
        found = [*ends[0], *([] if guessed is None else [guessed])]
        if min(option.at(self.maximum) for option in found) > max(THRESHOLDS[-1], self.maximum):
            found += [Linear(limit) for limit in THRESHOLDS] + [Linear(limit, 1) for limit in (0, *THRESHOLDS)]
        found.sort(key=lambda option: (option.at(self.maximum), option.at(0)))
        return [(option,) for one in dict.fromkeys(found) for option in self.with_length(one)]

    def with_length(self, bound: Linear) -> list[Linear]:
        """A bound, and before it, where it is far above the usual packet's length, that by the length as well."""
        if bound.per_byte or not LONGEST_FRAME < bound.constant < self.maximum:
            return [bound]
        return [*(replace(option, greatest=bound.constant) for option in _BY_LENGTH), bound]

    def by_ranges(self, parts: tuple[Total, ...]) -> list[Linear]:
        """Bounds of a sum by the ranges of its terms, with the packet's length as it is; the last by types alone."""
        exact, typed = Linear(0), Linear(0)
        for number, part in enumerate(parts):
            here = self.upper(part, by_type=False), self.upper(part, by_type=True)
            exact, typed = here if number == 0 else (_larger(exact, here[0]), _larger(typed, here[1]))
        return [exact, typed]

    def upper(self, part: Total, *, by_type: bool) -> Linear:
        constant, per_byte = part.constant, 0
        for by, term in part.parts:
            row, known = self.terms.rows[term], self.known[term]
            if row[0] == "length":
                per_byte += by
                continue
            value = self.terms.value(term)
            low, high = (0, (1 << row[1]) - 1) if by_type else (known.low, known.high)
            if value is not None:
                low = high = value
            constant += by * (high if by > 0 else low)
        return Linear(constant, per_byte)


def linear(sum: Sum) -> Linear | None:
    """A guessed bound over constants, packet and wire; None for one over anything else."""
    constant, per_byte = sum.constant, 0
    for by, atom in sum.parts:
        match atom:
            case form.Extent("packet"):
                per_byte += by
            case form.Extent("wire"):
                constant += max(by, 0) * ((1 << 32) - 1)
            case form.Constant(value):
                constant += by * value
            case _:
                return None
    return Linear(constant, per_byte)


def _upwards(most: Linear) -> Linear:
    """At least as much for every length, and nowhere so little that there would be fewer turns than none."""
    greatest = None if most.greatest is None else max(most.greatest, 0)
    return Linear(max(most.constant, 0), max(most.per_byte, 0), greatest)


def _larger(left: Linear, right: Linear) -> Linear:
    return Linear(max(left.constant, right.constant), max(left.per_byte, right.per_byte))


def _width(trial: Trial) -> int:
    return len(trial.starts[0][1])
