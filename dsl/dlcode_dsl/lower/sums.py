"""The Internet checksum (RFC 1071) over bytes of the packet: a loop of the program, since their number is not known."""

from __future__ import annotations

from ..core import form
from ..core.form import U8, U16, U32, Expression, Variable
from ..source import Span
from . import fold
from .emit import Emitter


def total(emitter: Emitter, start: Expression, count: Expression, span: Span) -> Expression:
    """The sum of the 16-bit words of `count` captured bytes from `start` on, folded to 16 bits, as a u32.

    An odd last byte is the high one of a word. They are bytes of a frame, so that 32 bits hold the sum: of 1,514 bytes
    it is below 2^26. Both expressions are names or constants.
    """
    summed = emitter.variable("sum", fold.constant(0), span)
    at = emitter.variable("summed", fold.constant(0), span)
    two, position = fold.constant(2, span=span), fold.binary("+", start, at, span)
    word, last = Variable(emitter.fresh("word"), U16), Variable(emitter.fresh("last"), U8)
    more = fold.binary("+%", summed, fold.widen(word, U32), span)
    body = (
        form.Read(word.name, U16, position, None, span=span),
        form.Assign(summed.name, more, span=span),
        form.Assign(at.name, fold.binary("+", at, two, span), span=span),
    )
    in_range = fold.compare("<=", at, count, span)
    left = fold.binary("-", count, at, span)
    emitter.emit(
        form.Loop(
            emitter.fresh("words"), (), fold.compare(">=", left, two, span), body, (in_range,), (left,), span=span
        )
    )
    high = fold.binary("<<", fold.widen(last, U32), fold.constant(8), span)
    odd = (
        form.Read(last.name, U8, position, None, span=span),
        form.Assign(summed.name, fold.binary("+%", summed, high, span), span=span),
    )
    emitter.emit(form.If(fold.compare("<", at, count, span), odd, span=span))
    folded: Expression = summed
    for _ in range(2):
        low = fold.binary("&", folded, fold.constant(0xFFFF), span)
        folded = emitter.let("folded", fold.binary("+", low, fold.binary(">>", folded, fold.constant(16)), span), span)
    return folded
