"""Endless loops: a run that comes back to where it was never ends.

What a loop does next depends on its cone: the names, cells and packet bytes that its tests depend on, by way of what is
assigned in it. Where all of these are at one head what they were at an earlier one of the same entry, the loop takes
the same turns again and again, whatever else it counts. Only a fault could end it; the whole cone, which also holds
what its faults depend on, tells that none does.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache

from dlcode_dsl.core import form, interpret
from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Body, Expression, Program, Statement
from dlcode_dsl.core.interpret import Fault, Memory, Observer, Packet
from dlcode_dsl.core.operators import OPERATORS

REPLAY = 3_000_000
"""Operations after which a replay is given up: it then shows nothing. The longest packets take about so many."""

REMEMBERED = 1_000_000
"""Most values of earlier heads that are kept to compare with, for one entry to a loop."""


class Endless(Fault):
    """A loop that never ends: after `turns` turns it is back where it was after `back`."""

    def __init__(self, loop: form.Loop, back: int, turns: int, faults: bool) -> None:
        done = f"{turns} turn{'' if turns == 1 else 's'}"
        where = f"it was after {back}" if back else "it began"
        end = "only a fault can end it" if faults else "it never ends"
        super().__init__(FaultKind.ENDLESS, loop, f"after {done} the loop is back where {where}: {end}")
        self.back, self.turns = back, turns


@dataclass(frozen=True, slots=True)
class Cone:
    """What changes in a loop, lives at its head, and has a say in what it does."""

    names: tuple[str, ...]
    regions: tuple[str, ...]
    packet: bool

    def at(self, names: Mapping[str, int], memory: Memory, data: bytearray) -> tuple[Hashable, ...]:
        """Its values in a run."""
        here: list[Hashable] = [names[name] for name in self.names]
        here += [tuple(memory[region]) for region in self.regions]
        return (*here, bytes(data)) if self.packet else tuple(here)


@lru_cache(maxsize=64)
def _cones(key: _Same) -> tuple[Cone, Cone, Cone]:
    control, faults, definitions, bound = set[str](), set[str](), list[tuple[str, frozenset[str]]](), set[str]()
    for statement in _within((key.loop,)):
        control |= _tests(statement)
        faults |= _risks(statement)
        definitions += changes(statement)
        if isinstance(statement, form.Let | form.Read):
            bound.add(f"%{statement.name}")
        elif isinstance(statement, form.Copy):
            bound |= {f"%{statement.result}.{name}" for name in statement.through}
    defined = {target for target, _ in definitions} - bound
    roots = control, control | faults, defined
    control_cone, whole, everything = (_cone(each, definitions, defined) for each in roots)
    return control_cone, whole, everything


def cones(loop: form.Loop) -> tuple[Cone, Cone]:
    """What decides which way the loop goes, and what decides that or whether something in it faults."""
    return _cones(_Same(loop))[:2]


def changed(loop: form.Loop) -> Cone:
    """Whatever changes in the loop and lives at its head."""
    return _cones(_Same(loop))[2]


class _Same:
    """A loop as itself, not as one that looks like it."""

    def __init__(self, loop: form.Loop) -> None:
        self.loop = loop

    def __hash__(self) -> int:
        return id(self.loop)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.loop is self.loop


def _cone(roots: set[str], definitions: list[tuple[str, frozenset[str]]], defined: set[str]) -> Cone:
    """Everything that the roots depend on, of what is defined. A region is "@name", a name "%name"."""
    reached, grown = set(roots), True
    while grown:
        grown = False
        for target, sources in definitions:
            if target in reached and not sources <= reached:
                reached |= sources
                grown = True
    here = sorted(reached & defined)
    return Cone(
        tuple(atom[1:] for atom in here if atom[0] == "%"),
        tuple(atom[1:] for atom in here if atom[0] == "@"),
        _PACKET in here,
    )


_PACKET = "packet"


def _within(body: Body) -> Iterator[Statement]:
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from _within(inner)


def _parts(node: object) -> Iterator[Expression]:
    """The expressions that stand in a node itself."""
    for part in fields(node):  # type: ignore[arg-type]
        value = getattr(node, part.name)
        for piece in value if isinstance(value, tuple) else (value,):
            if isinstance(piece, Expression):
                yield piece
            elif isinstance(piece, form.PacketBytes | form.Value):
                yield from _parts(piece)


def parts_of(expression: Expression) -> Iterator[Expression]:
    """An expression and all that it is made of."""
    yield expression
    for part in _parts(expression):
        yield from parts_of(part)


def expressions_in(statement: Statement) -> Iterator[Expression]:
    """Each expression of a statement, with all that it is made of; not those of bodies in it."""
    for part in _parts(statement):
        yield from parts_of(part)


def names_in(expression: Expression) -> list[str]:
    """The names that an expression uses, each once, in the order of the text."""
    return list(dict.fromkeys(node.name for node in parts_of(expression) if isinstance(node, form.Variable)))


def names_told(node: object) -> list[str]:
    """The names that a fault at a node is about: for a cell, those of its index; for a loop, those of its measure."""
    match node:
        case form.Binary(symbol, _, right) if OPERATORS[symbol].fault in (FaultKind.DIVISION, FaultKind.SHIFT):
            parts: list[Expression] = [right]
        case form.Owned(_, index) | form.Entry(_, index) | form.Store(_, index):
            parts = [index]
        case form.Loop():
            parts = [*node.decreases, node.condition]
        case _:
            parts = list(_parts(node))
    return list(dict.fromkeys(name for part in parts for name in names_in(part)))


def _atoms(*expressions: Expression) -> frozenset[str]:
    """What expressions are computed from."""
    found = set()
    for root in expressions:
        for node in parts_of(root):
            if isinstance(node, form.Variable):
                found.add(f"%{node.name}")
            elif isinstance(node, form.Owned):
                found.add(f"@{node.region}")
    return frozenset(found)


def _tests(statement: Statement) -> frozenset[str]:
    """What decides which way the statement goes."""
    match statement:
        case form.If(condition) | form.Loop(_, _, condition):
            return _atoms(condition)
        case form.Read(_, _, offset, otherwise) if otherwise is not None:
            return _atoms(offset)
    return frozenset()


def _risks(statement: Statement) -> frozenset[str]:
    """What decides whether the statement faults: operands of whatever has a rule to break."""
    found = set[str]()
    for part in _parts(statement):
        for node in parts_of(part):
            match node:
                case form.Binary(symbol, left, right) if OPERATORS[symbol].fault is not None:
                    found |= _atoms(left, right)
                case form.Convert("narrow", operand):
                    found |= _atoms(operand)
                case form.Owned(_, index) | form.Entry(_, index):
                    found |= _atoms(index)
    match statement:
        case form.Copy():
            found |= {*_atoms(*_parts(statement)), _PACKET}
        case form.Read() | form.Rewrite() | form.Send() | form.Check():
            found |= _atoms(*_parts(statement))
            if isinstance(statement, form.Send):
                found.add(_PACKET)
        case form.Store(_, index):
            found |= _atoms(index)
        case form.Loop():
            found |= _atoms(*statement.invariants, *statement.decreases)
    return frozenset(found)


def changes(statement: Statement) -> Iterator[tuple[str, frozenset[str]]]:
    """What the statement changes, and from what."""
    match statement:
        case form.Let(name, value) | form.Assign(name, value):
            yield f"%{name}", _atoms(value)
        case form.Read(name, _, offset):
            yield f"%{name}", _atoms(offset) | {_PACKET}
        case form.Store(region, index, value):
            yield f"@{region}", _atoms(index, value)
        case form.Rewrite(offset, value):
            yield _PACKET, _atoms(offset, value)
        case form.Copy(offset, count, region, index, through, result):
            sources = _atoms(offset, count, index) | {_PACKET}
            yield f"@{region}", sources
            for name in through:
                yield f"%{result}.{name}", sources


@dataclass(slots=True)
class _Watch:
    """Watches a run; raises Endless where a loop repeats itself."""

    seen: dict[int, dict[Hashable, tuple[int, Hashable]]] = field(default_factory=dict)
    kept: dict[int, int] = field(default_factory=dict)

    def __call__(self, loop: Statement, turns: int, names: Mapping[str, int], memory: Memory, data: bytearray) -> None:
        if not isinstance(loop, form.Loop) or loop.limit is not None or loop.decreases:
            return  # it ends, or faults
        if turns == 0:
            self.seen[id(loop)], self.kept[id(loop)] = {}, 0
        control, whole = cones(loop)
        here, everything = control.at(names, memory, data), whole.at(names, memory, data)
        seen = self.seen[id(loop)]
        if here in seen:
            back, before = seen[here]
            raise Endless(loop, back, turns, before != everything)
        size = sum(len(part) if isinstance(part, tuple | bytes) else 1 for part in (*here, *everything))
        if self.kept[id(loop)] + size < REMEMBERED:
            self.kept[id(loop)] += size + 1
            seen[here] = turns, everything


def replay(
    program: Program, packet: Packet, memory: Memory, *, enough: int = REPLAY, observe: Observer | None = None
) -> Fault | None:
    """The fault that a run raises, Endless among them; None where it ends well, or is not over after `enough`."""
    watch = _Watch()

    def both(statement: Statement, turns: int, names: Mapping[str, int], memory: Memory, data: bytearray) -> None:
        if observe is not None:
            observe(statement, turns, names, memory, data)
        watch(statement, turns, names, memory, data)

    try:
        interpret.run(program, packet, memory, enough=enough, observe=both if observe else watch)
    except Endless as fault:
        return fault
    except Fault as fault:
        return None if fault.kind is FaultKind.ENDLESS else fault  # the interpreter's own only says that it stopped
    return None
