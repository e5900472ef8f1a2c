"""Statements of the translated language (`translate.py`)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dlcode_aegis_core.machine.compiled.cells import Cell, Signal, kind_of
from dlcode_aegis_core.machine.compiled.expressions import Expressions
from dlcode_aegis_core.machine.compiled.intervals import Interval, joined
from dlcode_aegis_core.machine.compiled.writer import Instance, Pointer, Value, refuse, syntax_of

if TYPE_CHECKING:
    from dlcode_aegis_core.machine.compiled.translate import Module


def translate_function(
    module: Module,
    function: Callable[..., Any],
    prefix: str,
    name: str,
    parameters: Sequence[str],
    intervals: Sequence[Interval],
    hints: dict[str, Any],
    in_memory: bool,
) -> Instance:
    """Write a function out; what its callers have to know."""
    body = Body(module, function, prefix, in_memory)
    texts = []
    for parameter, interval in zip(parameters, intervals, strict=True):
        texts.append(f"i64 %a.{parameter}")
        body.assign(parameter, Value(f"%a.{parameter}", interval))
    ends = body.statements(syntax_of(function).body)
    if not ends:
        if hints["return"] is not type(None):
            refuse(function, syntax_of(function), "may end without a result")
        body.emit("ret i64 0")
    if body.raises:
        body.label("raised")
        body.emit("ret i64 0")
    is_rare = getattr(function, "rare", False)
    records = "ptr noalias %s" if in_memory else "ptr noalias %s, ptr %h"
    head = f"define internal i64 @{name}({', '.join([records, *texts])}) nounwind"
    slots = [f"  %{slot} = alloca i{bits}" for slot, bits in body.slots.items()]
    attribute = "noinline" if is_rare and in_memory else "alwaysinline"
    module.lines += [f"{head} {attribute} {{", *slots, *body.lines, "}"]
    return Instance(name, body.returns, body.raises, is_rare, frozenset(body.reads), frozenset(body.writes))


class Body(Expressions):
    """One function's statements."""

    def __init__(self, module: Module, function: Callable[..., Any], prefix: str, in_memory: bool) -> None:
        super().__init__(module, function, prefix, in_memory)
        self._breaks: list[tuple[str, list[dict[str, Interval]]]] = []

    # ---- Statements -------------------------------------------------------------------------------------------------

    def statements(self, nodes: Sequence[ast.stmt]) -> bool:
        """Write statements; whether control never reaches what follows them."""
        for node in nodes:
            write = getattr(self, f"_{type(node).__name__.lower()}", None)
            if write is None:
                self.refuse(node, f"{type(node).__name__} is not translated")
            if write(node):
                return True
        return False

    def _pass(self, node: ast.Pass) -> bool:
        return False

    def _expr(self, node: ast.Expr) -> bool:
        if isinstance(node.value, ast.Constant):
            return False  # a docstring
        if not isinstance(node.value, ast.Call):
            self.refuse(node, "an expression without effect")
        return self._call(node.value)[1]

    def _assign(self, node: ast.Assign) -> bool:
        if len(node.targets) != 1:
            self.refuse(node, "several targets")
        target, value = node.targets[0], self.expression(node.value)
        self._set(node, target, value)
        return False

    def _set(self, node: ast.AST, target: ast.expr, value: Value | Pointer) -> None:
        if isinstance(target, ast.Name) and isinstance(value, Value):
            self.assign(target.id, value)
        elif isinstance(target, ast.Attribute):
            self.store_field(self._field(target), value)
        elif isinstance(target, ast.Subscript) and isinstance(value, Value):
            self.store_element(self._field(target.value), self.value(target.slice), value)
        else:
            self.refuse(node, "such a target")

    def _augassign(self, node: ast.AugAssign) -> bool:
        if not isinstance(node.target, ast.Attribute | ast.Name | ast.Subscript):
            self.refuse(node, "such a target")
        result = self.binary(type(node.op).__name__, self.value(node.target), self.value(node.value))
        self._set(node, node.target, result)
        return False

    def _annassign(self, node: ast.AnnAssign) -> bool:
        """A local that a loop changes: it keeps the interval that it is declared with."""
        cell = kind_of(eval(ast.unparse(node.annotation), dict(self.names)))
        if not isinstance(cell, Cell) or not isinstance(node.target, ast.Name) or node.value is None:
            self.refuse(node, "such a declaration")
        value = self.value(node.value)
        self.assign(node.target.id, Value(self.wide(value, 64), cell.values))
        return False

    def _return(self, node: ast.Return) -> bool:
        if node.value is None:
            self.emit("ret i64 0")
            return True
        value = self.value(node.value)
        self.emit(f"ret i64 {self.wide(value, 64)}")
        self.returns = value.values if self.returns is None else joined([self.returns, value.values])
        return True

    def _if(self, node: ast.If) -> bool:
        condition = self.value(node.test)
        constant = condition.values.constant
        if constant is not None:
            return self.statements(node.body if constant else node.orelse)
        yes, no, after = self.name("then"), self.name("else"), self.name("after")
        self._branch(self.truth(condition), yes, no)
        before = dict(self.environment)
        reached = []
        for label, nodes in ((yes, node.body), (no, node.orelse)):
            self.environment = dict(before)
            self.label(label)
            if not self.statements(nodes):
                self.emit(f"br label %{after}")
                reached.append(self.environment)
        return self._meet(after, reached)

    def _meet(self, label: str, reached: list[dict[str, Interval]]) -> bool:
        """Go on where several ways meet, if any does."""
        if not reached:
            return True
        self.environment = {
            local: joined([way[local] for way in reached])
            for local in reached[0]
            if all(local in way for way in reached)
        }
        self.label(label)
        return False

    def _while(self, node: ast.While) -> bool:
        head, after = self.name("while"), self.name("done")
        entering = dict(self.environment)
        self.emit(f"br label %{head}")
        self.label(head)
        condition = self.value(node.test)
        body = self.name("body")
        self._branch(self.truth(condition), body, after)
        self.label(body)
        self._breaks.append((after, []))
        if not self.statements(node.body):
            self.emit(f"br label %{head}")
            self._must_keep(node, entering)
        _, broken = self._breaks.pop()
        if condition.values.constant and not broken:
            self.label(after)
            self.emit("unreachable")
            return True
        return self._meet(after, [entering, *broken])

    def _break(self, node: ast.Break) -> bool:
        label, broken = self._breaks[-1]
        self.emit(f"br label %{label}")
        broken.append(dict(self.environment))
        return True

    def _must_keep(self, node: ast.AST, entering: dict[str, Interval]) -> None:
        for local, interval in entering.items():
            if not self.environment[local].within(interval):
                self.refuse(node, f"the loop changes {local}, which is not declared with what it may be")

    def _for(self, node: ast.For) -> bool:
        match node:
            case ast.For(target=ast.Name(id=local), iter=ast.Call(func=ast.Name(id="range"), args=[most]), orelse=[]):
                pass
            case _:
                self.refuse(node, "a loop over anything but a range from 0")
        end = self.value(most)
        count = self._temporary()
        text = self.wide(end, 64)
        self.emit(f"store i64 0, ptr %{count}")
        head, body, after = self.name("for"), self.name("body"), self.name("done")
        self.emit(f"br label %{head}")
        self.label(head)
        at = self.result(f"load i64, ptr %{count}")
        self._branch(self.result(f"icmp slt i64 {at}, {text}"), body, after)
        self.label(body)
        entering = dict(self.environment)
        self.assign(local, Value(at, Interval(0, max(end.values.high - 1, 0))))
        self._breaks.append((after, []))
        if not self.statements(node.body):
            self.emit(f"store i64 {self.result(f'add i64 {at}, 1')}, ptr %{count}")
            self.emit(f"br label %{head}")
            self._must_keep(node, entering)
        _, broken = self._breaks.pop()
        return self._meet(after, [entering, *broken])

    def _match(self, node: ast.Match) -> bool:
        subject = self.value(node.subject)
        after, reached = self.name("after"), []
        before = dict(self.environment)
        for case in node.cases:
            self.environment = dict(before)
            if not isinstance(case.pattern, ast.MatchValue) or case.guard is not None:
                self.refuse(node, "a pattern that is no constant")
            yes, no = self.name("case"), self.name("else")
            self._branch(self.truth(self.compare("Eq", subject, self.value(case.pattern.value))), yes, no)
            self.label(yes)
            if not self.statements(case.body):
                self.emit(f"br label %{after}")
                reached.append(self.environment)
            self.label(no)
        self.emit(f"br label %{after}")
        return self._meet(after, [*reached, before])

    # ---- Signals ----------------------------------------------------------------------------------------------------

    def _raise(self, node: ast.Raise) -> bool:
        signal = self._global(node.exc) if isinstance(node.exc, ast.Name) else None
        if not (isinstance(signal, type) and issubclass(signal, Signal)):
            self.refuse(node, "a raise of anything but a signal")
        self.store_field(self.module.signal, self.constant(signal.number))
        self._to_handler()
        return True

    def _try(self, node: ast.Try) -> bool:
        if node.finalbody or node.orelse or self._handler is not None:
            self.refuse(node, "such a try")
        self._handler = self.name("handler")
        before, reached, after = dict(self.environment), [], self.name("after")
        if not self.statements(node.body):
            self.emit(f"br label %{after}")
            reached.append(self.environment)
        self.label(self._handler)
        self._handler = None
        number = self.load_field(self.module.signal)
        assert isinstance(number, Value)
        for handler in node.handlers:
            signal = self._global(handler.type) if isinstance(handler.type, ast.Name) else None
            if not (isinstance(signal, type) and issubclass(signal, Signal)):
                self.refuse(node, "an except of anything but a signal")
            self.environment = dict(before)
            yes, no = self.name("caught"), self.name("else")
            is_it = "true" if signal is Signal else self.truth(self.compare("Eq", number, self.constant(signal.number)))
            self._branch(is_it, yes, no)
            self.label(yes)
            self.store_field(self.module.signal, self.constant(0))
            if not self.statements(handler.body):
                self.emit(f"br label %{after}")
                reached.append(self.environment)
            self.label(no)
            if signal is Signal:
                self.emit("unreachable")
                return self._meet(after, reached)
        self._to_handler()
        return self._meet(after, reached)
