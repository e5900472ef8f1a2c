"""Random programs against the verifier: what is proved never faults, and what is refused has a packet.

    python -m tests.verifier.fuzz 10000 [--first SEED] [--jobs N]

judges that many programs, most of which loop or copy, and ends with 1 if a proof was wrong or fewer than 95 % of the
refusals came with a packet. A proof is tried on random packets, and of every so-manieth on packets that the solver made
to come to each end of the program and to the first turns of its loops; then its certificate is saved and proved again.
Refuted ones are judged once more with lies about their loops, which must not prove them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

from dlcode_dsl.core import form, interpret
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program, Statement
from dlcode_dsl.core.interpret import Fault, Memory
from dlcode_verifier import Certificate, NotProved, Options, OverBudget, Proved, Refuted, recheck, save, verify
from dlcode_verifier.facts import sites
from dlcode_verifier.witness import fault_of
from tests.generators import random_packets, random_program
from tests.looping import looping_program
from tests.lying import lying_guesses
from tests.reaching import Input, reaching_ends, reaching_turn
from tests.verifier.test_alignment import claiming

RUNS = 20
"""Random packets, each with memory, that a proved program is run on."""

LONG = 30_000
"""Operations after which such a run is given up, where the certificate allows more."""

EVERY = 4
"""Of so many proved programs, the solver makes packets for one, and saves and proves another again."""

STRAIGHT = 5
"""Of so many programs, one has neither loops nor copies."""

TURNS = (1, 2, 3)
"""Turns of loops that the solver makes packets for."""

CHUNK = 100
"""Programs judged at a time."""


@dataclass
class Tally:
    """What became of the programs. `wrong` says, of each wrong answer, what is wrong."""

    answers: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # of faults that were shown
    left: list[str] = field(default_factory=list)  # what was neither proved nor refuted
    runs: int = 0
    reached: int = 0  # packets that the solver made
    rechecked: int = 0
    otherwise: list[int] = field(default_factory=list)  # of these, other bounds or facts were proved than before
    fooled: int = 0  # refuted programs that lies about loops were tried on
    wrong: list[str] = field(default_factory=list)

    @property
    def share_with_witness(self) -> float:
        """Of the programs that are refused, how many come with a packet."""
        refused = self.answers["Refuted"] + self.answers["NotProved"]
        return self.answers["Refuted"] / refused if refused else 1.0

    def add(self, other: Tally) -> None:
        """Count what another tally counted too."""
        self.answers += other.answers
        self.kinds += other.kinds
        self.left += other.left
        self.runs, self.reached = self.runs + other.runs, self.reached + other.reached
        self.rechecked += other.rechecked
        self.otherwise += other.otherwise
        self.fooled += other.fooled
        self.wrong += other.wrong


def program_of(seed: int) -> Program:
    """The program that is tried for a seed."""
    return random_program(seed) if seed % STRAIGHT == 0 else looping_program(seed)


def fuzz(seeds: Iterable[int], options: Options) -> Tally:
    """Judge the program of each seed, and try the answer."""
    tally = Tally()
    for seed in seeds:
        program = program_of(seed)
        answer = verify(program, options=options)
        tally.answers[type(answer).__name__] += 1
        match answer:
            case Proved(certificate, _, _):
                tally.wrong.extend(f"{seed}: {found}" for found in _tried(program, certificate, seed, options, tally))
            case Refuted(refutations, _, _, _):
                tally.kinds.update({one.kind.value for one in refutations})
                for one in refutations:
                    if not _is_shown(one.program, one.kind, fault_of(one.program, one.witness), one.node, one.witness):
                        tally.wrong.append(f"{seed}: the witness of {one.kind.value} does not replay")
                if tally.answers["Refuted"] % EVERY == 0 and any(one.program is program for one in refutations):
                    tally.fooled += 1
                    if isinstance(verify(program, options=fooled(options, program, seed)), Proved):
                        tally.wrong.append(f"{seed}: refuted, and proved by lies about its loops")
            case NotProved(left, _, _):
                tally.left.append(f"{seed}: " + ", ".join(sorted({one.kind.value for one in left})))
            case OverBudget():
                tally.wrong.append(f"{seed}: over budget without one")
    return tally


def fooled(options: Options, program: Program, seed: int) -> Options:
    """The same options, with lies to try at the program's loops."""
    lies = lying_guesses(program, seed)
    return replace(options, guesses=lambda part: lies if part is program else {})


def _is_shown(program: Program, kind: FaultKind, fault: Fault | None, node: object, witness: object) -> bool:
    """Whether the replay came to this fault at this node; an endless run does not end in the plain interpreter."""
    if fault is None or fault.kind is not kind or fault.node is not node:
        return False
    if kind is not FaultKind.ENDLESS:
        return True
    try:
        interpret.run(program, witness.packet, witness.memory, enough=20_000)  # type: ignore[attr-defined]
    except Fault:
        return True
    return False


def _tried(program: Program, certificate: Certificate, seed: int, options: Options, tally: Tally) -> Iterator[str]:
    inputs: list[Input] = random_packets(program, seed, RUNS)
    number = tally.answers["Proved"]
    if number % EVERY == 0:
        made = [*reaching_ends(program, options), *reaching_turn(program, TURNS[number // EVERY % len(TURNS)], options)]
        tally.reached += len(made)
        inputs += made
    tally.runs += len(inputs)
    yield from broken_promises(program, certificate, inputs)
    if number % EVERY == 1:
        tally.rechecked += 1
        again = recheck(program, save(certificate), options=options)
        if not isinstance(again, Proved):
            yield f"a saved certificate is not proved again: {type(again).__name__}"
        elif save(again.certificate) != save(certificate):
            tally.otherwise.append(seed)


def broken_promises(program: Program, certificate: Certificate, inputs: Iterable[Input]) -> Iterator[str]:
    """What runs of a proved program do that its certificate excludes."""
    claimed = claiming(certificate.program, certificate.alignment) if certificate.alignment else None
    for number, (packet, memory) in enumerate(inputs):
        length = len(packet.data)
        bound, watch = certificate.operations.at(length), _Watch(certificate)
        try:
            outcome = interpret.run(program, packet, memory, enough=min(bound, LONG), observe=watch)
        except Fault as fault:
            if fault.kind is FaultKind.ENDLESS and bound > LONG:
                continue  # too long to tell
            yield f"proved, but {fault} on {packet.data.hex()} {memory}"
            continue
        if claimed is not None and number % 3 == 0:
            try:
                interpret.run(claimed, packet, memory)
            except Fault as fault:
                yield f"an access is aligned otherwise: {fault} on {packet.data.hex()} {memory}"
        for proof in certificate.loops:
            if watch.most.get(proof.site.number, 0) > proof.turns.at(length):
                yield f"loop {proof.site.number}: {watch.most[proof.site.number]} turns, bound {proof.turns}"
        sent = Counter(effect.effect for effect in outcome.effects)
        known = certificate.effects
        if len(outcome.effects) > certificate.maximum_effects or sent["wake"] > known.wakes:
            yield f"{len(outcome.effects)} effects, bound {certificate.maximum_effects}"
        if sent["reply"] > known.replies or sent["reply"] + sent["send"] > known.sends:
            yield f"{sent}, bound {known}"
        if any(len(effect.frame) > certificate.longest_frame for effect in outcome.effects):
            yield f"a frame longer than {certificate.longest_frame} bytes"


class _Watch:
    """Counts the turns that begin in each loop of a run, each time that it is come to."""

    def __init__(self, certificate: Certificate) -> None:
        loops = [site for site in sites(certificate.program) if isinstance(site.node, form.Loop)]
        self.sites = {id(site.node): site.number for site in loops}
        self.begins = {id(site.node.body[0]): site.number for site in loops if site.node.body}  # type: ignore[union-attr]
        self.done: dict[int, int] = {}
        self.most: dict[int, int] = {}

    def __call__(
        self, statement: Statement, turns: int, names: Mapping[str, int], memory: Memory, data: bytearray
    ) -> None:
        if id(statement) in self.begins and not (isinstance(statement, form.Loop) and turns):
            number = self.begins[id(statement)]
            self.most[number] = max(self.most.get(number, 0), self.done[number] + 1)
        if id(statement) in self.sites:
            number = self.sites[id(statement)]
            self.done[number] = turns
            self.most[number] = max(self.most.get(number, 0), turns)


def _chunk(start: int, end: int) -> Tally:
    return fuzz(range(start, end), Options())


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.verifier.fuzz")
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    began, whole, end = time.monotonic(), Tally(), asked.first + asked.count
    starts = range(asked.first, end, CHUNK)
    with ProcessPoolExecutor(asked.jobs) as pool:
        for part in pool.map(_chunk, starts, [min(start + CHUNK, end) for start in starts]):
            whole.add(part)
            print(sum(whole.answers.values()), dict(whole.answers), *part.left, *part.wrong, sep="\n  ", flush=True)
    print(f"faults shown: {dict(whole.kinds.most_common())}")
    print(f"{whole.runs} runs of proved programs, {whole.reached} of them on packets that the solver made")
    print(f"{whole.rechecked} certificates saved and proved again, {len(whole.otherwise)} with other bounds or facts")
    print(f"{whole.fooled} refuted programs judged again with lies about their loops")
    print(f"{100 * whole.share_with_witness:.1f} % of refusals with a packet, {len(whole.wrong)} wrong answers")
    print(f"{time.monotonic() - began:.0f} s")
    return int(bool(whole.wrong) or whole.share_with_witness < 0.95)


if __name__ == "__main__":
    sys.exit(main())
