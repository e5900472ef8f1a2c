"""What would do: a fact at a loop's head from which an obligation would follow that is left without a proof.

Each candidate compares a name that the loop changes with something that it does not. Those that some run breaks are
dropped; of the others, the program is asked about once more as if its author had said so. None is relied upon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import U32, Body, Expression, Program, Statement, Type
from dlcode_dsl.core.interpret import Memory
from dlcode_dsl.core.operators import COMPARISONS

from .lasso import changed, changes, expressions_in, names_told, replay
from .obligations import Node
from .trials import trials
from .words import Words

TRIES = 10
"""Most candidates that the solver is asked about."""

Left = Sequence[tuple[FaultKind, Node]]
Ask = Callable[[Program], Left]
"""What has no proof in a program: each kind of fault, at each node."""


@dataclass(frozen=True, slots=True)
class Sufficient:
    """A fact at a loop's head that would do, and whether the proof takes it where the author says it."""

    loop: form.Loop
    fact: form.Compare
    holds: bool

    def said(self, program: Program) -> str:
        """What to do, in the words of the source."""
        fact = Words(program).expression(self.fact)
        place = f"at the head of the loop in line {self.loop.span.line}"
        if self.holds:
            return f"it follows from `{fact}` {place}: say `invariant {fact}`"
        return f"it would follow from `{fact}` {place}, which needs a proof itself"


def sufficient(program: Program, kind: FaultKind, node: Node, ask: Ask) -> Sufficient | None:
    """A fact from which the obligation would follow, if one is found; first of all one that needs no more."""
    found: Sufficient | None = None
    likely = _likely(program, list(_candidates(program, kind, node)))
    for loop, fact in likely[:TRIES]:
        left = ask(_with_invariant(program, loop, fact))
        if any(_is(kind, node, *other) for other in left):
            continue
        holds = all(other is not fact for _, other in left)
        if holds:
            return Sufficient(loop, fact, holds)
        found = found or Sufficient(loop, fact, holds)
    return found


def _is(kind: FaultKind, node: Node, other_kind: FaultKind, other: Node) -> bool:
    """Whether a fault is the same in a program that differs by an invariant: the loops around it were made anew."""
    return kind is other_kind and (node is other or (type(node) is type(other) and node.span == other.span))


# ---- candidates


def _candidates(program: Program, kind: FaultKind, node: Node) -> Iterator[tuple[form.Loop, form.Compare]]:
    """Comparisons of what a loop changes, and the node is about, with what it keeps."""
    about = _slice(program, names_told(node))
    for loop, scope in _loops(program.body, {}):
        names = changed(loop).names
        for name in (name for name in about if name in names and name in scope):
            type = scope[name]
            for bound in _bounds(program, kind, node, loop, scope, names, type):
                for symbol in ("<=", "<"):
                    yield loop, form.Compare(symbol, form.Variable(name, type), bound)


def _bounds(
    program: Program,
    kind: FaultKind,
    node: Node,
    loop: form.Loop,
    scope: Mapping[str, Type],
    kept_out: Sequence[str],
    type: Type,
) -> Iterator[Expression]:
    seen: set[Expression] = set()
    for bound in _all_bounds(program, kind, node, loop, scope, kept_out):
        if bound.type == type and bound not in seen:
            seen.add(bound)
            yield bound


def _all_bounds(
    program: Program, kind: FaultKind, node: Node, loop: form.Loop, scope: Mapping[str, Type], kept_out: Sequence[str]
) -> Iterator[Expression]:
    if isinstance(node, form.Owned | form.Entry | form.Store):
        yield form.Constant(program.region(node.region).count, U32)
    tests = list(expressions_in(loop))
    yield from (part for part in tests if isinstance(part, form.Extent))
    yield form.Extent("packet")
    yield from (part for part in tests if isinstance(part, form.Constant) and part.type.bits)
    sayable = Words(program).names.keys() - kept_out  # the compiler's own names cannot be written down
    yield from (form.Variable(name, scope[name]) for name in reversed(list(scope)) if name in sayable)


def _loops(body: Body, outer: Mapping[str, Type]) -> Iterator[tuple[form.Loop, dict[str, Type]]]:
    """The loops of a body, each with the names in scope at its head."""
    scope = dict(outer)
    for statement in body:
        if isinstance(statement, form.Loop):
            yield statement, dict(scope)
            yield from _loops((*statement.head, *statement.body), scope)
        else:
            for inner in bodies(statement):
                yield from _loops(inner, scope)
        if isinstance(statement, form.Let):
            scope[statement.name] = statement.value.type
        elif isinstance(statement, form.Read):
            scope[statement.name] = statement.type


def _slice(program: Program, names: list[str]) -> list[str]:
    """Names, and all that they are made of."""
    definitions = [change for statement in _statements(program.body) for change in changes(statement)]
    found = list(names)
    for name in found:
        for target, sources in definitions:
            if target == f"%{name}":
                found += sorted(source[1:] for source in sources if source[0] == "%" and source[1:] not in found)
    return found


def _statements(body: Body) -> Iterator[Statement]:
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from _statements(inner)


# ---- what no run breaks


def _likely(program: Program, candidates: list[tuple[form.Loop, form.Compare]]) -> list[tuple[form.Loop, form.Compare]]:
    """The candidates that no run of a few packets breaks."""
    left = list(candidates)

    def watch(statement: Statement, turns: int, names: Mapping[str, int], memory: Memory, data: bytearray) -> None:
        if isinstance(statement, form.Loop):
            left[:] = [
                (loop, fact) for loop, fact in left if loop is not statement or _so(program, fact, names, len(data))
            ]

    for witness in trials(program):
        if not left:
            break
        replay(program, witness.packet, witness.memory, enough=SHORT, observe=watch)
    return left


SHORT = 2_000
"""Operations of such a run."""


def _so(program: Program, fact: form.Compare, names: Mapping[str, int], length: int) -> bool:
    def value(expression: Expression) -> int:
        match expression:
            case form.Constant(known):
                return known
            case form.Variable(name):
                return names[name]
            case form.Extent("packet"):
                return length
            case form.Extent(of) if of != "wire":
                return program.region(of).count
        return 0  # of the wire: nothing is known

    return COMPARISONS[fact.operator](value(fact.left), value(fact.right))


# ---- the program as if its author had said so


def _with_invariant(program: Program, loop: form.Loop, fact: Expression) -> Program:
    said = replace(loop, invariants=(*loop.invariants, fact))
    return replace(program, body=_replaced(program.body, loop, said))


def _replaced(body: Body, old: form.Loop, new: form.Loop) -> Body:
    made = tuple(_replaced_in(statement, old, new) for statement in body)
    return body if all(one is other for one, other in zip(made, body, strict=True)) else made


def _replaced_in(statement: Statement, old: form.Loop, new: form.Loop) -> Statement:
    if statement is old:
        return new
    match statement:
        case form.If(_, then, otherwise):
            changed = {"then": _replaced(then, old, new), "otherwise": _replaced(otherwise, old, new)}
        case form.Block(_, body):
            changed = {"body": _replaced(body, old, new)}
        case form.Loop():
            changed = {"head": _replaced(statement.head, old, new), "body": _replaced(statement.body, old, new)}
        case _:
            return statement
    same = all(getattr(statement, name) is part for name, part in changed.items())
    made: Statement = statement if same else replace(statement, **changed)  # type: ignore[arg-type]
    return made
