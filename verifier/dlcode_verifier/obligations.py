"""What must hold: for each kind of core node, the claims that exclude what it can do wrong.

One row a pair of node and fault, each saying what `core.interpret` tests at that node: where the claim holds, the
interpreter raises no such fault there. Whether it holds is decided elsewhere, and how to say so is reported elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Expression, Statement

from .terms import Term, Terms

Node = Expression | Statement | form.Piece


@dataclass(frozen=True, slots=True)
class Obligation:
    """Where `path` holds, the node is reached, and `claim` must hold; if not, the node faults."""

    kind: FaultKind
    node: Node
    path: Term
    claim: Term


Claim = Callable[[Terms, tuple[Term, ...]], Term]
"""From the terms of a node's operands, in the order that a row of `CLAIMS` names, to what must hold."""


def _reaches(terms: Terms, operands: tuple[Term, ...]) -> Term:
    *parts, length = operands
    return terms.within(tuple(parts), length)


def _below(terms: Terms, operands: tuple[Term, ...]) -> Term:
    return terms.compare("<", *operands)


def _nonzero(terms: Terms, operands: tuple[Term, ...]) -> Term:
    (divisor,) = operands
    return terms.compare("!=", divisor, terms.constant(0, terms.bits(divisor)))


def _itself(terms: Terms, operands: tuple[Term, ...]) -> Term:
    (truth,) = operands
    return truth


def _not_so(terms: Terms, operands: tuple[Term, ...]) -> Term:
    (truth,) = operands
    return terms.negate(truth)


def _copy_fits(terms: Terms, operands: tuple[Term, ...]) -> Term:
    start, count, length, target, room = operands
    return terms.both(terms.within((start, count), length), terms.within((target, count), room))


def _fits(symbol: str) -> Claim:
    def claim(terms: Terms, operands: tuple[Term, ...]) -> Term:
        return terms.fits(symbol, *operands)

    return claim


CLAIMS: dict[tuple[type, FaultKind], Claim] = {
    (form.Read, FaultKind.PACKET_BOUNDS): _reaches,  # offset, size; the packet's length
    (form.Rewrite, FaultKind.PACKET_BOUNDS): _reaches,  # offset, size; the packet's length
    (form.PacketBytes, FaultKind.PACKET_BOUNDS): _reaches,  # offset, count; the packet's length
    (form.Send, FaultKind.FRAME_LENGTH): _reaches,  # the size of each piece; the longest frame
    (form.Owned, FaultKind.OWNED_BOUNDS): _below,  # index; the region's count
    (form.Entry, FaultKind.OWNED_BOUNDS): _below,  # index; the region's count
    (form.Store, FaultKind.OWNED_BOUNDS): _below,  # index; the region's count
    (form.Binary, FaultKind.DIVISION): _nonzero,  # right
    (form.Binary, FaultKind.SHIFT): _below,  # right; the width
    (form.Convert, FaultKind.NARROW): _below,  # operand; 2 to the narrower width
    (form.Check, FaultKind.ASSERTION): _itself,  # condition
    (form.Check, FaultKind.ENSURES): _itself,  # condition
    (form.Check, FaultKind.PART_BOUNDS): _itself,  # condition
    (form.Check, FaultKind.COPY_BOUNDS): _itself,  # condition
    (form.Check, FaultKind.FRAME_LENGTH): _itself,  # condition
    (form.Copy, FaultKind.COPY_BOUNDS): _copy_fits,  # offset, count, the packet's length; index, the region's count
    (form.Send, FaultKind.TEMPLATE): _itself,  # whether the frame has one of the template's fixed parts
    (form.Emit, FaultKind.PIPE_ATTRIBUTE): _itself,  # whether the pipe is what the attribute says, at this word
    (form.Loop, FaultKind.LIMIT): _itself,  # whether another turn is allowed
    (form.Loop, FaultKind.DECREASES): _itself,  # whether the measure is below what it was
    (object, FaultKind.INVARIANT): _itself,  # the condition; the node is this expression, of whatever kind
    (form.Exit, FaultKind.ABORT_AFTER_WRITE): _not_so,  # whether owned memory was written
}
"""What must hold at a node. A plain + - or * has its row in `NO_WRAP`, by its symbol.

That a loop ends (`ENDLESS`) is no claim at one place: `loops` says what shows it."""

NO_WRAP: dict[str, Claim] = {symbol: _fits(symbol) for symbol in "+-*"}


def claim(terms: Terms, kind: FaultKind, node: Node, *operands: Term) -> Term:
    """What must hold for `node`, whose operands have these terms, not to fault in this way."""
    if kind is FaultKind.WRAP:
        assert isinstance(node, form.Binary)
        return NO_WRAP[node.operator](terms, operands)
    return (CLAIMS.get((type(node), kind)) or CLAIMS[object, kind])(terms, operands)
