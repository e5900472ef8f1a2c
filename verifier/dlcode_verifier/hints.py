"""What a certificate says of loops and accesses, as text and back again.

Kept are the invariants that were relied upon, why each loop ends, and how accesses lie.

Read back, it is a guess like those of the pre-analysis, in whose place it stands when a certificate is checked again.
Text that is none, which only a hand can have written, raises ValueError.

    3 * %i + -1 * extent(packet) + 0 <= 0          3 * %i + 1 multiple of 4          claim (%found or (%i == 0:u32))
    -1 * %i + 1 * extent(packet) + 0 falls by 1    … halves                          …, … falls by 1 (the first, or it
                                                                                     stays and the second falls)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Expression, Program, Type
from dlcode_dsl.core.parse import parse_expression
from dlcode_dsl.core.text import print_expression

from .alignment import MODULI, Alignment
from .congruence import Congruence
from .cost import Linear
from .facts import AtMostZero, Claimed, Fact, Guesses, LoopFacts, Measure, Multiple, Sum, sites
from .turns import LoopProof

_NAME = re.compile(r"%(\S+)")
_CONSTANT = re.compile(r"(\d+):u(\d+)")
_WIDENED = re.compile(r"widen\(%(\S+), u(\d+)\)")
_EXTENTS = {"extent(packet)": form.Extent("packet"), "extent(wire)": form.Extent("wire")}


@dataclass(frozen=True, slots=True)
class Hints:
    """What a file says of one program."""

    loops: Guesses = field(default_factory=dict)
    alignment: Mapping[int, Congruence] = field(default_factory=dict)


def saved(proofs: Sequence[LoopProof], alignment: Sequence[Alignment]) -> dict[str, Any]:
    """Of each loop and access what is kept: plain values, for a file."""
    facts = [[fact.access, fact.modulus, fact.remainder] for fact in alignment]
    return {"loops": _saved_loops(proofs), "alignment": facts}


def read_hints(program: Program, told: Any) -> Hints:
    """What was saved of a program. Raises ValueError for what `saved` never gave."""
    try:
        return Hints(guesses(program, told["loops"]), _alignment(told["alignment"]))
    except (KeyError, TypeError):
        raise ValueError("no facts of loops and accesses") from None


def _alignment(told: Any) -> dict[int, Congruence]:
    found = {}
    for access, modulus, remainder in told:
        if type(access) is not int or modulus not in MODULI or type(remainder) is not int:
            raise ValueError("no fact of an access")
        found[access] = Congruence(int(modulus), remainder % int(modulus))
    return found


def _saved_loops(proofs: Sequence[LoopProof]) -> list[dict[str, Any]]:
    return [
        {
            "loop": proof.site.number,
            "ends": proof.reason,
            "turns": str(proof.turns),
            "measure": None if proof.measure is None else show(proof.measure),
            "most": _saved_most(proof.most),
            "invariants": list(map(show, proof.invariants)),
        }
        for proof in proofs
    ]


def _saved_most(most: Linear | None) -> list[int] | None:
    """A bound. Of one by the length that is also capped, the cap: from it the proof comes back to both."""
    if most is None:
        return None
    return [most.constant, most.per_byte] if most.greatest is None else [most.greatest, 0]


def guesses(program: Program, loops: Any) -> Guesses:
    """The guesses that a file makes of loops. Raises ValueError for what `saved` never gave."""
    names, places, found = types(program), sites(program), {}
    try:
        for told in loops:
            site = places[told["loop"]]
            known = {**names, site.turns: form.U64, site.words: form.U64}
            facts = [read(text, program, known) for text in told["invariants"]]
            measures = [fact for fact in facts if isinstance(fact, Measure)]
            if told["measure"] is not None:
                measures.append(_measure(told["measure"], known))
            invariants = tuple(fact for fact in facts if not isinstance(fact, Measure))
            found[site.number] = LoopFacts(invariants, tuple(measures), _most(told["most"]))
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError):
        raise ValueError("no facts of loops") from None
    return found


def _most(told: Any) -> Sum | None:
    if told is None:
        return None
    constant, per_byte = map(int, told)
    return Sum(((per_byte, form.Extent("packet")),), constant)


def show(fact: Fact | Measure) -> str:
    """A fact or a measure as text."""
    match fact:
        case AtMostZero(sum):
            return f"{sum} <= 0"
        case Multiple(sum, modulus):
            return f"{sum} multiple of {modulus}"
        case Measure(parts, step, halves):
            return ", ".join(map(str, parts)) + (" halves" if halves else f" falls by {step}")
        case Claimed(condition):
            return f"claim {print_expression(condition)}"


def read(text: str, program: Program, names: Mapping[str, Type]) -> Fact | Measure:
    """The fact or measure of a text. Raises ValueError."""
    if text.startswith("claim "):
        return Claimed(parse_expression(text.removeprefix("claim "), program, names))
    if text.endswith(" <= 0"):
        return AtMostZero(_sum(text.removesuffix(" <= 0"), names))
    sum, word, modulus = text.partition(" multiple of ")
    if word:
        return Multiple(_sum(sum, names), int(modulus))
    return _measure(text, names)


def _measure(text: str, names: Mapping[str, Type]) -> Measure:
    parts, word, step = text.partition(" falls by ")
    if not word:
        parts = text.removesuffix(" halves")
    made = tuple(_sum(part, names) for part in parts.split(", "))
    return Measure(made, int(step) if word else 1, not word)


def _sum(text: str, names: Mapping[str, Type]) -> Sum:
    *parts, constant = text.split(" + ")
    made = []
    for part in parts:
        coefficient, _, atom = part.partition(" * ")
        made.append((int(coefficient), _atom(atom, names)))
    return Sum(tuple(made), int(constant))


def _atom(text: str, names: Mapping[str, Type]) -> Expression:
    if text in _EXTENTS:
        return _EXTENTS[text]
    if (name := _NAME.fullmatch(text)) is not None:
        return form.Variable(name[1], names[name[1]])
    if (constant := _CONSTANT.fullmatch(text)) is not None:
        return form.Constant(int(constant[1]), Type(int(constant[2])))
    if (widened := _WIDENED.fullmatch(text)) is not None and widened[1] in names:
        return form.Convert("widen", form.Variable(widened[1], names[widened[1]]), Type(int(widened[2])))
    raise ValueError(f"{text} is no term of a sum")


def types(program: Program) -> dict[str, Type]:
    """The type of each name that a program binds."""
    found = dict(_bound(program, program.body))
    for pipe in program.pipes:
        found |= {state.name: state.initial.type for state in pipe.states}
    return found


def _bound(program: Program, body: Body) -> Iterator[tuple[str, Type]]:
    for statement in body:
        match statement:
            case form.Let(name, value):
                yield name, value.type
            case form.Read(name, type):
                yield name, type
            case form.Copy():
                for pipe in map(program.pipe, statement.through):
                    if pipe.finish is not None:
                        yield f"{statement.result}.{pipe.name}", pipe.finish.type
        for inner in bodies(statement):
            yield from _bound(program, inner)
