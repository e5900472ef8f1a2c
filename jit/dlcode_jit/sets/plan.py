"""What a set is compiled from: its filters as shapes with their tables, and the rest as they are.

A test becomes part of a shape's key when filters are there that differ in its constant, and then stays so. So what all
filters have in common stays a constant of the code; and a filter that differs only where others have differed before is
of a known shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from math import prod

from dlcode_verifier import Certificate, Options

from .shapes import MOST_KEYS, Shape, Structure, shape, structure, widest
from .steps import MATCH, Course, course
from .tables import Key, Layout, Table
from .trie import Lookup, Rest, Way

Constants = tuple[tuple[int, ...], ...]
"""The values of each of a filter's tests."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A filter of a set, with the number of its owner."""

    certificate: Certificate
    owner: int
    course: Course
    structure: Structure | None  # None: it is no straight run of steps

    @classmethod
    def of(cls, certificate: Certificate, owner: int) -> Member:
        """What a proved filter is to a set."""
        steps = course(certificate.program)
        return cls(certificate, owner, steps, structure(steps) if steps.straight else None)

    @property
    def constants(self) -> Constants:
        """The values of its tests."""
        return tuple(test.values for test in self.course.tests)


@dataclass(slots=True, eq=False)
class Branch:
    """The filters of one shape: all have the same constants in the tests that are not in the key."""

    shape: Shape
    layout: Layout
    keys: dict[Key, list[int]]  # with the owner of each filter that asks for it: all the same
    table: Table


class Overlap(Exception):  # to the caller it is an ImageError
    """Two filters of different owners ask for the same packets."""


@dataclass(slots=True)
class Shapes:
    """What is known of shapes, and proved, for as long as the set lives."""

    options: Options | None
    keyed: dict[Structure, frozenset[int]] = field(default_factory=dict)  # tests that are in the key
    proved: dict[tuple[Structure, frozenset[int], Constants], Shape | None] = field(default_factory=dict)

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
    ways: list[Way]
    certificates: list[Certificate]
    tables: list[Table]


def plan(members: Iterable[Member], shapes: Shapes) -> Plan:
    """Lay out the filters. Raises Overlap where two of different owners have the same constants."""
    families: dict[Structure, list[Member]] = {}
    made = Plan({}, [], [], [])
    for member in members:
        if member.structure is None or prod(map(len, member.constants)) > MOST_KEYS:
            alone(made, member)
        else:
            families.setdefault(member.structure, []).append(member)
    for common, family in families.items():
        _family(made, common, family, shapes)
    return made


def alone(made: Plan, member: Member) -> None:
    """A filter compiled as it is."""
    steps = tuple(step.body for step in member.course.steps)
    made.ways.append(Way(member.certificate.program.maximum, steps, Rest(member.course.rest, member.owner)))
    made.certificates.append(member.certificate)


def _family(made: Plan, structure: Structure, family: list[Member], shapes: Shapes) -> None:
    keyed = shapes.widen(structure, family)
    alike: dict[Constants, list[Member]] = {}
    for member in family:
        alike.setdefault(fixed_of(member.constants, keyed), []).append(member)
    for fixed, members in alike.items():
        proved = shapes.prove(structure, members[0].course, keyed)
        if proved is None:
            for member in members:
                alone(made, member)
        elif not proved.key:
            if len({member.owner for member in members}) > 1:
                raise Overlap
            made.ways.append(Way(proved.maximum, proved.steps, Rest(MATCH, members[0].owner)))
            made.certificates.append(proved.certificate)
        else:
            made.branches[structure, fixed] = _branch(made, proved, keyed, members)


def _branch(made: Plan, proved: Shape, keyed: frozenset[int], members: list[Member]) -> Branch:
    layout = Layout.of([part.type for part in proved.key])
    keys: dict[Key, list[int]] = {}
    for member in members:
        for key in keys_of(member.constants, keyed, layout):
            owners = keys.setdefault(key, [])
            if owners and owners[0] != member.owner:
                raise Overlap
            owners.append(member.owner)
    table = Table(layout, {key: owners[0] for key, owners in keys.items()})
    end = Lookup(len(made.tables), proved.key, layout, tuple(table.spilled.items()))
    made.tables.append(table)
    made.ways.append(Way(proved.maximum, proved.steps, end))
    made.certificates.append(proved.certificate)
    return Branch(proved, layout, keys, table)
