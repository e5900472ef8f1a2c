"""What a set is compiled from: its filters as shapes with their tables, and the rest as they are.

A test becomes part of a shape's key when filters are there that differ in its constant, and then stays so. So what all
filters have in common stays a constant of the code; and a filter that differs only where others have differed before is
of a known shape.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import product
from math import prod

from dlcode_verifier import Certificate, Options

from .shapes import MOST_KEYS, Shape, shape, structure, widest
from .steps import MATCH, Course, course
from .tables import Key, Layout, Table
from .trie import Lookup, Rest, Way

NO_KEY = Layout.of(())
"""Of a table that has one owner, or none."""

Structure = int
"""The number that `Shapes` gives to what filters have in common but for the constants of their tests."""

SPARE = 256
"""Structures of which something is known though no filter has them any more; more are forgotten."""

Constants = tuple[tuple[int, ...], ...]
"""The values of each of a filter's tests."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A filter of a set, with the number of its owner."""

    certificate: Certificate
    owner: int
    course: Course
    structure: Structure | None  # None: it is no straight run of steps, or asks for too many keys

    @property
    def constants(self) -> Constants:
        """The values of its tests."""
        return tuple(test.values for test in self.course.tests)


@dataclass(slots=True, eq=False)
class Branch:
    """The filters of one way: all have the same constants in the tests that are not in the key."""

    layout: Layout
    keys: dict[Key, list[int]]  # with the owner of each filter that asks for it: all the same
    table: Table


class Overlap(Exception):  # to the caller it is an ImageError
    """Two filters of different owners ask for the same packets."""


@dataclass(slots=True)
class Shapes:
    """What is known of shapes, and proved, for as long as the set lives."""

    options: Options | None
    numbers: dict[tuple[object, ...], Structure] = field(default_factory=dict)
    keyed: dict[Structure, frozenset[int]] = field(default_factory=dict)  # tests that are in the key
    proved: dict[tuple[Structure, frozenset[int], Constants], Shape | None] = field(default_factory=dict)
    next: Structure = 0  # numbers are never used again

    def member(self, certificate: Certificate, owner: int) -> Member:
        """What a proved filter is to a set."""
        steps = course(certificate.program)
        number: Structure | None = None
        if steps.straight and prod(len(test.values) for test in steps.tests) <= MOST_KEYS:
            number = self.numbers.setdefault(structure(steps), self.next)
            self.next += number == self.next
        return Member(certificate, owner, steps, number)

    def forget(self, but: Collection[Structure]) -> None:
        """Forget structures that no filter has, if they are many."""
        if len(self.numbers) > len(but) + SPARE:
            self.numbers = {common: number for common, number in self.numbers.items() if number in but}
            self.keyed = {number: tests for number, tests in self.keyed.items() if number in but}
            self.proved = {asked: found for asked, found in self.proved.items() if asked[0] in but}

    def prove(self, structure: Structure, of: Course, keyed: frozenset[int]) -> Shape | None:
        """The shape with these tests in its key, proved once."""
        fixed = fixed_of(tuple(test.values for test in of.tests), keyed)
        asked = (structure, keyed, fixed)
        if asked not in self.proved:
            self.proved[asked] = shape(of, keyed, self.options)
        return self.proved[asked]

    def widen(self, structure: Structure, members: Iterable[Member]) -> frozenset[int]:
        """The tests that are in the key from now on, as filters differ in them."""
        first, *others = members
        keyed = self.keyed.get(structure, frozenset())
        wanted = {
            number
            for other in others
            for number, (one, two) in enumerate(zip(first.constants, other.constants, strict=True))
            if one != two
        } - keyed
        if wanted:
            found = widest(first.course, keyed, frozenset(wanted), lambda of, tests: self.prove(structure, of, tests))
            keyed = self.keyed[structure] = found
        return keyed


def fixed_of(constants: Constants, keyed: frozenset[int]) -> Constants:
    """The constants of the tests that are not in the key."""
    return tuple(values for number, values in enumerate(constants) if number not in keyed)


def keys_of(constants: Constants, keyed: frozenset[int], layout: Layout) -> list[Key]:
    """All keys that a filter asks for."""
    return [layout.key(values) for values in product(*(constants[number] for number in sorted(keyed)))]


@dataclass(slots=True, eq=False)
class Plan:
    """A set's filters in the form in which they are compiled."""

    branches: dict[tuple[Structure, Constants], Branch]
    alone: dict[int, Branch]  # filters that are compiled as they are, by the member's identity
    ways: list[Way]
    certificates: list[Certificate]
    tables: list[Table]

    @property
    def idle(self) -> int:
        """Ways that no filter takes any more."""
        return sum(not branch.keys for branch in (*self.branches.values(), *self.alone.values()))


def plan(members: Iterable[Member], shapes: Shapes) -> Plan:
    """Lay out the filters. Raises Overlap where two of different owners have the same constants."""
    families: dict[Structure, list[Member]] = {}
    made = Plan({}, {}, [], [], [])
    for member in members:
        if member.structure is None:
            _alone(made, member)
        else:
            families.setdefault(member.structure, []).append(member)
    for common, family in families.items():
        _family(made, common, family, shapes)
    return made


def _alone(made: Plan, member: Member) -> None:
    """A filter compiled as it is."""
    made.alone[id(member)] = branch = _branch(frozenset(), NO_KEY, [member])
    steps = tuple(step.body for step in member.course.steps)
    end = Rest(member.course.rest, len(made.tables))
    _add(made, Way(member.certificate.program.maximum, steps, end), member.certificate, branch)


def _family(made: Plan, structure: Structure, family: list[Member], shapes: Shapes) -> None:
    keyed = shapes.widen(structure, family)
    alike: dict[Constants, list[Member]] = {}
    for member in family:
        alike.setdefault(fixed_of(member.constants, keyed), []).append(member)
    for fixed, members in alike.items():
        proved = shapes.prove(structure, members[0].course, keyed)
        if proved is None:
            for member in members:
                _alone(made, member)
            continue
        layout, number = Layout.of([part.type for part in proved.key]), len(made.tables)
        made.branches[structure, fixed] = branch = _branch(keyed, layout, members)
        spilled = tuple(branch.table.spilled.items())
        end = Lookup(number, proved.key, layout, spilled) if proved.key else Rest(MATCH, number)
        _add(made, Way(proved.maximum, proved.steps, end), proved.certificate, branch)


def _add(made: Plan, way: Way, certificate: Certificate, branch: Branch) -> None:
    made.ways.append(way)
    made.certificates.append(certificate)
    made.tables.append(branch.table)


def _branch(keyed: frozenset[int], layout: Layout, members: list[Member]) -> Branch:
    keys: dict[Key, list[int]] = {}
    for member in members:
        for key in keys_of(member.constants, keyed, layout):
            owners = keys.setdefault(key, [])
            if owners and owners[0] != member.owner:
                raise Overlap
            owners.append(member.owner)
    return Branch(layout, keys, Table(layout, {key: owners[0] for key, owners in keys.items()}))
