"""The value of a term on one packet and memory: what a row means, computed rather than solved.

It is for reports (the values on the way to a fault) and for tests of the encoders; no proof rests on it. What is not
said of an unknown value is 0: `is_determined` tells whether a term has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.operators import OPERATORS, evaluate

from .terms import Row, Term, reachable


def value_of(rows: list[Row], term: Term, packet: Packet, memory: Mapping[str, list[int]]) -> int:
    """The value of a term; an operation outside its rule on the way has some value."""
    value: int = values_of(rows, [term], packet, memory)[term]
    return value


def values_of(rows: list[Row], roots: list[Term], packet: Packet, memory: Mapping[str, list[int]]) -> dict[Term, Any]:
    """The value of each term that `roots` need; of an array, what it holds by index."""
    values: dict[Term, Any] = {}
    for term in reachable(rows, roots):
        values[term] = row_value(rows, rows[term], values, packet, memory)
    return values


def is_determined(rows: list[Row], term: Term) -> bool:
    """Whether packet and memory determine the term: nothing in it is what a loop or a copy may have left."""
    found = (rows[part] for part in reachable(rows, [term]))
    return not any(row[0] in ("any", "cells") for row in found)


def row_value(
    rows: list[Row], row: Row, of: Mapping[Term, Any] | list[Any], packet: Packet, memory: Mapping[str, list[int]]
) -> Any:
    """The value of a row whose operands have these values."""
    match row:
        case ("true", _) | ("false", _):
            return row[0] == "true"
        case ("constant", _, value):
            return value
        case ("length", _):
            return len(packet.data)
        case ("wire", _):
            return packet.wire_length
        case ("packet", _):
            return dict(enumerate(packet.data))
        case ("memory", _, name):
            return dict(enumerate(memory[name]))
        case ("cells", _, name):
            return dict(enumerate(memory.get(name, ())))
        case ("any", _, name):
            return memory.get(name, (0,))[0]
        case ("guard", *_):
            return True
        case ("rewrite", _, array, at, value):
            size = rows[value][1] // 8
            return of[array] | {of[at] + place: byte for place, byte in enumerate(of[value].to_bytes(size, "big"))}
        case ("store", _, array, at, value):
            return of[array] | {of[at]: of[value]}
        case ("read", bits, array, at):
            here = [of[array].get(of[at] + place, 0) for place in range(bits // 8)]
            return int.from_bytes(bytes(here), "big")
        case ("cell", _, array, at):
            return of[array].get(of[at], 0)
        case ("choose", _, condition, left, right):
            return of[left] if of[condition] else of[right]
        case ("widen" | "narrow" | "truncate", bits, operand):
            return of[operand] & ((1 << bits) - 1)
        case ("swap", bits, operand):
            return int.from_bytes(of[operand].to_bytes(bits // 8, "big"), "little")
        case ("not", _, operand):
            return not of[operand]
        case ("and", _, left, right):
            return of[left] and of[right]
        case ("==", _, left, right):
            return of[left] == of[right]
        case ("<", _, left, right):
            return of[left] < of[right]
        case ("<=", _, left, right):
            return of[left] <= of[right]
        case ("fits", _, symbol, left, right):
            exact = OPERATORS[symbol].meaning(of[left], of[right], rows[left][1])
            return 0 <= exact < 1 << rows[left][1]
        case ("within", _, limit, known, *parts):
            return known + sum(of[part] for part in parts) <= of[limit]
        case ("nonpositive", _, constant, coefficients, *parts):
            return constant + sum(by * of[part] for by, part in zip(coefficients, parts, strict=True)) <= 0
        case ("multiple", _, modulus, constant, coefficients, *parts):
            return (constant + sum(by * of[part] for by, part in zip(coefficients, parts, strict=True))) % modulus == 0
        case (("/" | "%"), _, _, right) if not of[right]:
            return 0
        case (symbol, bits, left, right):
            return evaluate(OPERATORS[symbol], of[left], min(of[right], 256) if symbol == "<<" else of[right], bits)
    raise AssertionError(row)
