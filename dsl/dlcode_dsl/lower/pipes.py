"""Pipes: what is done to each word of a copy on its way.

A pipe sees its words and its states, and nothing of the packet or of owned memory, so that one loop over the bytes can
do all pipes of a copy at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from .. import codes
from ..constants import evaluate, literal_of
from ..core import form
from ..core.check import GAUGES, bodies
from ..core.form import Body, Expression
from ..diagnostics import Diagnostic, diagnostic
from ..module import Module, extent
from ..syntax import tree
from ..syntax.lines import DEEPEST
from ..types import ValueType, value_type
from ..wrong import unknown, wrong
from . import fold, values
from .emit import LARGEST_PROGRAM, Emitter, TooLarge
from .names import Local
from .statements import Statements

_ATTRIBUTES: dict[str, Literal["commutative", "readonly"]] = {"commutative": "commutative", "readonly": "readonly"}

LARGEST_FINISH = 1000
"""Most nodes of what a pipe finishes with, which is one expression, with its names written out."""


def lower_pipe(module: Module, declared: tree.Pipe, emitter: Emitter) -> tuple[form.Pipe | None, list[Diagnostic]]:
    """The core pipe of a declaration, whose names nothing else of the emitter's program has; what is wrong with it.

    Raises TooLarge as the emitter does.
    """
    if extent(declared, module.calls).depth > DEEPEST:
        help = "with what it calls written out"
        return None, [diagnostic(codes.TOO_DEEP, declared.name.span, help, limit=DEEPEST)]
    lower = PipeLowering(module, declared, emitter)
    made = None
    with lower.recovering():
        made = lower.lowered()
    return (made, lower.warnings) if not lower.found else (None, lower.found + lower.warnings)


class PipeLowering(Statements):
    """One pipe on its way to the core form."""

    def __init__(self, module: Module, declared: tree.Pipe, emitter: Emitter) -> None:
        super().__init__(module, link="ethernet")  # no matter which: a pipe that reads a packet is refused
        self.declared = declared
        self.emitter = emitter
        self.found: list[Diagnostic] = []
        self.gauge = value_type(declared.word.type.name.text)

    def lowered(self) -> form.Pipe:
        """The core pipe. Raises Wrong, or notes what is wrong."""
        declared, gauge = self.declared, self._gauge()
        emits = [statement for statement in declared.body if isinstance(statement, tree.Emit)]
        if len(emits) != 1:
            remark = f"it emits {len(emits)} times" if emits else "nothing is emitted"
            place = emits[1].span if emits else declared.name.span
            raise wrong(codes.BAD_PIPE, place, remark, help="a pipe has one `emit`, in no `if`")
        word = self.emitter.fresh(declared.word.name.text)
        states = [self._state(state) for state in declared.states]
        kept = dict(self.names)
        self.declare(declared.word.name, Local(gauge, form.Variable(word, gauge.core), mutable=False))
        with self.emitter.apart() as body:
            self.statements(declared.body)
        for statement in _within(body):
            if not isinstance(statement, form.Let | form.Assign | form.If | form.Emit):
                raise wrong(codes.BAD_PIPE, statement.span, "a pipe computes with its words and states alone")
        self.names = kept  # the last word is gone
        finish = None if declared.finish is None else self._finish(declared.finish)
        return form.Pipe(
            declared.name.text, word, gauge.core, self._attributes(), tuple(states), tuple(body), finish,
            span=declared.span,
        )  # fmt: skip

    def _gauge(self) -> ValueType:
        word, returns = self.declared.word.type, self.declared.returns
        gauge = value_type(word.name.text)
        if gauge is None or gauge.core not in GAUGES or not gauge.numeric or word.count or word.optional:
            raise unknown("gauge of a pipe", word.name, [str(gauge) for gauge in GAUGES])
        if returns.name.text != word.name.text or returns.count or returns.optional:
            raise wrong(codes.WRONG_TYPE, returns.span, "a pipe gives words of the width that it takes",
                        found=returns.span.text, wanted=word.name)  # fmt: skip
        return gauge

    def _attributes(self) -> tuple[Literal["commutative", "readonly"], ...]:
        for name in self.declared.attributes:
            if name.text not in _ATTRIBUTES:
                raise unknown("attribute of a pipe", name, _ATTRIBUTES)
        return tuple(dict.fromkeys(_ATTRIBUTES[name.text] for name in self.declared.attributes))

    def _state(self, state: tree.State) -> form.PipeState:
        type = value_type(state.type.name.text)
        if type is None or state.type.count is not None or state.type.optional or not type.numeric:
            raise unknown("type of a state", state.type.name, ("u8", "u16", "u32", "u64"))
        initial = literal_of(evaluate(state.initial, self.module.constants), type)
        name = self.emitter.state(state.name.text, type.core)
        self.declare(state.name, Local(type, name, mutable=True))
        return form.PipeState(name.name, fold.constant(initial, type.core))

    def _finish(self, written: tree.Expression) -> Expression:
        """What the pipe finishes with: one expression, so that what an inlined function names is written out."""
        with self.emitter.apart() as body:
            answer = values.settled(self.value(written, None)).core
        named: dict[str, Expression] = {}
        for statement in body:
            if not isinstance(statement, form.Let) or statement.mutable:
                raise wrong(codes.BAD_PIPE, written.span, "what a pipe finishes with is one expression")
            named[statement.name] = _written_out(statement.value, named)
            if fold.size(named[statement.name]) > LARGEST_FINISH:
                raise wrong(codes.BAD_PIPE, written.span, "what a pipe finishes with is too large")
        return _written_out(answer, named)

    # ---- statements

    def statement(self, statement: tree.Statement, last: bool) -> bool:
        match statement:
            case tree.Emit(value):
                assert self.gauge is not None
                emitted = values.converted(self.value(value, None), self.gauge)
                self.emitter.emit(form.Emit(emitted, span=statement.span))
                return False
            case tree.Let() | tree.Assign() | tree.If():
                return super().statement(statement, last)
        raise wrong(codes.BAD_PIPE, statement.span, "a pipe names, assigns, chooses with `if` and emits")

    def end(self, statement: tree.Return | tree.Verdict | tree.Evaluate, last: bool) -> None:
        raise AssertionError("a pipe has no such statement")

    def effect(self, statement: tree.Send | tree.Wake) -> None:
        raise AssertionError("a pipe has no such statement")

    def leaving(self, alternative: tree.Expression | tree.Verdict) -> Body | None:
        if isinstance(alternative, tree.Verdict):
            raise wrong(codes.BAD_PIPE, alternative.span, "a pipe does not end the run")
        return None


def _within(body: Iterable[form.Statement]) -> list[form.Statement]:
    """The statements of a body, and those inside them."""
    return [each for statement in body for each in (statement, *_within(
        inner for part in bodies(statement) for inner in part))]  # fmt: skip


def _written_out(expression: Expression, named: Mapping[str, Expression]) -> Expression:
    """The expression with what its names stand for in their place."""
    match expression:
        case form.Variable(name) if name in named:
            return named[name]
        case form.Binary(_, left, right) | form.Compare(_, left, right) | form.Logic(_, left, right):
            return replace(expression, left=_written_out(left, named), right=_written_out(right, named))
        case form.Not(operand) | form.Convert(_, operand) | form.ByteSwap(operand):
            return replace(expression, operand=_written_out(operand, named))
    return expression


def judge_pipes(module: Module) -> list[Diagnostic]:
    """What is wrong with the pipes of a module, used or not."""
    found: list[Diagnostic] = []
    for declared in module.pipes.values():
        try:
            found += lower_pipe(module, declared, Emitter())[1]
        except TooLarge:
            name = declared.name
            found.append(diagnostic(codes.PROGRAM_TOO_LARGE, name.span, name=name, limit=LARGEST_PROGRAM))
    return found
