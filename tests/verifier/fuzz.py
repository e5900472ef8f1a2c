"""Random programs against the verifier: what is proved never faults, and what is refused has a packet.

    python -m tests.verifier.fuzz 10000 [FIRST_SEED]

judges that many programs and ends with 1 if a proof was wrong or fewer than 95 % of the refusals came with a packet.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from dlcode_dsl.core import interpret
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault
from dlcode_dsl.core.text import print_program
from dlcode_verifier import Certificate, NotProved, Options, Proved, Refuted, verify
from dlcode_verifier.witness import fault_of
from tests.generators import random_packets, random_program

RUNS = 30
"""Random packets, each with memory, that a proved program is run on."""


@dataclass
class Tally:
    """What became of the programs. `wrong` says, of each wrong answer, what is wrong."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def share_with_witness(self) -> float:
        """Of the programs that are refused, how many come with a packet."""
        refused = self.answers["Refuted"] + self.answers["NotProved"]
        return self.answers["Refuted"] / refused if refused else 1.0


def fuzz(seeds: Iterable[int], options: Options) -> Tally:
    """Judge the program of each seed, and try the answer."""
    tally = Tally()
    for seed in seeds:
        program = random_program(seed)
        answer = verify(program, options=options)
        tally.answers[type(answer).__name__] += 1
        match answer:
            case Proved(certificate, _, _):
                tally.wrong.extend(f"{seed}: {found}" for found in broken_promises(program, certificate, seed))
            case Refuted(refutations, _, _, _):
                for one in refutations:
                    fault = fault_of(one.program, one.witness)
                    if fault is None or fault.kind is not one.kind or fault.node is not one.node:
                        tally.wrong.append(f"{seed}: the witness of {one.kind.value} does not replay")
            case NotProved():
                pass
    return tally


def broken_promises(program: Program, certificate: Certificate, seed: int) -> list[str]:
    """What runs of a proved program do that its certificate excludes."""
    found = []
    for packet, memory in random_packets(program, seed, RUNS):
        try:
            outcome = interpret.run(program, packet, memory)
        except Fault as fault:
            found.append(f"proved, but {fault} on {packet.data.hex()}\n{print_program(program)}")
            continue
        if outcome.operations > certificate.operations.at(len(packet.data)):
            found.append(f"{outcome.operations} operations, bound {certificate.operations}")
        if len(outcome.effects) > certificate.maximum_effects:
            found.append(f"{len(outcome.effects)} effects, bound {certificate.maximum_effects}")
        if any(len(effect.frame) > certificate.longest_frame for effect in outcome.effects):
            found.append(f"a frame longer than {certificate.longest_frame} bytes")
    return found


def main() -> int:
    """The command."""
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    whole = Tally()
    for start in range(first, first + count, 250):
        part = fuzz(range(start, min(start + 250, first + count)), Options())
        whole.answers += part.answers
        whole.wrong += part.wrong
        print(start, dict(whole.answers), *part.wrong, sep="\n" if part.wrong else " ", flush=True)
    return int(bool(whole.wrong) or whole.share_with_witness < 0.95)


if __name__ == "__main__":
    sys.exit(main())
