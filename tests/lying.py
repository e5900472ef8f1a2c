"""Guesses of loops that need not be so: what a verifier must not be fooled by, whatever it is told to try."""

from __future__ import annotations

import random

from dlcode_dsl.core import form
from dlcode_dsl.core.form import U32, U64, Expression, Program
from dlcode_verifier.facts import AtMostZero, Claimed, Fact, Guesses, LoopFacts, Measure, Multiple, Site, Sum, sites
from dlcode_verifier.hints import types
from dlcode_verifier.preanalysis import guesses


def lying_guesses(program: Program, seed: int) -> Guesses:
    """For each loop random facts and measures over the program's names, and mostly what the pre-analysis says too."""
    rng, found = random.Random(f"lies {seed}"), {}
    honest = guesses(program)
    for site in sites(program):
        atoms = _atoms(program, site)
        lies = [_fact(rng, atoms) for _ in range(rng.randrange(1, 5))]
        measures = [_measure(rng, atoms) for _ in range(rng.randrange(3))]
        known = honest.get(site.number, LoopFacts()) if rng.random() < 0.8 else LoopFacts()
        most = Sum((), rng.choice((-1, 0, 1, 5))) if rng.random() < 0.3 else known.most
        found[site.number] = LoopFacts(
            tuple(dict.fromkeys((*lies, *known.invariants))), tuple(dict.fromkeys((*measures, *known.measures))), most
        )
    return found


def _atoms(program: Program, site: Site) -> list[Expression]:
    names = [form.Variable(name, type) for name, type in types(program).items() if type.bits]
    own = [form.Variable(site.turns, U64), *([form.Variable(site.words, U64)] if site.pipe else [])]
    return [*names, *own, form.Extent("packet"), form.Extent("wire")]


def _sum(rng: random.Random, atoms: list[Expression]) -> Sum:
    parts = tuple(
        (rng.choice((1, -1, 1, -1, 2, 7)), atom) for atom in rng.sample(atoms, rng.randrange(min(3, len(atoms))))
    )
    return Sum(parts, rng.choice((0, 1, -1, 5, -5, 255, -1514, 1 << 32, rng.randrange(-99, 99))))


def _fact(rng: random.Random, atoms: list[Expression]) -> Fact:
    match rng.randrange(5):
        case 0:
            return Multiple(_sum(rng, atoms), rng.choice((1, 2, 3, 4, 256)))
        case 1:
            words = [atom for atom in atoms if atom.type == U32]
            left, right = rng.choice(words), rng.choice(words)
            less = form.Binary(rng.choice(("-", "+", "+%")), left, form.Constant(1, U32))
            return Claimed(form.Compare(rng.choice(("<", "<=", "==", "!=")), less, right))
    return AtMostZero(_sum(rng, atoms))


def _measure(rng: random.Random, atoms: list[Expression]) -> Measure:
    parts = tuple(_sum(rng, atoms) for _ in range(rng.choice((1, 1, 2))))
    return Measure(parts, rng.choice((-1, 0, 1, 1, 2)), rng.random() < 0.2)
