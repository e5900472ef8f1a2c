"""What the verifier's tests share: core text to programs, answers, and the node that a piece of text stands for."""

from __future__ import annotations

from functools import cache

from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_verifier import Answer, NotProved, Options, OverBudget, Proved, Refutation, Refuted, verify
from dlcode_verifier.witness import fault_of

HERE = Options(isolated=False)
"""Solving in this process: what most tests want, as they are many and small."""


@cache
def program(text: str) -> Program:
    """The program of a core text; a body alone is that of a handler with memory and all effects."""
    return parse_program(text if text.lstrip().startswith(("filter", "handler")) else HANDLER + "{\n" + text + "\n}")


HANDLER = """handler tried on ethernet maximum 1514
  owns @bytes: u8[16] plain
  owns @words: u32[8] plain
  owns @notes: u16[4] scratch
  owns @common: u64[2] shared
  may reply, send, wake, rewrite
  template anything
"""


def judged(text: str, options: Options = HERE) -> Answer:
    """The verifier's answer for a core text."""
    return verify(program(text), options=options)


def proved(text: str, options: Options = HERE) -> Proved:
    """The proof of a core text; fails, with the refutation, where there is none."""
    answer = judged(text, options)
    assert isinstance(answer, Proved), said(answer)
    return answer


def refutations(text: str, options: Options = HERE) -> tuple[Refutation, ...]:
    """The refutations of a core text, each replayed here once more: its fault at its node."""
    answer = judged(text, options)
    assert isinstance(answer, Refuted), said(answer)
    for refutation in answer.refutations:
        fault = fault_of(refutation.program, refutation.witness)
        assert fault is not None
        assert fault.kind is refutation.kind
        assert fault.node is refutation.node
    return answer.refutations


def said(answer: Answer) -> str:
    """An answer in a few words, for a failing test."""
    match answer:
        case Refuted(found):
            return "refuted: " + "; ".join(f"{one.kind.value} at {one.node.span.text!r}" for one in found)
        case NotProved(left):
            return "not proved: " + "; ".join(f"{one.reason} at {one.node.span.text!r}" for one in left)
        case OverBudget(bound):
            return f"over budget: {bound}"
    return "proved"


def packet(length: int) -> Packet:
    """A packet of zeros of which nothing was cut off."""
    return Packet.whole(bytes(length))
