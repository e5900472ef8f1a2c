"""The integer encoder: values as integers, and "does not wrap" as an obligation like any other.

A plain sum, difference or product is exact, as its obligation says that it fits; the first operation that does not is
found, since all before it are exact. Wrapping operators, shifts by a constant and bit operations with a constant are
written in linear arithmetic, exactly. The few that are left (two unknown operands of `& | ^`, shifts by an unknown
amount, a long byte swap) are only bounded: then what is proved still holds, and what is refuted goes to the
bit-vectors.
"""

from __future__ import annotations

import z3
from z3 import z3core

from .encodings import Ast, Encoder
from .terms import Row, Term

LONGEST_EXACT_SWAP = 8
"""Bytes up to which a byte swap is written out."""


class Integer(Encoder):
    def __init__(self, context: z3.Context, maximum: int, shapes: dict[Term, int]) -> None:
        super().__init__(context, maximum, shapes)
        c = self.build.c
        self.int = self.build.sort(z3core.Z3_mk_int_sort(c))
        self.array_sort = self.build.sort(z3core.Z3_mk_array_sort(c, self.int, self.int))
        self.numbers: dict[int, Ast] = {}
        self.bounded: set[tuple[str, int]] = set()
        self.fresh = 0

    # ---- building

    def number(self, value: int, bits: int = 0) -> Ast:
        ast = self.numbers.get(value)
        if ast is None:
            ast = self.numbers[value] = self.build.numeral(value, self.int)
        return ast

    def sum(self, *parts: Ast) -> Ast:
        return parts[0] if len(parts) == 1 else self.build.many(z3core.Z3_mk_add, *parts)

    def difference(self, left: Ast, right: Ast) -> Ast:
        return self.build.many(z3core.Z3_mk_sub, left, right)

    def product(self, left: Ast, right: Ast) -> Ast:
        return self.build.many(z3core.Z3_mk_mul, left, right)

    def scaled(self, operand: Ast, by: int) -> Ast:
        return operand if by == 1 else self.product(self.number(by), operand)

    def quotient(self, operand: Ast, by: int) -> Ast:
        return operand if by == 1 else self.build.two(z3core.Z3_mk_div, operand, self.number(by))

    def modulo(self, operand: Ast, by: int) -> Ast:
        return self.build.two(z3core.Z3_mk_mod, operand, self.number(by))

    def le(self, left: Ast, right: Ast) -> Ast:
        return self.build.two(z3core.Z3_mk_le, left, right)

    def lt(self, left: Ast, right: Ast) -> Ast:
        return self.build.two(z3core.Z3_mk_lt, left, right)

    def is_below(self, operand: Ast, limit: int) -> Ast:
        """0 <= operand < limit."""
        return self.build.both(self.le(self.number(0), operand), self.lt(operand, self.number(limit)))

    def index_plus(self, index: Ast, by: int) -> Ast:
        return index if by == 0 else self.sum(index, self.number(by))

    def unknown(self, term: Term, bits: int, operands: tuple[Term, ...], *facts: Ast) -> Ast:
        """A value of which only its type is known, and `facts` where all operands are inside their types.

        Facts speak of the value by `self.latest`, and hold of the real result of the operation; so the side condition
        can be satisfied whatever the operands are: by the real result where they are inside, by any value elsewhere.
        """
        value = self.latest
        self.loose.add(term)
        self.sides.append(self.is_below(value, 1 << bits))
        if facts:
            inside = [self.is_below(self.of[part], 1 << self.rows[part][1]) for part in operands]
            self.sides.append(self.build.implies(self.build.both(*inside), self.build.both(*facts)))
        self.latest_used()
        return value

    @property
    def latest(self) -> Ast:
        """The value that the next `unknown` gives."""
        return self.build.constant(f"unknown!{self.fresh}", self.int)

    def latest_used(self) -> None:
        self.fresh += 1

    def at_most_number(self, term: Term, limit: int) -> Ast:
        return self.le(self.of[term], self.number(limit))

    # ---- packet and memory

    def constant(self, term: Term, row: Row) -> Ast:
        return self.number(row[2])

    def length(self, term: Term, row: Row) -> Ast:
        length = self.build.constant("length", self.int)
        self.sides.append(self.is_below(length, self.maximum + 1))
        return length

    def wire(self, term: Term, row: Row) -> Ast:
        wire = self.build.constant("wire", self.int)
        self.sides.append(self.is_below(wire, 1 << 32))
        return wire

    def any_value(self, term: Term, row: Row) -> Ast:
        if row[1] == 0:
            return self.build.constant(f"any {row[2]}", self.build.truth)
        value = self.build.constant(f"any {row[2]}", self.int)
        self.sides.append(self.is_below(value, 1 << row[1]))
        return value

    def array(self, term: Term, row: Row) -> Ast:
        (name,) = self.bases[term]
        self.initials[name] = array = self.build.constant(name, self.array_sort)
        return array

    def bound(self, array: Term, index: Ast) -> None:
        """Say that what an array held at first, at this index, was inside its type."""
        key = z3core.Z3_get_ast_id(self.build.c, index)
        for name in self.bases[array]:
            if (name, key) not in self.bounded:
                self.bounded.add((name, key))
                cell = self.build.select(self.initials[name], index)
                self.sides.append(self.is_below(cell, 1 << -self.rows[array][1]))

    def byte(self, array: Term, index: Ast) -> Ast:
        self.bound(array, index)
        return self.build.select(self.of[array], index)

    def read(self, term: Term, row: Row) -> Ast:
        return self.bytes_from(row[2], row[3], row[1] // 8, little=False)

    def bytes_from(self, array: Term, start: Term, size: int, *, little: bool) -> Ast:
        at, parts = self.of[start], []
        for place in range(size):
            byte = self.byte(array, self.offset_of(start, at, place))
            parts.append(self.scaled(byte, 1 << 8 * (place if little else size - 1 - place)))
        return self.sum(*parts)

    def offset_of(self, start: Term, at: Ast, place: int) -> Ast:
        known = self.known(start)
        return self.index_plus(at, place) if known is None else self.number(known + place)

    def rewrite(self, term: Term, row: Row) -> Ast:
        array, at, value, size = self.of[row[2]], self.of[row[3]], self.of[row[4]], self.rows[row[4]][1] // 8
        for place in range(size):
            byte = self.modulo(self.quotient(value, 1 << 8 * (size - 1 - place)), 256)
            array = self.build.stored(array, self.offset_of(row[3], at, place), byte)
        return array

    def cell(self, term: Term, row: Row) -> Ast:
        return self.byte(row[2], self.of[row[3]])

    def store(self, term: Term, row: Row) -> Ast:
        return self.build.stored(self.of[row[2]], self.of[row[3]], self.of[row[4]])

    # ---- operators; a row is (operation, bits, left, right)

    def plus(self, term: Term, row: Row) -> Ast:
        return self.sum(self.of[row[2]], self.of[row[3]])

    def minus(self, term: Term, row: Row) -> Ast:
        return self.difference(self.of[row[2]], self.of[row[3]])

    def times(self, term: Term, row: Row) -> Ast:
        return self.product(self.of[row[2]], self.of[row[3]])

    def plus_wrapping(self, term: Term, row: Row) -> Ast:
        total, whole = self.plus(term, row), self.number(1 << row[1])
        return self.build.choose(self.lt(total, whole), total, self.difference(total, whole))

    def minus_wrapping(self, term: Term, row: Row) -> Ast:
        left, right, difference = self.of[row[2]], self.of[row[3]], self.minus(term, row)
        return self.build.choose(self.le(right, left), difference, self.sum(difference, self.number(1 << row[1])))

    def times_wrapping(self, term: Term, row: Row) -> Ast:
        product, whole = self.times(term, row), 1 << row[1]
        cut = self.modulo(product, whole)
        return self.build.choose(self.lt(product, self.number(whole)), product, cut) if term in self.shapes else cut

    def divide(self, term: Term, row: Row) -> Ast:
        return self.build.two(z3core.Z3_mk_div, self.of[row[2]], self.of[row[3]])

    def remainder(self, term: Term, row: Row) -> Ast:
        return self.build.two(z3core.Z3_mk_mod, self.of[row[2]], self.of[row[3]])

    def masked(self, operand: Ast, mask: int) -> Ast:
        """`operand & mask`, exactly: a run of ones is a quotient, a remainder and a scale."""
        runs, place = [], 0
        while mask >> place:
            if mask >> place & 1:
                width = 1
                while mask >> (place + width) & 1:
                    width += 1
                runs.append(self.scaled(self.modulo(self.quotient(operand, 1 << place), 1 << width), 1 << place))
                place += width
            else:
                place += 1
        return self.sum(*runs) if runs else self.number(0)

    def with_constant(self, row: Row) -> tuple[Term, int] | None:
        """The other operand and the value, where one operand is a constant."""
        for this, other in ((row[2], row[3]), (row[3], row[2])):
            value = self.known(this)
            if value is not None:
                return other, value
        return None

    def bits_and(self, term: Term, row: Row) -> Ast:
        if (constant := self.with_constant(row)) is not None:
            return self.masked(self.of[constant[0]], constant[1])
        left, right, value = self.of[row[2]], self.of[row[3]], self.latest
        return self.unknown(term, row[1], row[2:4], self.le(value, left), self.le(value, right))

    def bits_or(self, term: Term, row: Row) -> Ast:
        left, right = self.of[row[2]], self.of[row[3]]
        if (constant := self.with_constant(row)) is not None:
            other, mask = self.of[constant[0]], constant[1]
            return self.difference(self.sum(other, self.number(mask)), self.masked(other, mask))
        total, value = self.sum(left, right), self.latest
        facts = [self.le(left, value), self.le(right, value), self.le(value, total)]
        return self.apart(term, row, total, self.unknown(term, row[1], row[2:4], *facts, *self.narrow_facts(term, row)))

    def bits_xor(self, term: Term, row: Row) -> Ast:
        left, right = self.of[row[2]], self.of[row[3]]
        if (constant := self.with_constant(row)) is not None:
            other, mask = self.of[constant[0]], constant[1]
            if mask == (1 << row[1]) - 1:
                return self.difference(self.number(mask), other)
            twice = self.scaled(self.masked(other, mask), 2)
            return self.difference(self.sum(other, self.number(mask)), twice)
        total, value = self.sum(left, right), self.latest
        facts = [self.le(value, total), *self.narrow_facts(term, row)]
        return self.apart(term, row, total, self.unknown(term, row[1], row[2:4], *facts))

    def narrow_facts(self, term: Term, row: Row) -> list[Ast]:
        """Of `|` and `^`: operands below a power of two give a result below it."""
        limit = self.number(1 << (row[1] - 1))
        left, right = self.of[row[2]], self.of[row[3]]
        small = self.build.both(self.lt(left, limit), self.lt(right, limit))
        return [self.build.implies(small, self.lt(self.latest, limit))]

    def apart(self, term: Term, row: Row, total: Ast, otherwise: Ast) -> Ast:
        """The sum, where the operands of `|` or `^` have no bit in common by a shape that was hinted at."""
        shape = self.shapes.get(term)
        if shape is None:
            return otherwise
        high, low = (row[2], row[3]) if shape >= 0 else (row[3], row[2])
        place = 1 << (shape if shape >= 0 else ~shape)
        multiple = self.build.equal(self.modulo(self.of[high], place), self.number(0))
        disjoint = self.build.both(multiple, self.is_below(self.of[low], place))
        return self.build.choose(disjoint, total, otherwise)

    def shift_left(self, term: Term, row: Row) -> Ast:
        operand, bits, by = self.of[row[2]], row[1], self.known(row[3])
        if by is not None:
            if by >= bits:
                return self.number(0)
            kept = 1 << (bits - by)
            whole, cut = self.scaled(operand, 1 << by), self.scaled(self.modulo(operand, kept), 1 << by)
            return self.build.choose(self.is_below(operand, kept), whole, cut) if term in self.shapes else cut
        return self.shifted(term, row)

    def shift_right(self, term: Term, row: Row) -> Ast:
        by = self.known(row[3])
        if by is not None:
            return self.quotient(self.of[row[2]], 1 << by) if by < row[1] else self.number(0)
        return self.shifted(term, row, self.le(self.latest, self.of[row[2]]))

    def shifted(self, term: Term, row: Row, *facts: Ast) -> Ast:
        unmoved = self.build.implies(
            self.build.equal(self.of[row[3]], self.number(0)), self.build.equal(self.latest, self.of[row[2]])
        )
        return self.unknown(term, row[1], row[2:4], unmoved, *facts)

    # ---- other widths

    def widen(self, term: Term, row: Row) -> Ast:
        return self.of[row[2]]

    narrow = widen

    def truncate(self, term: Term, row: Row) -> Ast:
        return self.modulo(self.of[row[2]], 1 << row[1])

    def swap(self, term: Term, row: Row) -> Ast:
        size, operand, inner = row[1] // 8, self.of[row[2]], self.rows[row[2]]
        if inner[0] == "read":
            return self.bytes_from(inner[2], inner[3], size, little=True)
        if size > LONGEST_EXACT_SWAP:
            return self.unknown(term, row[1], (row[2],))
        parts = [self.modulo(self.quotient(operand, 1 << 8 * place), 256) for place in range(size)]
        return self.sum(*(self.scaled(part, 1 << 8 * (size - 1 - place)) for place, part in enumerate(parts)))

    # ---- claims

    def less(self, term: Term, row: Row) -> Ast:
        return self.lt(self.of[row[2]], self.of[row[3]])

    def at_most(self, term: Term, row: Row) -> Ast:
        return self.le(self.of[row[2]], self.of[row[3]])

    def fits(self, term: Term, row: Row) -> Ast:
        _, _, symbol, left, right = row
        exact = self.sum if symbol == "+" else self.product
        return self.lt(exact(self.of[left], self.of[right]), self.number(1 << self.rows[left][1]))

    def within(self, term: Term, row: Row) -> Ast:
        _, _, limit, known, *parts = row
        total = [self.of[part] for part in parts]
        if known or not total:
            total.append(self.number(known))
        return self.le(self.sum(*total), self.of[limit])

    def linear(self, constant: int, coefficients: tuple[int, ...], parts: tuple[Term, ...]) -> Ast:
        """The mathematical sum."""
        scaled = [self.scaled(self.of[part], by) for by, part in zip(coefficients, parts, strict=True)]
        return self.sum(*scaled, self.number(constant)) if constant else self.sum(*scaled)

    def nonpositive(self, term: Term, row: Row) -> Ast:
        return self.le(self.linear(row[2], row[3], row[4:]), self.number(0))

    def multiple(self, term: Term, row: Row) -> Ast:
        whole = self.linear(row[3], row[4], row[5:])
        return self.build.equal(self.modulo(whole, row[2]), self.number(0))
