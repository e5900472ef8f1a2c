"""A packet for a condition without a solver: byte by byte, as a person would write it down.

Most conditions of filters say of a field what it is, and where it lies follows from the fields before it. So they are
taken in order, each is made true by giving bits to the bytes that it is about, and where one of several may be, one
after the other is tried. What comes of it is tried out before anybody relies on it: it may be wrong, and it gives up
soon.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dlcode_dsl.core.operators import COMPARISONS, OPERATORS, evaluate

from ..terms import Row, Term
from .task import Sketch

MOST_STEPS = 200
"""Terms that are made true, or tried to be, before the draft is given up."""

DEEPEST = 300
"""Terms inside one another that are looked into."""

FREE = 1514
"""Bytes of a packet about whose length nothing has been said yet."""


class GivenUp(Exception):
    """It takes too long, or is too deep."""


def draft(rows: list[Row], condition: Term, maximum: int) -> Sketch | None:
    """A packet on which the condition may be true, all bytes that it looks at included; None if none was found."""
    made = _Draft(rows, maximum, min(FREE, maximum))
    try:
        if not made.make(condition, True, 0):
            return None
        made.forget()
        made.places.clear()
        if not made.value(condition, 0):
            return None
    except GivenUp:
        return None
    data = {place: made.bytes.get(place, 0) for place in made.places if place < made.length}
    return Sketch(made.length if made.length_said else max(data, default=-1) + 1, made.wire, data)


@dataclass(slots=True)
class _Draft:
    rows: list[Row]
    maximum: int
    length: int
    length_said: bool = False
    wire: int | None = None
    bytes: dict[int, int] = field(default_factory=dict)
    fixed: dict[int, int] = field(default_factory=dict)  # which bits of a byte have been given
    places: set[int] = field(default_factory=set)  # that a term has looked at
    known: dict[Term, int] = field(default_factory=dict)
    steps: int = 0

    def forget(self) -> None:
        """What terms come to: bytes have changed."""
        self.known.clear()

    # ---- what a term comes to on the packet as it is

    def value(self, term: Term, depth: int) -> int:
        found = self.known.get(term)
        if found is None:
            if depth > DEEPEST:
                raise GivenUp
            found = self.known[term] = self.worked_out(self.rows[term], depth + 1)
        return found

    def worked_out(self, row: Row, depth: int) -> int:
        match row:
            case ("and", _, left, right):
                return self.value(left, depth) and self.value(right, depth)
            case ("not", _, operand):
                return 1 - self.value(operand, depth)
            case ("true", _) | ("false", _):
                return int(row[0] == "true")
            case ("constant", _, known):
                return int(known)
            case ("read", bits, _, at):
                start = self.value(at, depth)
                places = range(start, start + bits // 8)
                self.places.update(places)
                return int.from_bytes(bytes(self.bytes.get(place, 0) for place in places), "big")
            case ("==" | "<" | "<=" as symbol, _, left, right):
                return int(COMPARISONS[symbol](self.value(left, depth), self.value(right, depth)))
            case ("within", _, limit, known, *parts):
                return int(known + sum(self.value(part, depth) for part in parts) <= self.value(limit, depth))
            case ("choose", _, condition, left, right):
                return self.value(left if self.value(condition, depth) else right, depth)
            case ("widen" | "narrow" | "truncate", bits, operand):
                return self.value(operand, depth) & ((1 << int(bits)) - 1)
            case ("length", _):
                return self.length
            case ("wire", _):
                return self.length if self.wire is None else self.wire
            case (symbol, bits, left, right) if symbol in OPERATORS and symbol not in ("/", "%", "<<", ">>"):
                return int(evaluate(OPERATORS[symbol], self.value(left, depth), self.value(right, depth), bits))
            case (("/" | "%" | "<<" | ">>") as symbol, bits, left, right):
                by = self.value(right, depth)
                if 0 < by < bits or (by == 0 and symbol in ("<<", ">>")) or (by and symbol in ("/", "%")):
                    return evaluate(OPERATORS[symbol], self.value(left, depth), by, bits)
        raise GivenUp

    # ---- conditions

    def make(self, term: Term, truth: bool, depth: int) -> bool:
        """Whether the condition could be made so, by what it says of bytes that nothing was said of before."""
        self.steps += 1
        if self.steps > MOST_STEPS or depth > DEEPEST:
            raise GivenUp
        row = self.rows[term]
        match row[0]:
            case "not":
                return self.make(row[2], not truth, depth + 1)
            case "and" if truth:
                return all(self.make(part, True, depth + 1) for part in self.spine(term))
            case "and":
                if not self.value(term, depth):
                    return True
                return any(self.tried(part, False, depth + 1) for part in (row[3], row[2]))
            case "choose":
                branch = row[3] if self.value(row[2], depth) else row[4]
                return self.make(branch, truth, depth + 1)
        already = bool(self.value(term, depth)) is truth
        if already and (row[0] != "==" or not truth):
            return True
        return any(self.give(side, value, self.top(side), depth + 1) for side, value in self.choices(row, truth, depth))

    def choices(self, row: Row, truth: bool, depth: int) -> Iterator[tuple[Term, int]]:
        """Values that make a comparison so, each of one of its sides."""
        if row[0] == "within":
            least = row[3] + sum(self.value(part, depth) for part in row[4:])
            yield row[2], least if truth else least - 1
        if row[0] not in ("==", "<", "<="):
            return
        operation, _, left, right = row
        if operation == "==":
            for side, other in ((left, right), (right, left)):
                value = self.value(other, depth)
                yield from ((side, value ^ flipped) for flipped in ((0,) if truth else self.bits(side)))
            return
        less, more = (left, right) if truth else (right, left)
        apart = int((operation == "<") is truth)
        yield less, self.value(more, depth) - apart
        yield more, self.value(less, depth) + apart
        yield less, 0
        yield more, self.top(more)

    def bits(self, term: Term) -> list[int]:
        return [1 << bit for bit in range(self.rows[term][1])]

    def top(self, term: Term) -> int:
        bits: int = self.rows[term][1]
        return (1 << bits) - 1

    def spine(self, term: Term) -> list[Term]:
        """The conditions that a conjunction is of, in the order in which a run comes to them."""
        found = []
        while self.rows[term][0] == "and":
            found.append(self.rows[term][3])
            term = self.rows[term][2]
        return [term, *reversed(found)]

    def tried(self, term: Term, truth: bool, depth: int) -> bool:
        """The same as `make`; if it could not be, all is as it was before."""
        before = dict(self.bytes), dict(self.fixed), self.length, self.length_said, self.wire
        if self.make(term, truth, depth):
            return True
        self.bytes, self.fixed, self.length, self.length_said, self.wire = before
        self.forget()
        return False

    # ---- values

    def give(self, term: Term, value: int, mask: int, depth: int) -> bool:
        """Whether those bits of a term under the mask could be made those of a value."""
        row = self.rows[term]
        whole = mask == self.top(term)
        if depth > DEEPEST or not 0 <= value <= self.top(term):
            return False
        match row:
            case ("read", bits, _, at):
                return self.write(self.value(at, depth), bits // 8, value & mask, mask)
            case ("length", _) if whole and value <= self.maximum and all(place < value for place in self.fixed):
                self.length, self.length_said = value, True
                self.forget()
                return True
            case ("wire", _) if whole:
                self.wire = value
                self.forget()
                return True
            case ("choose", _, condition, left, right):
                return self.give(left if self.value(condition, depth) else right, value, mask, depth + 1)
            case ("widen" | "narrow", _, inner):
                fits = value & mask <= (top := self.top(inner))
                return fits and self.give(inner, value & top, mask & top, depth + 1)
            case ("truncate", _, inner):
                return self.give(inner, value, mask, depth + 1)
            case (symbol, bits, inner, other) if self.rows[other][0] == "constant":
                by = self.rows[other][2]
                match symbol:
                    case ">>" if by < bits and (value << by) >> bits == 0:
                        return self.give(inner, value << by, (mask << by) & self.top(term), depth + 1)
                    case "<<" if by < bits and not value & ((1 << by) - 1):
                        return self.give(inner, value >> by, mask >> by, depth + 1)
                    case "&":
                        return not value & mask & ~by and self.give(inner, value & by, mask & by, depth + 1)
                    case "^":
                        return self.give(inner, value ^ by, mask, depth + 1)
                    case "+" | "+%" if whole:
                        return self.give(inner, value - by, mask, depth + 1)
                    case "-" | "-%" if whole:
                        return self.give(inner, value + by, mask, depth + 1)
                    case "*" | "*%" if whole and by and value % by == 0:
                        return self.give(inner, value // by, mask, depth + 1)
        return False

    def write(self, at: int, size: int, value: int, mask: int) -> bool:
        for place in range(at, at + size):
            shift = 8 * (at + size - 1 - place)
            here, bits = value >> shift & 0xFF, mask >> shift & 0xFF
            if place >= self.length or (self.bytes.get(place, 0) ^ here) & bits & self.fixed.get(place, 0):
                return False
        for place in range(at, at + size):
            shift = 8 * (at + size - 1 - place)
            here, bits = value >> shift & 0xFF, mask >> shift & 0xFF
            if bits:
                self.bytes[place] = self.bytes.get(place, 0) & ~bits | here & bits
                self.fixed[place] = self.fixed.get(place, 0) | bits
        self.forget()
        return True
