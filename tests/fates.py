"""What becomes of sources with one mistake: refused with what shows it, or accepted for a reason that was tried.

A mistake of the source (an effect that is not asked for, a value that may be absent) is refused with a place, another
with a packet that the interpreter ran. What is accepted has a reason why it is safe, which the solver was asked for
(`resting`), and is searched for faults: on the packets of the source's own tests cut and changed at random, and on
packets that the solver made to reach each of its ends.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dlcode_dsl import Compiled, Program, Source, compile_source, run
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Fault, Packet
from dlcode_dsl.source import Span
from dlcode_verifier import Certificate, NotProved, OverBudget, Proved, Refuted, verify
from dlcode_verifier.filters import No, Yes, equal
from tests import resting
from tests.generators import random_packets
from tests.mutants import Mutant, mutants, quoted
from tests.reaching import reaching_ends
from tests.resting import Claim

OF_MEMORY = (FaultKind.OWNED_BOUNDS, FaultKind.COPY_BOUNDS)
"""What may rest on the size of memory."""

MOST_SHOWN = 2
"""Claims, and tests, that a reason names."""

MOST_REASONS = 4
"""Kinds of claims with the tests that they need, of which a reason tells."""

RUNS = 60
"""Packets that each accepted mutant is tried on, besides those that the solver makes."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: `refused` where the source is wrong and `refuted` by a packet, each with its code;
    `over budget`, `not proved`, or `accepted`."""

    mutant: Mutant
    answer: str
    does: str = ""  # what is accepted does, compared with the good one; what is not proved might do
    safe: str = ""  # and why it is safe
    wrong: str = ""  # a proof that was broken, or a refusal without what it must have


class Judge:
    """Judges the mutants of one source."""

    def __init__(self, source: Source) -> None:
        self.source, self.original = source, compile_source(source)
        self.proofs = {id(program): proof_of(program) for program in self.original.programs}

    def fate(self, mutant: Mutant) -> Fate:
        """Judge a mutant; one that is accepted is tried."""
        compiled = compile_source(mutant.source)
        if compiled.errors:
            first = compiled.errors[0]
            placed = first.primary.span.source.text == mutant.source.text
            return Fate(mutant, f"refused {first.code.name}", wrong="" if placed else "a refusal without a place")
        changed = [program for program in compiled.programs if program not in self.original.programs]
        if not changed:
            return Fate(mutant, "accepted", "no difference: none is possible", "the same program: once it is compiled")
        proofs = []
        for program in changed:
            match verify(program):
                case Refuted(refutations):
                    replayed = all(_replays(one.program, one.witness.packet, one.witness.memory) for one in refutations)
                    code = refutations[0].diagnostic.code.name
                    return Fate(mutant, f"refuted {code}", wrong="" if replayed else "a witness that does not replay")
                case NotProved(_, (first, *_)):
                    return Fate(mutant, "not proved", first.title)
                case OverBudget():
                    return Fate(mutant, "over budget")
                case Proved(certificate):
                    proofs.append(certificate)
        does, safe, wrong = zip(*(self.accepted(mutant, proof, compiled) for proof in proofs), strict=True)
        return Fate(mutant, "accepted", *("; ".join(dict.fromkeys(filter(None, said))) for said in (does, safe, wrong)))

    def accepted(self, mutant: Mutant, after: Certificate, compiled: Compiled) -> tuple[str, str, str]:
        """What an accepted program does, why it is safe, and what went wrong when it was tried."""
        alike = [one for one in self.original.programs if one.name == after.program.name]
        before = next((self.proofs[id(one)] for one in alike if one.regions == after.program.regions), None)
        does, wrong = _tried(after, before, compiled)
        return does, why_safe(mutant, before, after), wrong


def proof_of(program: Program) -> Certificate:
    """The proof of a program that has one."""
    answer = verify(program)
    assert isinstance(answer, Proved), program.name
    return answer.certificate


def _replays(program: Program, packet: Packet, memory: object) -> bool:
    try:
        run(program, packet, memory, enough=1_000_000)  # type: ignore[arg-type]
    except Fault:
        return True
    return False


def _tried(after: Certificate, before: Certificate | None, compiled: Compiled) -> tuple[str, str]:
    """How a program differs from the original, on inputs on none of which it may fault; and what went wrong."""
    different = ""
    for packet, memory in _inputs(after.program, compiled):
        try:
            now = run(after.program, packet, memory)
        except Fault as fault:
            return "", f"proved, and {fault} on {packet.data.hex()}"
        if before is not None and not different and len(packet.data) <= before.program.maximum:
            was = run(before.program, packet, memory)
            if was.verdict is not now.verdict:
                different = f"another answer: {was.verdict.value} becomes {now.verdict.value} on some packets"
            elif (was.memory, was.effects) != (now.memory, now.effects):
                different = "another effect: memory or frames differ on some packets"
    if not different and before is not None and after.program.kind == "filter":
        match equal(before, after):
            case Yes():
                different = "the same filter: the solver finds no packet that they differ on"
            case No():
                different = "another answer: on a packet that the solver found"
    return different or "no difference: on any packet that was tried", ""


def why_safe(mutant: Mutant, before: Certificate | None, after: Certificate) -> str:
    """Why a mutant with a proof is safe.

    If nothing that it must keep rests on the changed text, that is why. Otherwise these are the claims that do, or that
    the original does not have, and the tests without which each of them has no proof.
    """
    if not any(part.discharged for part in resting.parts(after)):
        return "nothing to prove: every access says what is done where nothing is there"
    if before is None:  # another size of memory
        return _held(mutant, after, {claim for claim in resting.claims_of(after) if claim.kind in OF_MEMORY})

    def key(claim: Claim) -> tuple[str, str, int]:
        return claim.kind.value, claim.span.source.name, mutant.came_from(claim.span).start

    own, based = resting.claims_of(after), before if mutant.is_missing else after
    what, unseen = resting.piece_at(based, mutant.place)
    touched = {key(claim) for claim in resting.resting(based, unseen)} if unseen else set()
    touched |= {key(claim) for claim in own} - {key(claim) for claim in resting.claims_of(before)}
    if held := {claim for claim in own if key(claim) in touched}:
        return _held(mutant, after, held)
    if unseen:
        return f"nothing rests on it: every claim is proved whatever {quoted(what.text)} comes to"
    return "the same claims: each of the original's has a proof here too"


def _held(mutant: Mutant, after: Certificate, held: set[Claim]) -> str:
    """Of some claims, the tests without which they have no proof; of those that stand in a source, if any does."""
    held = {claim for claim in held if claim.span.text} or held
    if not held:
        return "the same claims: none is about the size of memory"

    def said(spans: Iterable[Span]) -> str:
        ordered = sorted({(*mutant.stands(span), quoted(span.text)) for span in spans})
        shown = [f"{text} ({file}line {line})" for file, line, text in ordered[:MOST_SHOWN]]
        return ", ".join(shown) + (f" and {len(ordered) - MOST_SHOWN} more" if len(ordered) > MOST_SHOWN else "")

    needed: dict[Claim, list[Span]] = {claim: [] for claim in held}
    together = resting.resting(after, {node for nodes in resting.each_test(after).values() for node in nodes})
    for place, nodes in resting.each_test(after).items() if held & together else ():
        for claim in held & resting.resting(after, nodes):
            needed[claim].append(place)
    reasons: dict[tuple[str, str], list[Span]] = {}
    for claim in held:
        by = f"by {said(needed[claim])}" if needed[claim] else "whatever is tested"
        if not needed[claim] and claim in together:
            by = "by tests of which none is needed alone"
        kind = "an end" if claim.kind is FaultKind.ENDLESS else claim.kind.value
        reasons.setdefault((by, kind), []).append(claim.span)
    why = [f"{kind} of {said(spans)} {by}" for (by, kind), spans in sorted(reasons.items())]
    more = len(why) - MOST_REASONS
    return f"what rests on it holds: {'; '.join(why[:MOST_REASONS])}" + (f"; and {more} more alike" if more > 0 else "")


def _inputs(program: Program, compiled: Compiled) -> Iterator[tuple[Packet, dict[str, list[int]]]]:
    """Packets of the source's own tests, cut and changed; packets at random; packets for each end of the program."""
    rng = random.Random(program.name)
    for test in compiled.tests:
        if test.program.name == program.name:
            memory = {name: list(cells) for name, cells in (test.memory or {}).items()}
            data = test.packet.data
            yield test.packet, memory
            for _ in range(RUNS // 4):
                changed = bytearray(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.5 else data)
                for _ in range(rng.randrange(4)):
                    if changed:
                        changed[rng.randrange(len(changed))] = rng.choice((0, 1, 255, rng.randrange(256)))
                yield Packet.whole(bytes(changed)), memory
    yield from random_packets(program, 1, RUNS)
    yield from reaching_ends(program)


def fates(source: Source) -> list[Fate]:
    """What becomes of each mutant of a source."""
    judge = Judge(source)
    return [judge.fate(mutant) for mutant in mutants(source)]
