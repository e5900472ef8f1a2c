"""What both encoders share: Z3's own constructors at low cost, and the walk from rows to Z3's terms.

An encoder has one method for each operation of `terms`; `OPERATIONS` says which. Z3's C functions are called directly:
building a formula costs as much as solving it, and the Python operators on Z3's expressions cost five times more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import z3
from z3 import z3core

from .terms import FALSE, TRUE, Row, Term, operands, reachable

Ast = Any
"""A Z3 term: a pointer that lives as long as its context."""

OPERATIONS: dict[str, str] = {
    "true": "true", "false": "false", "not": "negate", "and": "both", "choose": "choose",
    "constant": "constant", "length": "length", "wire": "wire",
    "packet": "array", "memory": "array", "rewrite": "rewrite", "store": "store", "read": "read", "cell": "cell",
    "+": "plus", "-": "minus", "*": "times", "+%": "plus_wrapping", "-%": "minus_wrapping", "*%": "times_wrapping",
    "/": "divide", "%": "remainder", "&": "bits_and", "|": "bits_or", "^": "bits_xor",
    "<<": "shift_left", ">>": "shift_right",
    "widen": "widen", "truncate": "truncate", "narrow": "narrow", "swap": "swap",
    "==": "equal", "<": "less", "<=": "at_most", "fits": "fits", "within": "within",
    "any": "any_value", "cells": "array", "guard": "guard", "nonpositive": "nonpositive", "multiple": "multiple",
}  # fmt: skip
"""The method of an encoder for each operation of a row."""


class Builder:
    """Z3's constructors in one context. What is built is kept until the context goes."""

    def __init__(self, context: z3.Context) -> None:
        self.context = context
        self.c = context.ref()
        self.true = self.keep(z3core.Z3_mk_true(self.c))
        self.false = self.keep(z3core.Z3_mk_false(self.c))
        self.truth = self.sort(z3core.Z3_mk_bool_sort(self.c))

    def keep(self, ast: Ast) -> Ast:
        z3core.Z3_inc_ref(self.c, ast)
        return ast

    def two(self, make: Callable[..., Ast], left: Ast, right: Ast) -> Ast:
        return self.keep(make(self.c, left, right))

    def many(self, make: Callable[..., Ast], *parts: Ast) -> Ast:
        return self.keep(make(self.c, len(parts), (z3core.Ast * len(parts))(*parts)))

    def negate(self, operand: Ast) -> Ast:
        return self.keep(z3core.Z3_mk_not(self.c, operand))

    def both(self, *parts: Ast) -> Ast:
        return self.many(z3core.Z3_mk_and, *parts)

    def either(self, *parts: Ast) -> Ast:
        return self.many(z3core.Z3_mk_or, *parts)

    def implies(self, left: Ast, right: Ast) -> Ast:
        return self.two(z3core.Z3_mk_implies, left, right)

    def equal(self, left: Ast, right: Ast) -> Ast:
        return self.two(z3core.Z3_mk_eq, left, right)

    def choose(self, condition: Ast, left: Ast, right: Ast) -> Ast:
        return self.keep(z3core.Z3_mk_ite(self.c, condition, left, right))

    def numeral(self, value: int, sort: Any) -> Ast:
        return self.keep(z3core.Z3_mk_numeral(self.c, str(value), sort))

    def constant(self, name: str, sort: Any) -> Ast:
        return self.keep(z3core.Z3_mk_const(self.c, z3core.Z3_mk_string_symbol(self.c, name), sort))

    def sort(self, sort: Any) -> Any:
        z3core.Z3_inc_ref(self.c, z3core.Z3_sort_to_ast(self.c, sort))
        return sort

    def select(self, array: Ast, index: Ast) -> Ast:
        return self.keep(z3core.Z3_mk_select(self.c, array, index))

    def stored(self, array: Ast, index: Ast, value: Ast) -> Ast:
        return self.keep(z3core.Z3_mk_store(self.c, array, index, value))


class Encoder:
    """Tells Z3 of terms: the walk over rows, and the operations that both encoders write alike.

    After `encode`, `of` has each term, and `sides` what must be assumed of the values in them. Each side condition
    can be satisfied whatever the values of the program's own terms are, even where an operation outside its rule gave
    one that is outside its type: an assumption must never make a fault before it impossible.

    `loose` has the terms that are only bounded, not defined, and all that are made of them: a model need not be a run.
    """

    def __init__(self, context: z3.Context, maximum: int, shapes: dict[Term, int]) -> None:
        self.build = Builder(context)
        self.maximum = maximum
        self.shapes = shapes  # hints of `ranges`: they may choose how a term is written, never what it means
        self.of: dict[Term, Ast] = {}
        self.sides: list[Ast] = []
        self.loose: set[Term] = set()
        self.rows: list[Row] = []
        self.initials: dict[str, Ast] = {}  # the arrays that nothing has been written to yet, by their names
        self.bases: dict[Term, tuple[str, ...]] = {}  # of an array: the names of those that it may be made of

    def encode(self, rows: list[Row], roots: list[Term]) -> None:
        """Make Z3's term for each term that `roots` need."""
        self.rows = rows
        for term in reachable(rows, roots):
            if term not in self.of:
                row = rows[term]
                if row[1] < 0:
                    self.bases[term] = self.bases_of(row)
                self.of[term] = getattr(self, OPERATIONS[row[0]])(term, row)
                self.note_loose(term, row)

    def note_loose(self, term: Term, row: Row) -> None:
        if self.loose and not self.loose.isdisjoint(operands(row)):
            self.loose.add(term)

    def known(self, term: Term) -> int | None:
        row = self.rows[term]
        return row[2] if row[0] == "constant" else None

    def bases_of(self, row: Row) -> tuple[str, ...]:
        match row[0]:
            case "packet":
                return ("packet",)
            case "memory":
                return (f"@{row[2]}",)
            case "cells":
                return (f"cells {row[2]}",)
            case "choose":
                return tuple(dict.fromkeys((*self.bases[row[3]], *self.bases[row[4]])))
        return self.bases[row[2]]

    def initial(self, name: str) -> Ast:
        """The array of a region's cells at entry, or after a loop; the packet's bytes at entry are called `packet`."""
        return self.initials[name]

    def length_term(self) -> Term | None:
        """The packet's length, where a term speaks of it."""
        return next((term for term in self.of if self.rows[term][0] == "length"), None)

    def number(self, value: int, bits: int) -> Ast:
        """A number of `bits` bits."""
        raise NotImplementedError

    def at_most_number(self, term: Term, limit: int) -> Ast:
        """Whether a u32 that has been encoded is at most `limit`."""
        raise NotImplementedError

    # ---- operations that mean the same to both

    def true(self, term: Term, row: Row) -> Ast:
        assert term == TRUE
        return self.build.true

    def false(self, term: Term, row: Row) -> Ast:
        assert term == FALSE
        return self.build.false

    def negate(self, term: Term, row: Row) -> Ast:
        return self.build.negate(self.of[row[2]])

    def both(self, term: Term, row: Row) -> Ast:
        return self.build.both(self.of[row[2]], self.of[row[3]])

    def choose(self, term: Term, row: Row) -> Ast:
        return self.build.choose(self.of[row[2]], self.of[row[3]], self.of[row[4]])

    def guard(self, term: Term, row: Row) -> Ast:
        return self.build.constant(f"guard {row[2]}", self.build.truth)

    def equal(self, term: Term, row: Row) -> Ast:
        return self.build.equal(self.of[row[2]], self.of[row[3]])
