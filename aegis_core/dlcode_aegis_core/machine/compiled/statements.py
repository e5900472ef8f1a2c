"""Statements and expressions of the translated language (`translate.py`)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NoReturn

from dlcode_aegis_core.machine.compiled.cells import Callback, Cell, Signal, kind_of
from dlcode_aegis_core.machine.compiled.intervals import BOOLEAN, Interval
from dlcode_aegis_core.machine.compiled.translate import (
    Instance,
    Module,
    Pointer,
    Value,
    Writer,
    refuse,
    syntax_of,
)


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


class Body(Writer):
    """One function's statements. `environment` has the interval of each local that has a value."""

    def __init__(self, module: Module, function: Callable[..., Any], prefix: str, in_memory: bool) -> None:
        super().__init__(module, in_memory)
        self.function, self.prefix = function, prefix
        self.names = function.__globals__
        self.record = next(iter(function.__code__.co_varnames))
        self.environment: dict[str, Interval] = {}
        self.slots: dict[str, int] = {}
        self.returns: Interval | None = None
        self.raises = False
        self._handler: str | None = None
        self._breaks: list[tuple[str, list[dict[str, Interval]]]] = []

    def refuse(self, node: ast.AST, reason: str) -> NoReturn:
        refuse(self.function, node, reason)

    # ---- Locals -----------------------------------------------------------------------------------------------------

    def assign(self, local: str, value: Value) -> None:
        """Give a local a value."""
        bits = value.values.bits
        slot = self._slot(f"{local}.{bits}", bits)
        self.emit(f"store i{bits} {self.wide(value, bits)}, ptr %{slot}")
        self.environment[local] = value.values

    def _slot(self, name: str, bits: int = 64) -> str:
        self.slots.setdefault(f"l.{name}", bits)
        return f"l.{name}"

    def _local(self, local: str) -> Value:
        values = self.environment[local]
        if values.constant is not None:
            return self.constant(values.constant)
        return Value(self.result(f"load i{values.bits}, ptr %l.{local}.{values.bits}"), values, values.bits)

    def _temporary(self) -> str:
        return self._slot(self.name("t"))

    def _branch(self, condition: str, yes: str, no: str) -> None:
        self.emit(f"br i1 {condition}, label %{yes}, label %{no}")

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
        self.returns = value.values if self.returns is None else self.returns.join(value.values)
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
            local: _joined([way[local] for way in reached])
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

    def _to_handler(self) -> None:
        self.raises = self.raises or self._handler is None
        self.emit(f"br label %{self._handler or 'raised'}")

    def after_raising(self) -> None:
        """After a call of what may raise, go on only if nothing was raised."""
        signal = self.load_field(self.module.signal)
        assert isinstance(signal, Value)
        calm = self.name("calm")
        self.raises = self.raises or self._handler is None
        self._branch(self.truth(signal), self._handler or "raised", calm)
        self.label(calm)

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

    # ---- Expressions ------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        """An expression that is an integer or a truth value."""
        result = self.expression(node)
        if not isinstance(result, Value):
            self.refuse(node, "an array is no value")
        return result

    def expression(self, node: ast.expr) -> Value | Pointer:
        """An expression."""
        match node:
            case ast.Constant(value=int() as number):
                return self.constant(int(number))
            case ast.Name(id=local) if local in self.environment:
                return self._local(local)
            case ast.Name():
                return self._integer(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self.load_element(self._field(node.value), self.value(node.slice))
            case ast.BinOp():
                try:
                    return self.binary(type(node.op).__name__, self.value(node.left), self.value(node.right))
                except ValueError as error:
                    self.refuse(node, str(error))
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Compare():
                return self._compare(node)
            case ast.BoolOp():
                return self._boolean(node)
            case ast.IfExp():
                return self._choice(node)
            case ast.Call():
                result, ends = self._call(node)
                if result is None or ends:
                    self.refuse(node, "a call without a result")
                return result
        self.refuse(node, f"{type(node).__name__} is not translated")

    def _unary(self, node: ast.UnaryOp) -> Value:
        operand = self.value(node.operand)
        match node.op:
            case ast.Not():
                if operand.values.constant is not None:
                    return self.constant(int(not operand.values.constant))
                return Value(self.result(f"xor i1 {self.truth(operand)}, true"), BOOLEAN, 1)
            case ast.USub():
                return self.binary("Sub", self.constant(0), operand)
            case ast.Invert():
                return self.binary("Sub", self.constant(-1), operand)
        self.refuse(node, "such an operator")

    def _compare(self, node: ast.Compare) -> Value:
        operands = [self.value(each) for each in (node.left, *node.comparators)]
        found = self.constant(1)
        for operation, left, right in zip(node.ops, operands, operands[1:], strict=False):
            link = self.compare(type(operation).__name__, left, right)
            found = link if found.values.constant == 1 else self._both(found, link)
        return found

    def _both(self, a: Value, b: Value) -> Value:
        return Value(self.result(f"and i1 {self.truth(a)}, {self.truth(b)}"), BOOLEAN, 1)

    def _boolean(self, node: ast.BoolOp) -> Value:
        """`and` and `or`, of truth values, each operand only if it decides."""
        goes_on = isinstance(node.op, ast.And)
        slot, end = self._temporary(), self.name("decided")
        for last, each in ((each is node.values[-1], each) for each in node.values):
            operand = self.value(each)
            self.emit(f"store i64 {self.wide(Value(self.truth(operand), BOOLEAN, 1), 64)}, ptr %{slot}")
            if not last:
                more = self.name("more")
                self._branch(self.truth(operand), *((more, end) if goes_on else (end, more)))
                self.label(more)
        self.emit(f"br label %{end}")
        self.label(end)
        text = self.result(f"load i64, ptr %{slot}")
        return Value(self.result(f"trunc i64 {text} to i1"), BOOLEAN, 1)

    def _choice(self, node: ast.IfExp) -> Value:
        condition = self.value(node.test)
        constant = condition.values.constant
        if constant is not None:
            return self.value(node.body if constant else node.orelse)
        slot, end = self._temporary(), self.name("chosen")
        yes, no = self.name("then"), self.name("else")
        self._branch(self.truth(condition), yes, no)
        found = []
        for label, each in ((yes, node.body), (no, node.orelse)):
            self.label(label)
            value = self.value(each)
            found.append(value.values)
            self.emit(f"store i64 {self.wide(value, 64)}, ptr %{slot}")
            self.emit(f"br label %{end}")
        self.label(end)
        return Value(self.result(f"load i64, ptr %{slot}"), _joined(found))

    # ---- Names and calls --------------------------------------------------------------------------------------------

    def _path(self, node: ast.expr) -> list[str] | None:
        """Names from the record to a part of it; None if the expression is of something else."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id == self.record:
            return [self.prefix, *names] if self.prefix else names
        return None

    def _field(self, node: ast.expr) -> str:
        path = self._path(node)
        name = ".".join(path or ())
        if name not in self.module.fields:
            self.refuse(node, f"{ast.unparse(node)} is no field")
        return name

    def _attribute(self, node: ast.Attribute) -> Value | Pointer:
        path = self._path(node)
        if path is None:
            return self._integer(node)
        if ".".join(path) in self.module.fields:
            return self.load_field(".".join(path))
        member = getattr(self.module.records.get(path[0]), path[-1], None) if len(path) == 2 else None
        if not isinstance(member, property) or member.fget is None:
            self.refuse(node, f"{ast.unparse(node)} is neither field nor property")
        result, _ = self.called(node, member.fget, path[0], [])
        assert result is not None
        return result

    def _global(self, node: ast.expr) -> Any:
        """What a name of the function's module stands for, or a part of that."""
        match node:
            case ast.Name(id=name) if name in self.names:
                return self.names[name]
            case ast.Attribute(value=value, attr=name) if isinstance(self._global(value), type | ModuleType):
                return getattr(self._global(value), name)
        self.refuse(node, f"{ast.unparse(node)} is nothing that is known here")

    def _integer(self, node: ast.expr) -> Value:
        found = self._global(node)
        if not isinstance(found, int):
            self.refuse(node, f"{ast.unparse(node)} is no integer")
        return self.constant(int(found))

    def _call(self, node: ast.Call) -> tuple[Value | None, bool]:
        """A call's result, and whether it never comes back."""
        if node.keywords:
            self.refuse(node, "keywords")
        path = self._path(node.func)
        if path is not None:
            operands = [self.value(each) for each in node.args]
            field = self.module.fields.get(".".join(path))
            if field is not None and isinstance(field.kind, Callback):
                return self.call_back(".".join(path), operands), False
            if len(path) == 1 and path[0] in self.module.methods:
                return self.called(node, self.module.methods[path[0]], "", operands)
            method = getattr(self.module.records.get(path[0]), path[-1], None) if len(path) == 2 else None
            if method is not None:
                return self.called(node, method, path[0], operands)
            self.refuse(node, f"{ast.unparse(node.func)} is no method")
        if isinstance(node.func, ast.Name) and node.func.id in _BUILTINS and node.func.id not in self.names:
            operands = [self.value(each) for each in node.args]
            return _BUILTINS[node.func.id](self, *operands), False
        function = self._global(node.func)
        if function in self.module.builtin:
            operands = [self.value(each) for each in node.args[1:]]
            return self.module.builtin[function](self, operands), False
        arguments = node.args
        if arguments and isinstance(arguments[0], ast.Name) and arguments[0].id == self.record:
            return self.called(node, function, self.prefix, [self.value(each) for each in arguments[1:]])
        return self._pure(node, function, [self.value(each) for each in arguments])

    def _pure(self, node: ast.Call, function: Any, operands: list[Value]) -> tuple[Value | None, bool]:
        """A function of integers alone: a single expression of its parameters, put in its place."""
        syntax = syntax_of(function)
        match [each for each in syntax.body if not isinstance(each, ast.Expr)]:
            case [ast.Return(value=ast.expr() as expression)]:
                pass
            case _:
                self.refuse(node, f"{ast.unparse(node.func)} is more than an expression")
        outer = self.environment, self.names
        self.names = function.__globals__
        parameters = [each.arg for each in syntax.args.args]
        self.environment = {}
        renamed = {}
        for parameter, value in zip(parameters, operands, strict=True):
            renamed[parameter] = self.name(parameter)
            self.assign(renamed[parameter], value)
        result = self.value(_Renamed(renamed).visit(expression))
        self.environment, self.names = outer
        return result, False

    def called(
        self, node: ast.AST, function: Callable[..., Any], prefix: str, operands: list[Value]
    ) -> tuple[Value | None, bool]:
        instance = self.module.instance(function, prefix, [value.values for value in operands], self.in_memory)
        result = self.call(instance, operands, self.in_memory)
        if function.__annotations__.get("return") == "NoReturn":
            self._to_handler()
            return None, True
        if instance.raises:
            self.after_raising()
        return result, False


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(self._names.get(node.id, node.id), node.ctx), node)


def _joined(intervals: list[Interval]) -> Interval:
    found = intervals[0]
    for each in intervals[1:]:
        found = found.join(each)
    assert {each.bits for each in intervals} == {found.bits}, "a local that is wider on one way than on another"
    return found


_BUILTINS: dict[str, Callable[..., Value]] = {
    "abs": Body.absolute,
    "min": lambda body, a, b: body.chosen("min", a, b),
    "max": lambda body, a, b: body.chosen("max", a, b),
    "int": lambda body, a: a,
    "bool": lambda body, a: body.compare("NotEq", a, body.constant(0)),
}
