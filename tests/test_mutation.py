"""Mistakes that are made by a tool, not chosen: each is refused with what shows it, or is safe for a reason.

Every mutant is judged by `python -m tests.mutation`, which lists what became of it. Here the lists are held against
the sources, and one mutant of so many is judged again.
"""

from __future__ import annotations

from dlcode_dsl import Source, compile_source
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.source import Span
from tests.fates import Judge, proof_of
from tests.mutants import mutants, sources
from tests.mutation import SUMMARY, Row, hash_of, read_list, row, row_of, summary
from tests.resting import claims_of, each_test, piece_at, resting

EVERY = 61
LISTS = {name: read_list(name) for name in sources()}
REASONS = {"the same program", "nothing to prove", "nothing rests on it", "what rests on it holds", "the same claims"}
STALE = "`python -m tests.mutation` judges the mutants anew, and with a NAME, those of one source"


def test_the_lists_are_of_the_sources_as_they_are() -> None:
    stale = [name for name, source in sources().items() if LISTS[name].sha256 != hash_of(source)]
    assert stale == [], STALE


def test_the_lists_have_every_mutant_in_its_order() -> None:
    for name, source in sources().items():
        made = [row_of(mutant) for mutant in mutants(source)]
        assert [{key: one[key] for key in ("line", "mistake", "change")} for one in LISTS[name].rows] == made, STALE
    rows = [one for listed in LISTS.values() for one in listed.rows]
    assert len(rows) >= 1_000
    assert len({one["mistake"] for one in rows}) >= 10


def test_what_is_accepted_has_a_reason_and_nothing_else_needs_one() -> None:
    for listed in LISTS.values():
        for one in listed.rows:
            assert (one["answer"] == "accepted") == ("safe" in one)
            assert "safe" not in one or str(one["safe"]).split(":")[0] in REASONS
    answers = {str(one["answer"]).split()[0] for listed in LISTS.values() for one in listed.rows}
    assert answers >= {"refused", "refuted", "accepted"}


def test_the_page_says_what_the_lists_say() -> None:
    assert SUMMARY.read_text(encoding="utf-8") == summary(list(LISTS.values()))


def test_a_mutant_that_is_judged_again_comes_to_what_the_list_says() -> None:
    """It is refused with what shows it, or faults on no packet, and its proof rests on the same tests."""
    found: list[Row] = []
    listed: list[Row] = []
    for name, source, place in _some():
        fate = Judge(source).fate(list(mutants(source))[place])
        assert fate.wrong == ""
        found.append(row(fate))
        listed.append(LISTS[name].rows[place])
    assert found == listed, STALE
    assert len(found) >= 20


def test_a_claim_rests_on_the_tests_that_its_proof_cannot_do_without() -> None:
    """Each read rests on the test of the length, and none on what was read."""
    source = sources()["e1_udp_53"]
    (program,) = compile_source(source).programs
    proof = proof_of(program)
    by = {place.text: {claim.span.text for claim in resting(proof, nodes)} for place, nodes in each_test(proof).items()}
    reads = {claim.span.text for claim in claims_of(proof)}
    assert reads == {"pkt[12] as u16", "pkt[14]", "pkt[23]", "pkt[36] as u16"}
    assert by["pkt.len < 42"] == reads
    assert by["dport == 53"] == set()


def test_a_claim_in_a_loop_rests_on_its_condition_and_so_does_its_end() -> None:
    source = sources()["h01_tcp_options"]
    (program,) = compile_source(source).programs
    proof = proof_of(program)
    (held,) = [resting(proof, nodes) for place, nodes in each_test(proof).items() if place.text == "at < end"]
    assert {claim.kind for claim in held} == {FaultKind.PACKET_BOUNDS, FaultKind.ENDLESS}


def test_terms_that_are_compiled_apart_are_found_inside_their_condition() -> None:
    source = sources()["e1_udp_53"]
    (program,) = compile_source(source).programs
    start = source.text.index("type == 0x0800 &&")
    around, unseen = piece_at(proof_of(program), Span(source, start, source.text.index("}", start)))
    assert around.start == start
    assert len(unseen) >= 4


def _some() -> list[tuple[str, Source, int]]:
    places = [(name, source, place) for name, source in sources().items() for place, _ in enumerate(mutants(source))]
    return places[EVERY - 1 :: EVERY]
