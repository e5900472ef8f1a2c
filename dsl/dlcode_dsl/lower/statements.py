"""Statements of filters and handlers: names, assignments, choices and ends.

What is wrong with one statement is noted, and the next is read all the same.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from .. import codes
from ..core import form
from ..core.form import Body
from ..diagnostics import Edit
from ..source import Span
from ..syntax import tree
from ..types import BOOL, ValueType, value_type
from ..wrong import Wrong, unknown, wrong
from . import conditions, copies, fold, loops, parts, rewrites, sharing, values, views
from .conditions import as_expression
from .expressions import Lowering
from .names import Local, Meaning, Poisoned, Silent
from .places import Part, Place
from .values import Typed

WRAPPING = ("+%", "-%", "*%")
"""Operators whose assignment wraps at the width of what is assigned."""


class Statements(Lowering, ABC):
    """A body on its way to the core form; filters and handlers say how theirs end."""

    turn: loops.Turn | None = None  # of the innermost loop
    ending: str  # what ends a run early, in words
    shares = False  # what is found is kept, for there is much to find

    @abstractmethod
    def end(self, statement: tree.Return | tree.Verdict | tree.Evaluate, last: bool) -> None:
        """The end of a run, or an expression by itself."""

    @abstractmethod
    def effect(self, statement: tree.Send | tree.Wake) -> None:
        """A queued effect."""

    @abstractmethod
    def leaving(self, alternative: tree.Expression | tree.Verdict) -> Body | None:
        """The body of a `let … else` whose alternative ends the run; None where it is a value."""

    def pipe(self, declared: tree.Pipe) -> form.Pipe:
        """The core pipe of a declaration. Only a handler owns memory to copy to, and has pipes."""
        raise AssertionError(declared.name)

    def may_rewrite(self, span: Span) -> None:
        """Whether bytes of the packet may be assigned to. Raises Wrong unless a handler says so."""
        sign = re.compile(r"\s*=").match(span.source.text, span.end)
        edit = None if sign is None else Edit(Span(span.source, sign.end() - 1, sign.end()), "==")
        meant = "did you mean `==`?" if edit is not None else "`==` compares;"
        help = f"{meant} only a handler that `may rewrite` changes the packet"
        raise wrong(codes.NOT_ASSIGNABLE, span, help=help, edit=edit)

    def giving_up(self, alternative: tree.Expression | tree.Verdict) -> Body | None:
        """The body of an `else` that must end the run: as `leaving`, but no value may stand for what is absent."""
        return self.leaving(alternative)

    @contextmanager
    def recovering(self) -> Iterator[None]:
        """Note what is wrong and go on after it."""
        try:
            yield
        except Wrong as error:
            self.found.append(error.diagnostic)
        except Silent:
            pass

    def statements(self, body: tree.Body, outermost: bool = False) -> bool:
        """Lower a body; whether control never comes out at its end."""
        with self.scope():
            for position, statement in enumerate(body):
                last = position + 1 == len(body)
                ended = False
                with self.recovering():
                    ended = self.statement(statement, last and outermost)
                if ended and not last:
                    self.found.append(wrong(codes.UNREACHABLE, body[position + 1].span).diagnostic)
                if ended:
                    return True
        return False

    def statement(self, statement: tree.Statement, last: bool) -> bool:
        """Lower one statement; whether it ends the run on every path."""
        span = statement.span
        if self.shares:
            self._share(statement)
        match statement:
            case tree.Let():
                self._let(statement)
            case tree.Assign():
                self._assign(statement)
            case tree.If():
                return self._if(statement)
            case tree.Assert(condition):
                self.emitter.emit(form.Check("assertion", self.claim(condition), span=span))
            case tree.Send() | tree.Wake():
                self.effect(statement)
            case tree.While():
                loops.while_(self, statement)
            case tree.For():
                loops.for_(self, statement)
            case tree.Break() | tree.Continue():
                loops.leave(self, statement)
                return True
            case tree.Emit():
                raise AssertionError("the grammar has `emit` in pipes only, which lower theirs")
            case tree.Evaluate(tree.Copy() as copy):
                copies.copy(self, copy)
            case tree.Return() | tree.Verdict() | tree.Evaluate():
                self.end(statement, last)
                return not isinstance(statement, tree.Evaluate) or last
        return False

    def _share(self, statement: tree.Statement) -> None:
        """Find what a statement compares, once for those after it."""
        match statement:
            case tree.If(condition) | tree.While(condition):
                sharing.share(self, condition)
            case tree.Let(_, tree.Otherwise(value, tree.Number())):
                sharing.share(self, value)

    def claim(self, condition: tree.Expression) -> form.Expression:
        """A condition that is claimed to hold: what it speaks of is read, with a claim that it is there."""
        return self.truth(condition, condition.span)

    # ---- names

    def declare(self, name: tree.Name, meaning: Meaning) -> None:
        """Give a name its meaning in this body."""
        if name.text in self.names or name.text in ("pkt", "payload"):
            raise wrong(codes.DECLARED_TWICE, name.span, name=name.text)
        self.names[name.text] = meaning

    def _let(self, statement: tree.Let) -> None:
        name = statement.name
        if name.text in self.names or name.text in ("pkt", "payload"):
            raise wrong(codes.DECLARED_TWICE, name.span, name=name.text)
        try:
            self._bind(statement)
        except (Wrong, Silent):
            self.names[name.text] = Poisoned()
            raise

    def _bind(self, statement: tree.Let) -> None:
        value, absent = statement.value, None
        if isinstance(value, tree.Otherwise):
            thing = parts.is_part(self, value.value) or self.layout_of(value.value) is not None
            absent = self.giving_up(value.alternative) if thing else self.leaving(value.alternative)
            if absent is not None:
                value = value.value
        if isinstance(value, tree.Copy):
            if statement.mutable or statement.type is not None:
                help = "name what a copy comes to with `let`, without a type"
                raise wrong(codes.WRONG_TYPE, statement.span, found="a copy", wanted="a value", help=help)
            self.declare(statement.name, copies.copy(self, value, statement.name.text))
            return
        if parts.is_part(self, value) or self.layout_of(value) is not None:
            self.declare(statement.name, self._found(statement, value, absent))
            return
        found = self.value(value, absent)
        if statement.type is not None:
            type = self._type(statement.type)
            core = values.converted(found, type)
        else:
            settled = values.settled(found)
            type, core = settled.type, settled.core
        bind = self.emitter.variable if statement.mutable else self.emitter.let
        self.declare(statement.name, Local(type, bind(statement.name.text, core, statement.span), statement.mutable))

    def _found(self, statement: tree.Let, value: tree.Expression, absent: Body | None) -> Place | Part:
        """A header, view or part of the packet that is given a name."""
        is_part = parts.is_part(self, value)
        what = "a part of the packet" if is_part else "a view"
        if statement.mutable or statement.type is not None:
            help = f"name {what} with `let`, without a type"
            raise wrong(codes.WRONG_TYPE, statement.span, found=what, wanted="a value", help=help)
        if absent is None and isinstance(statement.value, tree.Otherwise):
            help = f"the `else` of {what} ends the run"
            raise wrong(codes.WRONG_TYPE, statement.value.span, found=what, wanted="a value", help=help)
        if is_part:
            return parts.part(self, value, absent)
        if absent is None and isinstance(value, tree.As | tree.Call):
            return views.perhaps(self, value)
        return self.place(value, absent)

    def _type(self, written: tree.TypeName) -> ValueType:
        type = value_type(written.name.text)
        if type is None or written.count is not None:
            raise unknown("type of a value", written.name, ("u8", "u16", "u32", "u64", "bool", "mac", "ip4"))
        return type

    # ---- assignments

    def _assign(self, statement: tree.Assign) -> None:
        target, span = statement.target, statement.span
        memory = self.memory(target.target if isinstance(target, tree.Index) else target)
        if memory is not None and memory.scalar != isinstance(target, tree.Index):
            index: form.Expression = fold.constant(0, span=target.span)
            if isinstance(target, tree.Index):
                index = self.emitter.let("index", self.cell_index(target.index, None), target.index.span)
            cell = form.Owned(memory.region.name, index, memory.region.cell, span=target.span)
            old = Typed(memory.type, cell, target.span)
            self.emitter.emit(form.Store(memory.region.name, index, self.new_value(statement, old), span=span))
            return
        local = self.meaning(target.name) if isinstance(target, tree.Use) else None
        if isinstance(local, Local) and local.mutable:
            assert isinstance(local.core, form.Variable)
            old = Typed(local.type, local.core, target.span)
            self.emitter.emit(form.Assign(local.core.name, self.new_value(statement, old), span=span))
            return
        if rewrites.rewrite(self, statement):
            return
        help = "a name that changes is declared with `var`" if isinstance(local, Local) else ""
        if isinstance(target, tree.Use) and target.name.text not in self.known_names():
            raise unknown("variable or region", target.name, self.names)
        raise wrong(codes.NOT_ASSIGNABLE, target.span, help=help)

    def new_value(self, statement: tree.Assign, old: Typed) -> form.Expression:
        """The value to be assigned. `+%=` and its like wrap at the width of what they change."""
        value = self.value(statement.value, None)
        if statement.operator is None:
            return values.converted(value, old.type)
        span = statement.span
        result = values.arithmetic(statement.operator, old, value, span)
        if statement.operator in WRAPPING and old.type.numeric:
            assert isinstance(result, Typed)
            return fold.resized(result.core, old.type.core, span)
        return values.converted(result, old.type)

    # ---- choices

    def _if(self, statement: tree.If) -> bool:
        span = statement.span
        if isinstance(statement.condition, tree.Not) and not statement.otherwise:
            with self.emitter.nested() as then:
                ended = self.statements(statement.then)
            if len(then) == 1 and isinstance(then[0], form.Exit | form.Leave):  # short enough to stand at each test
                conditions.warn_of_absence(self, statement.condition.operand, statement.condition.span)
                self.jump(statement.condition.operand, tuple(then))
                return False
        end, other = self.emitter.fresh("end"), self.emitter.fresh("else")
        with self.emitter.nested() as then:
            self.jump(statement.condition, (form.Leave(other, span=span),))
            condition = as_expression(then, other)
            if condition is not None:
                self.emitter.taken_back(then)
                then.clear()
            ended = self.statements(statement.then)
            if condition is None and not ended and statement.otherwise:
                self.emitter.emit(form.Leave(end, span=span))
        with self.emitter.nested() as otherwise:
            other_ended = bool(statement.otherwise) and self.statements(statement.otherwise)
        if condition is not None:
            self.emitter.emit(form.If(condition, tuple(then), tuple(otherwise), span=span))
        elif not statement.otherwise:
            self.emitter.block(other, then, span)
        else:
            self.emitter.block(end, [form.Block(other, tuple(then), span=span), *otherwise], span)
        return ended and other_ended

    # ---- what filters and handlers share

    def condition(self, value: tree.Expression) -> form.Expression:
        """A condition as a value."""
        return values.expect(self.value(value, None), BOOL)
