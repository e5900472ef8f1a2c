"""The bit-vector encoder: every operation exactly, at its own width. It decides what the integers only bound.

Sums that must not wrap (where a read ends, how long a frame is) are made at a width at which they can't.
"""

from __future__ import annotations

import z3
from z3 import z3core

from .encodings import Ast, Encoder
from .terms import Row, Term


class BitVector(Encoder):
    def __init__(self, context: z3.Context, maximum: int, shapes: dict[Term, int]) -> None:
        super().__init__(context, maximum, shapes)
        self.sorts: dict[int, object] = {}
        self.numbers: dict[tuple[int, int], Ast] = {}

    # ---- building

    def sort(self, bits: int) -> object:
        sort = self.sorts.get(bits)
        if sort is None:
            sort = self.sorts[bits] = self.build.sort(z3core.Z3_mk_bv_sort(self.build.c, bits))
        return sort

    def number(self, value: int, bits: int) -> Ast:
        ast = self.numbers.get((value, bits))
        if ast is None:
            ast = self.numbers[value, bits] = self.build.numeral(value, self.sort(bits))
        return ast

    def widened(self, operand: Ast, bits: int, to: int) -> Ast:
        return operand if bits == to else self.build.keep(z3core.Z3_mk_zero_ext(self.build.c, to - bits, operand))

    def slice(self, operand: Ast, low: int, bits: int) -> Ast:
        return self.build.keep(z3core.Z3_mk_extract(self.build.c, low + bits - 1, low, operand))

    def joined(self, *parts: Ast) -> Ast:
        """The parts as one value, the first the most significant."""
        whole = parts[0]
        for part in parts[1:]:
            whole = self.build.two(z3core.Z3_mk_concat, whole, part)
        return whole

    def index_plus(self, index: Ast, by: int) -> Ast:
        return index if by == 0 else self.build.two(z3core.Z3_mk_bvadd, index, self.number(by, 32))

    def pair(self, make: object, row: Row) -> Ast:
        return self.build.two(make, self.of[row[2]], self.of[row[3]])  # type: ignore[arg-type]

    def at_most_number(self, term: Term, limit: int) -> Ast:
        return self.build.two(z3core.Z3_mk_bvule, self.of[term], self.number(limit, 32))

    # ---- packet and memory

    def constant(self, term: Term, row: Row) -> Ast:
        return self.number(row[2], row[1])

    def length(self, term: Term, row: Row) -> Ast:
        length = self.build.constant("length", self.sort(32))
        self.sides.append(self.build.two(z3core.Z3_mk_bvule, length, self.number(self.maximum, 32)))
        return length

    def wire(self, term: Term, row: Row) -> Ast:
        return self.build.constant("wire", self.sort(32))

    def any_value(self, term: Term, row: Row) -> Ast:
        return self.build.constant(f"any {row[2]}", self.sort(row[1]) if row[1] else self.build.truth)

    def array(self, term: Term, row: Row) -> Ast:
        (name,) = self.bases[term]
        sort = self.build.sort(z3core.Z3_mk_array_sort(self.build.c, self.sort(32), self.sort(-row[1])))
        self.initials[name] = array = self.build.constant(name, sort)
        return array

    def read(self, term: Term, row: Row) -> Ast:
        array, start = self.of[row[2]], row[3]
        return self.joined(*(self.build.select(array, self.offset_of(start, at)) for at in range(row[1] // 8)))

    def offset_of(self, start: Term, place: int) -> Ast:
        known = self.known(start)
        if known is None:
            return self.index_plus(self.of[start], place)
        return self.number((known + place) % (1 << 32), 32)

    def rewrite(self, term: Term, row: Row) -> Ast:
        array, value, size = self.of[row[2]], self.of[row[4]], self.rows[row[4]][1] // 8
        for place in range(size):
            byte = self.slice(value, 8 * (size - 1 - place), 8)
            array = self.build.stored(array, self.offset_of(row[3], place), byte)
        return array

    def cell(self, term: Term, row: Row) -> Ast:
        return self.build.select(self.of[row[2]], self.of[row[3]])

    def store(self, term: Term, row: Row) -> Ast:
        return self.build.stored(self.of[row[2]], self.of[row[3]], self.of[row[4]])

    # ---- operators; a row is (operation, bits, left, right)

    def plus(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvadd, row)

    def minus(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvsub, row)

    def times(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvmul, row)

    plus_wrapping, minus_wrapping, times_wrapping = plus, minus, times

    def divide(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvudiv, row)

    def remainder(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvurem, row)

    def bits_and(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvand, row)

    def bits_or(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvor, row)

    def bits_xor(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvxor, row)

    def shift_left(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvshl, row)

    def shift_right(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvlshr, row)

    # ---- other widths

    def widen(self, term: Term, row: Row) -> Ast:
        return self.widened(self.of[row[2]], self.rows[row[2]][1], row[1])

    def truncate(self, term: Term, row: Row) -> Ast:
        return self.slice(self.of[row[2]], 0, row[1])

    narrow = truncate

    def swap(self, term: Term, row: Row) -> Ast:
        return self.joined(*(self.slice(self.of[row[2]], low, 8) for low in range(0, row[1], 8)))

    # ---- claims

    def less(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvult, row)

    def at_most(self, term: Term, row: Row) -> Ast:
        return self.pair(z3core.Z3_mk_bvule, row)

    def fits(self, term: Term, row: Row) -> Ast:
        _, _, symbol, left, right = row
        c, operands = self.build.c, (self.of[left], self.of[right])
        if symbol == "+":
            return self.build.keep(z3core.Z3_mk_bvadd_no_overflow(c, *operands, False))
        return self.build.keep(z3core.Z3_mk_bvmul_no_overflow(c, *operands, False))

    def within(self, term: Term, row: Row) -> Ast:
        _, _, limit, known, *parts = row
        most = known + sum((1 << self.rows[part][1]) - 1 for part in parts)
        bits = max(most.bit_length(), self.rows[limit][1])
        total = self.number(known, bits)
        for part in parts:
            total = self.build.two(z3core.Z3_mk_bvadd, total, self.widened(self.of[part], self.rows[part][1], bits))
        return self.build.two(z3core.Z3_mk_bvule, total, self.widened(self.of[limit], self.rows[limit][1], bits))

    def linear(
        self, constant: int, coefficients: tuple[int, ...], parts: tuple[Term, ...], least: int
    ) -> tuple[Ast, int]:
        """The mathematical sum, in two's complement of as many bits as it needs, and `least` at least."""
        sizes = [self.rows[part][1] for part in parts]
        most = abs(constant) + sum(abs(by) << size for by, size in zip(coefficients, sizes, strict=True))
        bits = max(most.bit_length() + 1, least, *(size + 1 for size in sizes))
        total = self.number(constant % (1 << bits), bits)
        for by, part, size in zip(coefficients, parts, sizes, strict=True):
            scaled = self.widened(self.of[part], size, bits)
            if by != 1:
                scaled = self.build.two(z3core.Z3_mk_bvmul, self.number(by % (1 << bits), bits), scaled)
            total = self.build.two(z3core.Z3_mk_bvadd, total, scaled)
        return total, bits

    def nonpositive(self, term: Term, row: Row) -> Ast:
        total, bits = self.linear(row[2], row[3], row[4:], 0)
        return self.build.two(z3core.Z3_mk_bvsle, total, self.number(0, bits))

    def multiple(self, term: Term, row: Row) -> Ast:
        total, bits = self.linear(row[3], row[4], row[5:], row[2].bit_length() + 1)
        left = self.build.two(z3core.Z3_mk_bvsrem, total, self.number(row[2], bits))
        return self.build.equal(left, self.number(0, bits))
