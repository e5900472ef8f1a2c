"""Packets that a solver makes to come to places that random ones seldom see: a program's ends, and its loops' turns.

Such a place is made a claim that fails, and the verifier asked: whatever packet it refutes that with comes there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from dlcode_dsl.core import form
from dlcode_dsl.core.form import BOOL, U64, Body, Program, Statement
from dlcode_dsl.core.interpret import Packet
from dlcode_verifier import Options, Refuted, verify

Input = tuple[Packet, dict[str, list[int]]]


def reaching_ends(program: Program, options: Options | None = None) -> Iterator[Input]:
    """Packets, with memory, that come to ends of the program: one for each end that the solver finds a way to."""

    def end(one: Statement) -> Iterable[Statement]:
        if isinstance(one, form.Exit):
            return form.Check("assertion", form.Constant(0, BOOL)), one
        return (one,)

    return _witnesses(replace(program, body=_changed(program.body, end)), options)


def reaching_turn(program: Program, turn: int, options: Options | None = None) -> Iterator[Input]:
    """Packets, with memory, on which loops of the program begin their turn of that number, from 1."""
    count = 0

    def counted(one: Statement) -> Iterable[Statement]:
        nonlocal count
        if not isinstance(one, form.Loop):
            return (one,)
        name = f"turns of {count}"
        count += 1
        turns = form.Variable(name, U64)
        more = form.Assign(name, form.Binary("+%", turns, form.Constant(1, U64)))
        claim = form.Check("assertion", form.Compare("!=", turns, form.Constant(turn, U64)))
        return form.Let(name, form.Constant(0, U64), True), replace(one, body=(more, claim, *one.body))

    return _witnesses(replace(program, body=_changed(program.body, counted)), options)


def _witnesses(claimed: Program, options: Options | None) -> Iterator[Input]:
    answer = verify(replace(claimed, on=None, budget=None), options=options)
    if isinstance(answer, Refuted):
        for one in answer.refutations:
            yield one.witness.packet, {name: list(cells) for name, cells in one.witness.memory.items()}


def _changed(body: Body, change: Callable[[Statement], Iterable[Statement]]) -> Body:
    """A body with each statement changed, those inside it first."""
    return tuple(made for one in body for made in change(_inside(one, change)))


def _inside(one: Statement, change: Callable[[Statement], Iterable[Statement]]) -> Statement:
    match one:
        case form.If(_, then, otherwise):
            return replace(one, then=_changed(then, change), otherwise=_changed(otherwise, change))
        case form.Block(_, inner):
            return replace(one, body=_changed(inner, change))
        case form.Read(_, _, _, otherwise) if otherwise is not None:
            return replace(one, otherwise=_changed(otherwise, change))
        case form.Loop():
            past = None if one.exhausted is None else _changed(one.exhausted, change)
            return replace(one, head=_changed(one.head, change), body=_changed(one.body, change), exhausted=past)
    return one
