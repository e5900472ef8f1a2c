"""Expressions of the translated language (`translate.py`): values, names and calls."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from dlcode_aegis_core.machine.compiled.cells import Callback
from dlcode_aegis_core.machine.compiled.intervals import BOOLEAN, Interval, joined
from dlcode_aegis_core.machine.compiled.writer import Pointer, Value, Writer, refuse, syntax_of

if TYPE_CHECKING:
    from dlcode_aegis_core.machine.compiled.translate import Module


class Expressions(Writer):
    """One function's expressions. `environment` has the interval of each local that has a value."""

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

    # ---- What calls raise -------------------------------------------------------------------------------------------

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
        return Value(self.result(f"load i64, ptr %{slot}"), joined(found))

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


_BUILTINS: dict[str, Callable[..., Value]] = {
    "abs": Expressions.absolute,
    "min": lambda body, a, b: body.chosen("min", a, b),
    "max": lambda body, a, b: body.chosen("max", a, b),
    "int": lambda body, a: a,
    "bool": lambda body, a: body.compare("NotEq", a, body.constant(0)),
}
