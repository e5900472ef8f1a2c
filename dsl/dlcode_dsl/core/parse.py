"""Read a core program back from its text: `parse_program(print_program(p)) == p`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from ..source import Source, Span
from . import form
from .form import Expression, Program, Type

if TYPE_CHECKING:
    from lark import Lark, Token, Tree


class CoreSyntaxError(ValueError):
    """Text that is not a core program, with the place where it stops being one."""

    def __init__(self, reason: str, span: Span) -> None:
        super().__init__(f"{span.source.name}:{span.line}:{span.column}: {reason}")
        self.reason, self.span = reason, span


@cache
def _grammar() -> Lark:
    from lark import Lark

    grammar = files(__package__).joinpath("core.lark").read_text(encoding="utf-8")
    starts = ["start", "expression"]
    return Lark(grammar, parser="lalr", start=starts, propagate_positions=True, maybe_placeholders=True)


def parse_program(text: str, name: str = "<core>") -> Program:
    """The program that `text` prints.

    Raises CoreSyntaxError for text that is none. What it returns is not checked yet: see `check.check_program`.
    """
    from lark.exceptions import UnexpectedInput

    source = Source(name, text)
    try:
        tree = _grammar().parse(text, start="start")
    except UnexpectedInput as error:
        offset = error.pos_in_stream if isinstance(error.pos_in_stream, int) else len(text)
        raise CoreSyntaxError("this is not core text", Span(source, offset, offset + 1)) from None
    return _Reader(source).program(cast("Tree[Token]", tree.children[0]))


def parse_expression(text: str, program: Program, names: Mapping[str, Type]) -> Expression:
    """The expression that `text` prints, over a program's regions and names of these types.

    Raises CoreSyntaxError for text that is none. What it returns is not checked yet: see `check.check_expression`.
    """
    from lark.exceptions import UnexpectedInput

    source = Source("<expression>", text)
    try:
        tree = _grammar().parse(text, start="expression")
    except UnexpectedInput:
        raise CoreSyntaxError("this is no expression of core text", Span(source, 0, len(text))) from None
    reader = _Reader(source)
    reader.types = dict(names)
    reader.regions = {region.name: region for region in program.regions}
    return reader.expression(tree)


class _Reader:
    """Builds nodes from the parse tree; knows the type of each name that it has passed."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.types: dict[str, Type] = {}
        self.regions: dict[str, form.Region] = {}
        self.pipes: dict[str, form.Pipe] = {}

    def span(self, tree: Any) -> Span:
        meta = tree.meta if hasattr(tree, "meta") else tree
        start = getattr(meta, "start_pos", None) or 0
        return Span(self.source, start, getattr(meta, "end_pos", None) or start)

    def type(self, token: str) -> Type:
        return form.BOOL if token == "bool" else Type(int(token[1:]))

    def named(self, token: Any, names: dict[str, Any], what: str) -> Any:
        if token[1:] not in names:
            raise CoreSyntaxError(f"no {what} is called {token}", self.span(token))
        return names[token[1:]]

    # ---- programs

    def program(self, tree: Any) -> Program:
        kind, name, link, maximum, *rest = tree.children
        heads = [child for child in rest if child.data in _HEADS]
        found: dict[str, Any] = {
            "regions": (), "requires": (), "pipes": (), "may": (), "budget": None, "on": None, "templates": (),
        }  # fmt: skip
        for head in heads:
            getattr(self, f"head_{head.data}")(head, found)
        body = self.body_of(rest[len(heads) :])
        return Program(
            kind.value, str(name), str(link), body, int(maximum), found["regions"], found["pipes"], found["may"],
            found["requires"], found["budget"], found["on"], found["templates"], span=self.span(tree),
        )  # fmt: skip

    def head_owns(self, tree: Any, found: dict[str, Any]) -> None:
        name, cell, count, mode = tree.children
        region = form.Region(name[1:], self.type(cell), int(count), mode.value, span=self.span(tree))
        self.regions[region.name] = region
        found["regions"] += (region,)

    def head_may(self, tree: Any, found: dict[str, Any]) -> None:
        found["may"] = tuple(str(effect) for effect in tree.children)

    def head_requires(self, tree: Any, found: dict[str, Any]) -> None:
        found["requires"] += (self.expression(tree.children[0]),)

    def head_cost(self, tree: Any, found: dict[str, Any]) -> None:
        amount, unit, machine = tree.children
        found["budget"] = form.Budget(int(amount), unit.value, machine and str(machine), span=self.span(tree))

    def head_binding(self, tree: Any, found: dict[str, Any]) -> None:
        found["on"] = _Reader(self.source).program(tree.children[0])

    def head_template(self, tree: Any, found: dict[str, Any]) -> None:
        name, *parts = tree.children
        fixed = tuple(form.Fixed(*map(int, part.children)) for part in parts if part.data == "fixed")
        found["templates"] += (form.Template(str(name), fixed, self.own(parts), span=self.span(tree)),)

    def own(self, parts: list[Any]) -> tuple[form.OwnAddress, ...]:
        return tuple(
            form.OwnAddress(int(part.children[1]), int(part.children[2]), str(part.children[0]))
            for part in parts
            if part.data == "own"
        )

    def head_pipe(self, tree: Any, found: dict[str, Any]) -> None:
        name, word, gauge, *rest = tree.children
        *middle, body, finish = rest
        attributes = tuple(str(part) for part in middle if not hasattr(part, "data"))
        self.types[word[1:]] = self.type(gauge)
        states = []
        for state in middle[len(attributes) :]:
            initial = cast(form.Constant, self.expression(state.children[1]))
            states.append(form.PipeState(state.children[0][1:], initial))
            self.types[states[-1].name] = initial.type
        pipe = form.Pipe(
            str(name), word[1:], self.type(gauge), cast(Any, attributes), tuple(states), self.body(body),
            None if finish is None else self.expression(finish), span=self.span(tree),
        )  # fmt: skip
        self.pipes[pipe.name] = pipe
        found["pipes"] += (pipe,)

    # ---- statements

    def body(self, tree: Any) -> form.Body:
        return self.body_of(tree.children)

    def body_of(self, statements: list[Any]) -> form.Body:
        return tuple(self.statement(statement) for statement in statements)

    def optional(self, tree: Any) -> form.Body | None:
        return None if tree is None else self.body(tree)

    def statement(self, tree: Any) -> form.Statement:
        parts, span = tree.children, self.span(tree)
        match tree.data:
            case "let":
                value = self.expression(parts[3])
                if value.type != self.type(parts[2]):
                    raise CoreSyntaxError(f"the value is a {value.type}, not a {parts[2]}", span)
                self.types[parts[1][1:]] = value.type
                return form.Let(parts[1][1:], value, parts[0] == "var", span=span)
            case "assign":
                return form.Assign(parts[0][1:], self.expression(parts[1]), span=span)
            case "read":
                offset, otherwise = self.expression(parts[2]), self.optional(parts[3])
                self.types[parts[0][1:]] = self.type(parts[1])
                return form.Read(parts[0][1:], self.type(parts[1]), offset, otherwise, span=span)
            case "if_":
                then = self.body(parts[1])
                return form.If(self.expression(parts[0]), then, self.optional(parts[2]) or (), span=span)
            case "block":
                return form.Block(str(parts[0]), self.body(parts[1]), span=span)
            case "leave":
                return form.Leave(str(parts[0]), span=span)
            case "loop":
                return self.loop(parts, span)
            case "store":
                region = self.named(parts[0], self.regions, "region")
                return form.Store(region.name, self.expression(parts[1]), self.expression(parts[2]), span=span)
            case "rewrite":
                return form.Rewrite(self.expression(parts[0]), self.expression(parts[1]), span=span)
            case "copy":
                return self.copy(parts, span)
            case "emit":
                return form.Emit(self.expression(parts[0]), span=span)
            case "send":
                effect, template, *rest = parts
                pieces = tuple(self.piece(part) for part in rest if part.data != "own")
                return form.Send(effect.value, pieces, self.own(rest), template and str(template), span=span)
            case "wake":
                return form.Wake(span=span)
            case "check":
                return form.Check(parts[0].value, self.expression(parts[1]), span=span)
            case "exit_":
                try:
                    return form.Exit(form.Verdict(str(parts[0])), span=span)
                except ValueError:
                    raise CoreSyntaxError(f"no verdict is called {parts[0]}", span) from None
        raise AssertionError(tree.data)

    def loop(self, parts: list[Any], span: Span) -> form.Loop:
        label, head_tree, condition, *clauses, body, exhausted = parts
        head = self.body(head_tree)
        invariants = [self.expression(part.children[0]) for part in clauses if part.data == "invariant"]
        decreases = [self.expression(child) for part in clauses if part.data == "decreases" for child in part.children]
        limits = [int(part.children[0]) for part in clauses if part.data == "limit"]
        return form.Loop(
            str(label), head, self.expression(condition), self.body(body), tuple(invariants), tuple(decreases),
            limits[0] if limits else None, self.optional(exhausted), span=span,
        )  # fmt: skip

    def copy(self, parts: list[Any], span: Span) -> form.Copy:
        piece, region, index, through, result = parts
        source = self.piece(piece)
        if not isinstance(source, form.PacketBytes):
            raise CoreSyntaxError("only packet bytes are copied", span)
        pipes = tuple(str(name) for name in through.children) if through is not None else ()
        for pipe in pipes:
            finish = self.named("%" + pipe, self.pipes, "pipe").finish
            if finish is not None:
                self.types[f"{result}.{pipe}"] = finish.type
        self.named(region, self.regions, "region")
        target = self.expression(index)
        return form.Copy(source.offset, source.count, region[1:], target, pipes, str(result), span=span)

    def piece(self, tree: Any) -> form.Piece:
        parts, span = tree.children, self.span(tree)
        if tree.data == "packet_bytes":
            return form.PacketBytes(self.expression(parts[0]), self.expression(parts[1]), span=span)
        return form.Value(self.expression(parts[0]), span=span)

    # ---- expressions

    def expression(self, tree: Any) -> Expression:
        parts, span = tree.children, self.span(tree)
        match tree.data:
            case "constant":
                return form.Constant(int(parts[0]), self.type(parts[1]), span=span)
            case "truth":
                return form.Constant(int(parts[0] == "true"), form.BOOL, span=span)
            case "variable":
                return form.Variable(parts[0][1:], self.named(parts[0], self.types, "value"), span=span)
            case "extent":
                return form.Extent(parts[0].lstrip("@"), span=span)
            case "operation":
                return self.operation(parts, span)
            case "not_":
                return form.Not(self.expression(parts[0]), span=span)
            case "convert":
                return form.Convert(parts[0].value, self.expression(parts[1]), self.type(parts[2]), span=span)
            case "bswap":
                return form.ByteSwap(self.expression(parts[0]), span=span)
            case "owned" | "entry":
                region = self.named(parts[0], self.regions, "region")
                node = form.Owned if tree.data == "owned" else form.Entry
                return node(region.name, self.expression(parts[1]), region.cell, span=span)
        raise AssertionError(tree.data)

    def operation(self, parts: list[Any], span: Span) -> Expression:
        left, symbol, right = self.expression(parts[0]), parts[1].value, self.expression(parts[2])
        if symbol in ("and", "or"):
            return form.Logic(symbol, left, right, span=span)
        node = form.Compare if symbol in ("==", "!=", "<", "<=", ">", ">=") else form.Binary
        return node(symbol, left, right, span=span)


_HEADS = {"owns", "may", "requires", "cost", "template", "pipe", "binding"}
