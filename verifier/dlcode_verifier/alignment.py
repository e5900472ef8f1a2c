"""Alignment facts: what offsets of packet accesses are modulo 2 or 4 on every run, for code that may trap otherwise.

They are wanted, not needed: no program is refused for one that isn't proved. What follows from how an offset is
computed is read off its term, by identities alone (`congruence`), so that a program without loops pays nothing. Where
an offset depends on what a loop has done, the facts that are tried at the loop's head say what to guess, and the solver
shows the guess or it is dropped. A file's guess is treated alike.

The solver is asked when all goals are proved and all loops end, and may assume the goals. Take a run and the moment of
an access. The goals that the run has come to hold, as it was proved; of those that it comes to later, in later loops
too, the same is true with the values that it has then, and where it never comes, paths are false. So some model has the
run's values and all goals, and where no model of all goals breaks the claim, the run does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Expression, Program

from .conditions import Conditions
from .congruence import BY_CONSTANT, OPERATORS, UNKNOWN, WORD, Congruence, exactly
from .obligations import Node
from .task import Claim, Way
from .terms import Row, Term, Terms

Operand = Literal["offset", "count", "index"]

MODULI = (WORD, 2)
"""What is tried, the stronger first."""


@dataclass(frozen=True, slots=True)
class Access:
    """An operand, computed at run time, that says where in packet or region bytes are taken or put, or how many.

    `number` counts them in the order of the text.
    """

    number: int
    node: Node
    operand: Operand
    value: Expression


@dataclass(frozen=True, slots=True)
class Alignment:
    """A fact: the operand of an access is `remainder` modulo `modulus`, 2 or 4, whenever it is accessed."""

    access: int
    modulus: int
    remainder: int

    @property
    def congruence(self) -> Congruence:
        """What it says of the operand."""
        return Congruence(self.modulus, self.remainder)


def accesses(program: Program) -> tuple[Access, ...]:
    """The accesses of a program whose operands are no constants."""
    found = (one for one in _operands(program.body) if not isinstance(one[2], form.Constant))
    return tuple(Access(number, *one) for number, one in enumerate(found))


def _operands(body: Body) -> Iterator[tuple[Node, Operand, Expression]]:
    for statement in body:
        match statement:
            case form.Read(offset=offset) | form.Rewrite(offset=offset):
                yield statement, "offset", offset
            case form.Copy(offset, count, _, index):
                yield statement, "offset", offset
                yield statement, "count", count
                yield statement, "index", index
            case form.Send(pieces=pieces):
                for piece in pieces:
                    if isinstance(piece, form.PacketBytes):
                        yield piece, "offset", piece.offset
                        yield piece, "count", piece.count
        for inner in bodies(statement):
            yield from _operands(inner)


class Alignments:
    """The accesses of a program: what is certain of each, what is asked, and what comes of the answers."""

    def __init__(self, program: Program, what: Conditions, hints: Mapping[int, Congruence] | None) -> None:
        self.asked: list[list[Way]] = []
        self.certain: dict[int, Congruence] = {}
        self.guessed: list[tuple[int, list[Congruence]]] = []
        terms = what.terms
        reached = [(one, claims) for one in accesses(program) if (claims := what.accesses.get(key_of(one), ()))]
        roots = [term for _, claims in reached for _, term in claims]
        certain = congruences(terms.rows, roots, {})
        heads = said_of_unknowns(terms.rows) if hints is None and not what.is_exact else {}
        likely = congruences(terms.rows, roots, heads) if heads else certain
        for access, claims in reached:
            here = self.certain[access.number] = _common(certain[term] for _, term in claims)
            guess = _common(likely[term] for _, term in claims)
            if hints is not None:
                guess = hints.get(access.number, UNKNOWN)
            options = [guess.modulo(modulus) for modulus in MODULI if here.modulus < modulus <= guess.modulus]
            if options:
                self.guessed.append((access.number, options))
                self.asked.append([(_claims(terms, claims, option), [[]]) for option in options])

    def facts(self, shown: Sequence[tuple[int, int] | None] = ()) -> tuple[Alignment, ...]:
        """What is known of the accesses, where `shown` has the way that was proved of each that was asked about."""
        found = dict(self.certain)
        for choice, (access, options) in zip(shown, self.guessed, strict=False):
            if choice is not None:
                found[access] = options[choice[0]]
        return tuple(
            Alignment(access, one.modulus, one.remainder) for access, one in sorted(found.items()) if one.modulus > 1
        )


def key_of(access: Access) -> tuple[int, Operand]:
    """What an access is known by while its program is there."""
    return id(access.node), access.operand


def _common(parts: Iterable[Congruence]) -> Congruence:
    return reduce(Congruence.joined, parts)


def _claims(terms: Terms, claims: Sequence[Claim], said: Congruence) -> list[Claim]:
    """That the operand is as said wherever it is used: in several places, if its statement stands in several."""
    return [(path, terms.multiple([(1, term)], -said.remainder, said.modulus)) for path, term in claims]


def said_of_unknowns(rows: Sequence[Row]) -> dict[Term, Congruence]:
    """What is tried of numbers at the heads of loops: guesses, whichever of them are proved."""
    found: dict[Term, Congruence] = {}
    for row in rows:
        if row[0] == "multiple" and len(row) == 6 and row[4] in ((1,), (-1,)) and rows[row[5]][0] == "any":
            said = exactly(-row[3] * row[4][0]).modulo(row[2])
            found[row[5]] = max(said, found.get(row[5], UNKNOWN), key=lambda one: one.modulus)
    return found


def congruences(rows: Sequence[Row], roots: Iterable[Term], known: Mapping[Term, Congruence]) -> dict[Term, Congruence]:
    """What follows of terms, if what is `known` holds of some."""
    found, waiting = dict(known), list(roots)
    while waiting:
        term = waiting[-1]
        missing = [part for part in _parts(rows, rows[term]) if part not in found] if term not in found else []
        if missing:
            waiting += missing
        else:
            waiting.pop()
            if term not in found:
                found[term] = _rule(rows, rows[term], found)
    return found


def _parts(rows: Sequence[Row], row: Row) -> tuple[Any, ...]:
    """The terms on which the congruence of a row depends."""
    operation = row[0]
    if row[1] < 2 or operation == "constant":  # arithmetic of one bit wraps at 2, which 4 does not divide
        return ()
    if operation in OPERATORS:
        return row[2:4]
    if operation == "choose":
        return row[3:5]
    if operation in ("widen", "narrow", "truncate") or (operation in BY_CONSTANT and rows[row[3]][0] == "constant"):
        return row[2:3]
    return ()


def _rule(rows: Sequence[Row], row: Row, found: Mapping[Term, Congruence]) -> Congruence:
    operation, parts = row[0], [found[part] for part in _parts(rows, row)]
    if operation == "constant":
        return exactly(row[2])
    if not parts:
        return UNKNOWN
    if operation in OPERATORS:
        return OPERATORS[operation](*parts)
    if operation in BY_CONSTANT:
        return BY_CONSTANT[operation](parts[0], rows[row[3]][2])
    return _common(parts)
