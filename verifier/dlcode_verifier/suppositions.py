"""What might be said of a loop at its head, from which something would follow that has no proof: facts to try.

They speak of what the loop changes and an obligation is about: how it compares with what the loop keeps, or with
something else that changes, whether it is a multiple, which of its bits are set. What some run breaks is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from dlcode_dsl.core import form
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import U32, Body, Expression, Program, Statement, Type
from dlcode_dsl.core.interpret import Memory
from dlcode_dsl.core.operators import COMPARISONS, OPERATORS, evaluate, fault_of

from .lasso import changed, changes, expressions_in, names_told, replay
from .obligations import Node
from .trials import trials
from .words import Words

MODULI = (2, 4)
"""What multiples are tried of."""

MOVING = 4
"""Numbers of a loop that are put in an order."""

MOST = 150
"""Facts that are kept for a program's runs to break."""

SHORT = 2_000
"""Operations of such a run."""

HEADS, TURNS = 300, 12
"""Heads of loops that are looked at in all of them, and of one loop's turns the first ones."""

Fact = tuple[form.Loop, form.Compare]
"""A comparison that might hold at a loop's head."""


def suppositions(program: Program, kind: FaultKind, node: Node) -> list[Fact]:
    """The facts that no run of a few packets breaks, likelier ones first."""
    return _unbroken(program, _spread(program, kind, node)[:MOST])


def _spread(program: Program, kind: FaultKind, node: Node) -> list[Fact]:
    """Of all sorts of facts some: each sort has its turn."""
    sorts = [list(sort) for sort in (_bounds(program, kind, node), _shapes(program, node), _pairs(program, node))]
    found: dict[tuple[int, form.Compare], Fact] = {}
    for place in range(max(map(len, sorts))):
        for sort in sorts:
            for loop, fact in sort[place : place + 1]:
                found.setdefault((id(loop), fact), (loop, fact))
    return list(found.values())


# ---- sorts of facts


@dataclass(frozen=True, slots=True)
class _Scope:
    """A loop, the names in scope at its head, and what it changes that an obligation is about."""

    loop: form.Loop
    names: Mapping[str, Type]
    subjects: tuple[Expression, ...]

    @property
    def tests(self) -> list[Expression]:
        """What stands in the loop's own condition and in its body."""
        inside = (self.loop, *_statements((*self.loop.head, *self.loop.body)))
        return [part for statement in inside for part in expressions_in(statement)]


def _scopes(program: Program, node: Node) -> Iterator[_Scope]:
    about = _slice(program, names_told(node))
    cells = _cells(program)
    for loop, names in _loops(program.body, {}):
        cone = changed(loop)
        subjects: list[Expression] = [
            form.Variable(name, names[name]) for name in about if name in cone.names and name in names
        ]
        subjects += (cell for cell in cells if cell.region in cone.regions)
        yield _Scope(loop, names, tuple(subjects))


def _cells(program: Program) -> list[form.Owned]:
    """The cells that a program reads by their numbers, in the order of the text."""
    parts = [part for statement in _statements(program.body) for part in expressions_in(statement)]
    found = (part for part in parts if isinstance(part, form.Owned) and isinstance(part.index, form.Constant))
    return list(dict.fromkeys(found))


def _bounds(program: Program, kind: FaultKind, node: Node) -> Iterator[Fact]:
    """Comparisons with what the loop keeps."""
    symbols = (">", "!=") if kind is FaultKind.ENDLESS else ("<=", "<", "==")
    for scope in _scopes(program, node):
        for subject in scope.subjects:
            if kind in (FaultKind.ENDLESS, FaultKind.DIVISION):
                for symbol in (">", "!="):
                    yield scope.loop, form.Compare(symbol, subject, form.Constant(0, subject.type))
            for bound in dict.fromkeys(_kept(program, node, scope)):
                if bound.type == subject.type:
                    for symbol in symbols:
                        yield scope.loop, form.Compare(symbol, subject, bound)


def _kept(program: Program, node: Node, scope: _Scope) -> Iterator[Expression]:
    if isinstance(node, form.Owned | form.Entry | form.Store):
        yield form.Constant(program.region(node.region).count, U32)
    tests = scope.tests
    yield from (part for part in tests if isinstance(part, form.Extent))
    yield form.Extent("packet")
    yield from (part for part in tests if isinstance(part, form.Constant) and part.type.bits)
    sayable = Words(program).names.keys() - changed(scope.loop).names  # the compiler's names cannot be written down
    yield from (form.Variable(name, scope.names[name]) for name in reversed(list(scope.names)) if name in sayable)


def _shapes(program: Program, node: Node) -> Iterator[Fact]:
    """Multiples, with each remainder, and which bits may be set."""
    for scope in _scopes(program, node):
        constants = dict.fromkeys(part.value for part in scope.tests if isinstance(part, form.Constant))
        for subject in scope.subjects:
            bits = subject.type.bits
            whole = [1 << size for size in range(1, bits)]
            for mask in dict.fromkeys([*constants, *(one - 1 for one in whole)]):
                if 0 < mask < (1 << bits) - 1:
                    masked = form.Binary("&", subject, form.Constant(mask, subject.type))
                    yield scope.loop, form.Compare("==", masked, subject)
            for modulus in MODULI:
                last = form.Binary("&", subject, form.Constant(modulus - 1, subject.type))
                for rest in range(modulus if modulus < 1 << bits else 0):
                    yield scope.loop, form.Compare("==", last, form.Constant(rest, subject.type))
            for modulus in dict.fromkeys([*MODULI, *constants]):
                if 2 <= modulus < 1 << bits:
                    left = form.Binary("%", subject, form.Constant(modulus, subject.type))
                    for rest in range(min(modulus, 4)):
                        yield scope.loop, form.Compare("==", left, form.Constant(rest, subject.type))


def _pairs(program: Program, node: Node) -> Iterator[Fact]:
    """Two things that change, and how far they are apart at least."""
    for scope in _scopes(program, node):
        steps = [part.value for part in scope.tests if isinstance(part, form.Constant) and part.value]
        names = [form.Variable(name, scope.names[name]) for name in changed(scope.loop).names if name in scope.names]
        for one in scope.subjects:
            for other in names:
                if one == other or one.type != other.type:
                    continue
                for left, right in ((one, other), (other, one)):
                    yield scope.loop, form.Compare("<=", left, right)
                    yield scope.loop, form.Compare("<", left, right)
                    for step in dict.fromkeys(steps):
                        if step < 1 << one.type.bits:
                            apart = form.Binary("+", left, form.Constant(step, one.type))
                            yield scope.loop, form.Compare("<=", apart, right)
                yield scope.loop, form.Compare("==", one, other)


# ---- measures


def measures(program: Program, loop: form.Loop) -> list[tuple[Expression, ...]]:
    """What might fall with every turn of a loop: names, how far they are from one another or from their type's most,
    their sums; and several names, the first before the others.
    """
    scope = next(names for other, names in _loops(program.body, {}) if other is loop)
    sayable = Words(program).names
    moving = [form.Variable(name, scope[name]) for name in changed(loop).names if name in scope and name in sayable]
    numbers = [name for name in moving if name.type.bits]
    kept = [form.Variable(name, scope[name]) for name in names_told(loop) if name in scope]
    ends: list[Expression] = [form.Extent("packet"), *(part for part in kept if part not in numbers)]
    singles: list[Expression] = list(numbers)
    for other in numbers:
        singles += (
            form.Binary("-", one, other) for one in [*ends, *numbers] if one != other and one.type == other.type
        )
    for one, other in combinations(numbers, 2):
        singles += [form.Binary("+", one, other)] if one.type == other.type else []
    singles += (form.Binary("-", form.Constant((1 << name.type.bits) - 1, name.type), name) for name in numbers)
    several = [parts for size in (2, 3) for parts in permutations(numbers[:MOVING], size)]
    return [*((single,) for single in singles), *several]


# ---- the program


def _loops(body: Body, outer: Mapping[str, Type]) -> Iterator[tuple[form.Loop, dict[str, Type]]]:
    """The loops of a body, each with the names in scope at its head."""
    scope = dict(outer)
    for statement in body:
        if isinstance(statement, form.Loop):
            yield statement, dict(scope)
            yield from _loops((*statement.head, *statement.body), scope)
            yield from _loops(statement.exhausted or (), scope)
        else:
            for inner in bodies(statement):
                yield from _loops(inner, scope)
        if isinstance(statement, form.Let):
            scope[statement.name] = statement.value.type
        elif isinstance(statement, form.Read):
            scope[statement.name] = statement.type


def _slice(program: Program, names: Sequence[str]) -> list[str]:
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

Value = Callable[[Mapping[str, int], Memory, int], int]
"""From names, memory and the packet's length, as they are at a head, to a value. Raises _Breaks."""


class _Breaks(Exception):
    """What breaks a rule on the way has no value."""


def _unbroken(program: Program, facts: list[Fact]) -> list[Fact]:
    left = [(loop, fact, _value(program, fact)) for loop, fact in facts]
    heads = 0

    def watch(statement: Statement, turns: int, names: Mapping[str, int], memory: Memory, data: bytearray) -> None:
        nonlocal heads
        if isinstance(statement, form.Loop) and heads < HEADS and turns < TURNS:
            heads += 1
            left[:] = [one for one in left if one[0] is not statement or _is_so(one[2], names, memory, len(data))]

    for witness in trials(program):
        if not left or heads >= HEADS:
            break
        replay(program, witness.packet, witness.memory, enough=SHORT, observe=watch)
    return [(loop, fact) for loop, fact, _ in left]


def _is_so(value: Value, names: Mapping[str, int], memory: Memory, length: int) -> bool:
    try:
        return bool(value(names, memory, length))
    except _Breaks:
        return False


def _value(program: Program, expression: Expression) -> Value:
    """How to come to the value of what a fact is made of."""
    match expression:
        case form.Constant(value):
            return lambda names, memory, length: value
        case form.Variable(name):
            return lambda names, memory, length: names[name]
        case form.Extent("packet"):
            return lambda names, memory, length: length
        case form.Extent(of) if of != "wire":
            count = program.region(of).count
            return lambda names, memory, length: count
        case form.Owned(region, form.Constant(index)):
            return lambda names, memory, length: memory[region][index]
        case form.Compare(symbol, one, other):
            left, right, compare = _value(program, one), _value(program, other), COMPARISONS[symbol]
            return lambda *state: compare(left(*state), right(*state))
        case form.Binary(symbol, one, other):
            left, right, operator, bits = _value(program, one), _value(program, other), OPERATORS[symbol], one.type.bits

            def binary(names: Mapping[str, int], memory: Memory, length: int) -> int:
                a, b = left(names, memory, length), right(names, memory, length)
                if fault_of(operator, a, b, bits):
                    raise _Breaks
                return evaluate(operator, a, b, bits)

            return binary

    def unknown(names: Mapping[str, int], memory: Memory, length: int) -> int:
        raise _Breaks  # of the wire, nothing is known

    return unknown
