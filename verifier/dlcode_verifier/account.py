"""The account of a proof, for people: what was proved, why each loop ends and what holds there, what a run costs."""

from __future__ import annotations

from collections.abc import Iterator

from dlcode_dsl.core import form

from .certificate import Certificate
from .facts import Measure
from .report import turns_and_why
from .turns import LoopProof
from .words import Words, said_at


def account(certificate: Certificate) -> str:
    """The account of a proof, as lines of text; the same for the same proof."""
    program = certificate.program
    lines = [f"{program.kind} {program.name} on {program.link}, for packets of at most {program.maximum} bytes"]
    claims = [f"{count} {kind}" for kind, count in certificate.discharged]
    lines.append(f"  holds: {', '.join(claims) or 'nothing to prove'}")
    words = Words(program)
    for loop in certificate.loops:
        words.names |= {loop.site.turns: "turns", loop.site.words: "words"}
        lines += (f"  {line}" for line in _loop(words, loop))
    effects = certificate.effects
    lines.append(f"  costs: at most {certificate.operations} core operations")
    if effects.entries:
        frames = f"{effects.sends} frames of {effects.longest_frame} bytes"
        lines.append(f"  queues: at most {frames}, {effects.wakes} wakes")
    if certificate.binding is not None:
        lines += (f"  {line}" for line in account(certificate.binding).splitlines())
    return "\n".join(lines) + "\n"


def _loop(words: Words, loop: LoopProof) -> Iterator[str]:
    node, pipe = loop.site.node, loop.site.pipe
    span = node.condition.span if isinstance(node, form.Loop) else node.span
    span = span if said_at(span) else node.span
    what = f"pipe {pipe.name}" if pipe is not None else "loop"
    where = f" at line {span.line}, `{said_at(span)}`" if said_at(span) else ""
    yield f"{what}{where}"
    turns, why = turns_and_why(words, loop)
    yield f"  ends: {_ENDS.get(loop.reason) or f'at most {turns} turns{why}'}"
    for fact in loop.invariants:
        if not isinstance(fact, Measure):
            yield f"  where a turn may begin: {words.fact(fact)}"


_ENDS = {"unreached": "no run comes to it", "once": "no turn is ever completed"}
