"""The merged run against the interpreter, without a solver: its terms, computed for one packet, say what a run does."""

from __future__ import annotations

import pytest

from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Fault, Packet, run
from dlcode_verifier.conditions import Conditions, conditions
from dlcode_verifier.evaluate import values_of
from dlcode_verifier.obligations import Obligation
from dlcode_verifier.terms import Terms
from tests.generators import random_packets, random_program
from tests.verifier.support import program


def broken(what: Conditions, packet: Packet, memory: dict[str, list[int]]) -> tuple[list[Obligation], set[Verdict]]:
    """The obligations that fail, in order, and the verdicts whose condition is true."""
    roots = [term for part in what.obligations for term in (part.path, part.claim)]
    value = values_of(what.terms.rows, [*roots, *what.verdicts.values()], packet, memory)
    failing = [part for part in what.obligations if value[part.path] and not value[part.claim]]
    return failing, {verdict for verdict, term in what.verdicts.items() if value[term]}


def ended(program: Program, packet: Packet, memory: dict[str, list[int]]) -> Verdict | Fault:
    """How a run of the interpreter ends."""
    try:
        return run(program, packet, memory).verdict
    except Fault as fault:
        return fault


@pytest.mark.parametrize("seed", range(3000, 3120))
def test_the_first_broken_obligation_is_the_fault_and_the_true_verdict_is_the_verdict(seed: int) -> None:
    program = random_program(seed)
    what = conditions(program)
    for packet, memory in random_packets(program, seed, 12):
        failing, verdicts = broken(what, packet, memory)
        end = ended(program, packet, memory)
        if isinstance(end, Fault):
            assert failing, f"{end} breaks no obligation"
            assert failing[0].kind is end.kind
            assert failing[0].node is end.node
        else:
            assert not failing
            assert verdicts == {end}


def test_a_program_grows_its_terms_by_its_size_and_not_by_its_paths() -> None:
    def branches(count: int) -> Program:
        ifs = [
            f"if (@bytes[{place % 16}:u32] == {place}:u8) {{ %x = (%x +% {place}:u32) }}"
            f" else {{ @words[{place % 8}:u32] = %x }}"
            for place in range(count)
        ]
        return program("\n".join(["var %x: u32 = @words[0:u32]", *ifs, "exit pass"]))

    small, large = (len(conditions(branches(count)).terms.rows) for count in (20, 80))
    assert large < 5 * small


def test_two_filters_in_one_table_speak_of_one_packet() -> None:
    terms = Terms()
    text = "filter f on ethernet maximum 64 { read %x: u8 = packet[3:u32] else { exit miss } exit match }"
    once, again = (conditions(program(text.replace(" f ", f" {name} ")), terms) for name in ("f", "g"))
    assert once.accepts == again.accepts
