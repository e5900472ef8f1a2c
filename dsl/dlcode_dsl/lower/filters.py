"""Filters: a pure predicate that ends in `match` or `miss`."""

from __future__ import annotations

from .. import codes
from ..core import form
from ..core.form import Body, Program, Verdict
from ..diagnostics import Diagnostic
from ..module import Module
from ..source import Span
from ..syntax import tree
from ..wrong import unknown, wrong
from . import places, sharing
from .links import Walk
from .statements import Statements

MISS = Verdict.MISS


class FilterLowering(Statements):
    """One filter on its way to the core form."""

    ending = "true or false"

    def __init__(self, module: Module, name: tree.Name, link: str, span: Span) -> None:
        super().__init__(module, link)
        self.name, self.span = name, span
        self.found: list[Diagnostic] = []
        self.miss: Body = (form.Exit(Verdict.MISS, span=span),)

    def answer(self, value: tree.Expression) -> None:
        """End in the truth of a condition."""
        if value == tree.Truth(False):
            self.emitter.emit(*self.miss)
            return
        self.jump(value, self.miss)
        self.emitter.emit(form.Exit(Verdict.MATCH, span=value.span))

    def end(self, statement: tree.Return | tree.Verdict | tree.Evaluate, last: bool) -> None:
        match statement:
            case tree.Return(value):
                self.answer(value)
            case tree.Evaluate(value) if last:
                self.answer(value)
            case tree.Evaluate(value):
                raise wrong(codes.UNUSED, value.span, help="a filter's answer is its last expression, or `return`")
            case tree.Verdict(word):
                help = "a filter ends in a condition; verdicts are a handler's"
                found = f"the verdict `{word}`"
                raise wrong(codes.WRONG_TYPE, statement.span, found=found, wanted="a condition", help=help)

    def effect(self, statement: tree.Send | tree.Wake) -> None:
        raise wrong(codes.WITHOUT_MAY, statement.span, "a filter has no effects", name=self.name, effect="do anything")

    def leaving(self, alternative: tree.Expression | tree.Verdict) -> Body | None:
        match alternative:
            case tree.Truth(value):
                return self.miss if not value else (form.Exit(Verdict.MATCH, span=alternative.span),)
            case tree.Verdict(word):
                raise wrong(codes.WRONG_TYPE, alternative.span, found=f"the verdict `{word}`", wanted=self.ending)
        return None


def root(module: Module, link: tree.Name) -> str:
    """The name of a link's root header. Raises Wrong where there is no such header."""
    if link.text not in module.headers:
        raise unknown("link", link, module.headers)
    return link.text


def lower_filter(module: Module, declared: tree.Filter) -> tuple[Program | None, list[Diagnostic]]:
    """The core program of a filter; None where something is wrong with it."""
    lower = _lowered(module, declared, ())
    if not lower.found and lower.written_twice():
        lower = _lowered(module, declared, lower.written_twice())
    if lower.found:
        return None, lower.found + lower.warnings
    program = Program("filter", declared.name.text, declared.link.text, lower.emitter.body, span=declared.span)
    return program, lower.warnings


def _lowered(module: Module, declared: tree.Filter, ahead: tuple[Walk, ...]) -> FilterLowering:
    lower = FilterLowering(module, declared.name, declared.link.text, declared.span)
    lower.shares = sharing.mentions(declared.body) >= sharing.SHARED_FROM
    lower.ahead = ahead
    with lower.recovering():
        root(module, declared.link)
        places.walk_ahead(lower, declared.name.span)
        if not lower.statements(declared.body, outermost=True) and not lower.found:
            raise wrong(codes.NO_VERDICT, end_of(declared), name=declared.name, wanted="an answer",
                        help="the last line of a filter is its answer, a condition")  # fmt: skip
    return lower


def end_of(declared: tree.Filter | tree.Handler) -> Span:
    """Where a body ends: its brace."""
    return Span(declared.span.source, declared.span.end - 1, declared.span.end)


def binding(module: Module, handler: tree.Handler, link: str, maximum: int) -> Program:
    """The `on` test of a handler as a filter by itself. Raises Wrong."""
    ahead: tuple[Walk, ...] = ()
    while True:
        lower = FilterLowering(module, handler.name, link, handler.on.span)
        lower.ahead = ahead
        places.walk_ahead(lower, handler.on.span)
        lower.answer(handler.on)
        if ahead or not lower.written_twice():
            break
        ahead = lower.written_twice()
    return Program("filter", f"{handler.name}.on", link, lower.emitter.body, maximum, span=handler.on.span)
