"""Loops: what is proved of them, that nothing is relied upon that is not proved, and what they cost."""

from __future__ import annotations

import dataclasses
import json
import random
import sys
from pathlib import Path

import pytest

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import U32, U64, Expression, Program
from dlcode_dsl.core.interpret import Packet, run
from dlcode_dsl.core.parse import parse_program
from dlcode_verifier import (
    CertificateError,
    NotProved,
    OverBudget,
    Proved,
    Refuted,
    hints,
    recheck,
    save,
    verify,
)
from dlcode_verifier.certificate import _digest
from dlcode_verifier.facts import AtMostZero, Claimed, Guesses, LoopFacts, Measure, Multiple, Sum, sites
from dlcode_verifier.refute import Refutations
from tests.data_files import Case, cases
from tests.verifier.preanalysis import hard
from tests.verifier.support import HANDLER, HERE, judged, program, proved, said

DATA = Path(__file__).parent / "data"


@pytest.fixture
def proof_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search for packets: what matters is what is proved."""
    monkeypatch.setattr(sys.modules["dlcode_verifier.verify"], "refute", lambda *_: Refutations([]))


def tried(text: str, *facts: LoopFacts) -> Proved | Refuted | NotProved | OverBudget:
    """The answer with these guesses alone."""
    return verify(program(text), options=dataclasses.replace(HERE, guesses=lambda _: dict(enumerate(facts))))


def name(text: str, type: form.Type = U32) -> Expression:
    return form.Variable(text, type)


LENGTH = form.Extent("packet")

SCAN = """
var %i: u32 = 0:u32
loop l { } while (%i < extent(packet)) {
  read %b: u8 = packet[%i]
  %i = (%i + 1:u32)
}
exit pass
"""


def total(*parts: tuple[int, Expression], plus: int = 0) -> Sum:
    return Sum(parts, plus)


@pytest.mark.parametrize("name", hard.NAMES)
def test_a_saved_certificate_proves_again_without_the_pre_analysis(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of = hard.hard(name)
    first = verify(of, options=HERE)
    if not isinstance(first, Proved):
        assert isinstance(first, Refuted), "the pre-analysis is tried with unsafe programs too"
        return
    data = save(first.certificate)
    monkeypatch.setattr(sys.modules["dlcode_verifier.verify"], "guesses", None)
    again = recheck(of, data, options=HERE)
    assert isinstance(again, Proved), said(again)
    assert save(again.certificate) == data


@pytest.mark.parametrize(
    "fact",
    [
        AtMostZero(Sum(((3, form.Variable("i", U32)), (-1, form.Extent("packet"))), -7)),
        AtMostZero(Sum(((1, form.Convert("widen", form.Variable("i", U32), U64)), (-2, form.Extent("wire"))))),
        AtMostZero(Sum(((-5, form.Variable("turns.0", U64)), (1, form.Constant(9, form.U8))), 1 << 70)),
        Multiple(Sum(((1, form.Variable("i", U32)),), 1), 4),
        Claimed(form.Compare("<", form.Variable("i", U32), form.Owned("words", form.Variable("i", U32), U32))),
        Measure((Sum(((-1, form.Variable("i", U32)),), 8),), 2),
        Measure((Sum((), 8), Sum(((1, form.Variable("i", U32)),)))),
        Measure((Sum((), 8),), 1, halves=True),
    ],
)
def test_a_fact_is_read_back_from_its_text(fact: AtMostZero | Multiple | Claimed | Measure) -> None:
    of = program(SCAN)
    assert hints.read(hints.show(fact), of, {"i": U32, "turns.0": U64}) == fact


@pytest.mark.parametrize(
    "loops",
    [
        None,
        7,
        [7],
        [{}],
        [{"loop": 9, "invariants": [], "measure": None, "most": None}],
        [{"loop": 0, "invariants": ["what?"], "measure": None, "most": None}],
        [{"loop": 0, "invariants": ["1 * %nobody + 0 <= 0"], "measure": None, "most": None}],
        [{"loop": 0, "invariants": ["claim (1:u32 <"], "measure": None, "most": None}],
        [{"loop": 0, "invariants": ["claim @nowhere[1:u32]"], "measure": None, "most": None}],
        [{"loop": 0, "invariants": ["claim " + "not(" * 9000], "measure": None, "most": None}],
        [{"loop": 0, "invariants": [5], "measure": None, "most": None}],
        [{"loop": 0, "invariants": [], "measure": "1 * %i falls", "most": None}],
        [{"loop": 0, "invariants": [], "measure": "1 * %i + 0 falls by " + "9" * 9000, "most": None}],
        [{"loop": 0, "invariants": [], "measure": None, "most": [1]}],
    ],
)
def test_facts_of_a_file_that_cannot_be_read_are_torn(loops: object) -> None:
    facts = json.loads(save(proved(SCAN).certificate))
    del facts["digest"]
    facts["loops"] = loops
    data = json.dumps({**facts, "digest": _digest(facts)}).encode()
    with pytest.raises(CertificateError) as raised:
        recheck(program(SCAN), data, options=HERE)
    assert raised.value.code == "torn"


@pytest.mark.usefixtures("proof_alone")
def test_a_file_that_says_too_little_proves_nothing() -> None:
    facts = json.loads(save(proved(SCAN).certificate))
    del facts["digest"]
    facts["loops"] = []
    data = json.dumps({**facts, "digest": _digest(facts)}).encode()
    assert isinstance(recheck(program(SCAN), data, options=HERE), NotProved)


@pytest.mark.parametrize("case", cases(DATA / "refused" / "mutants.test"), ids=lambda case: case.name)
def test_an_unsafe_mutant_is_refuted_by_a_packet(case: Case) -> None:
    answer = judged(case.input)
    assert isinstance(answer, Refuted), said(answer)


REMAINING = Measure((total((1, LENGTH), (-1, name("i"))),))


@pytest.mark.usefixtures("proof_alone")
def test_without_any_guess_a_loop_is_not_proved_to_end() -> None:
    answer = tried(SCAN, LoopFacts())
    assert isinstance(answer, NotProved)
    assert [missing.kind for missing in answer.open] == [FaultKind.ENDLESS]


def test_a_measure_shows_the_end_and_bounds_the_turns() -> None:
    answer = tried(SCAN, LoopFacts(measures=(REMAINING,)))
    assert isinstance(answer, Proved)
    (proof,) = answer.certificate.loops
    assert (proof.reason, str(proof.turns), proof.turns.at(64)) == ("measure", "0 + 1 * length", 64)


WRAPPING = """
var %i: u32 = @words[0:u32]
loop l { } while (%i != 0:u32) { %i = (%i +% 2:u32) }
exit pass
"""


@pytest.mark.usefixtures("proof_alone")
@pytest.mark.parametrize(
    "measure",
    [
        Measure((total((-1, name("i")), plus=(1 << 32) - 1),), 2),  # rises where the sum wraps
        Measure((total((1, name("i"))),)),
        Measure((total(plus=7),), 0),  # falls by nothing
        Measure((total(plus=7),), -1),
        Measure((total(plus=0),), 1, halves=True),  # half of 0 is 0
        Measure((total((1, name("i"))), total((-1, name("i")))), 0),
        Measure((), 1),
        Measure((total((-1, name("turns.0", U64)), plus=(1 << 64) - 1),)),  # the count of turns wraps too
        Measure((total((1, name("nobody"))),)),
        Measure((total((1, name("i", U64))),)),
    ],
)
def test_a_measure_that_lies_shows_nothing(measure: Measure) -> None:
    answer = tried(WRAPPING, LoopFacts(measures=(measure,)))
    assert isinstance(answer, NotProved)
    assert [missing.kind for missing in answer.open] == [FaultKind.ENDLESS]


def test_a_fact_that_is_dropped_is_not_relied_upon() -> None:
    """`i <= 0` fails on entry; with it, the step of `i <= 1`, and that nothing wraps, would hold."""
    false = AtMostZero(total((1, name("i"))))
    rests_on_it = AtMostZero(total((1, name("i")), plus=-1))
    text = """
    var %i: u32 = 1:u32
    loop l { } while true { %i = (%i * 2:u32) if (%i > 4096:u32) { leave l } }
    assertion (%i < 2:u32)
    exit pass
    """
    for order in ((false, rests_on_it), (rests_on_it, false)):
        answer = tried(text, LoopFacts(order, (Measure((total((-1, name("i")), plus=9999),)),)))
        assert isinstance(answer, Refuted), said(answer)


@pytest.mark.usefixtures("proof_alone")
def test_facts_that_hold_only_together_are_kept_only_together() -> None:
    """x and y change places: each bound holds because of the other."""
    text = """
    var %x: u32 = 0:u32 var %y: u32 = 1:u32 var %n: u32 = 0:u32
    loop l { } while (%n < 9:u32) { let %old: u32 = %x %x = %y %y = %old %n = (%n + 1:u32) }
    assertion (%x <= 1:u32)
    exit pass
    """
    measures = (Measure((total((-1, name("n")), plus=9),)),)
    x, y = (AtMostZero(total((1, name(side)), plus=-1)) for side in "xy")
    assert isinstance(tried(text, LoopFacts((x, y), measures)), Proved)
    assert isinstance(tried(text, LoopFacts((x,), measures)), NotProved)


def test_a_fact_that_is_true_only_after_a_fault_excuses_nothing() -> None:
    """Were the read past the end assumed to be fine, the fact would hold, and with it the read."""
    text = """
    var %i: u32 = 0:u32
    loop l { } while (%i < 100:u32) { read %b: u8 = packet[%i] %i = (%i + 1:u32) }
    exit pass
    """
    inside = AtMostZero(total((1, name("i")), (-1, LENGTH)))
    counts = Measure((total((-1, name("i")), plus=100),))
    answer = tried(text, LoopFacts((inside,), (counts,)))
    assert isinstance(answer, Refuted)
    assert {part.kind for part in answer.refutations} == {FaultKind.PACKET_BOUNDS}


def test_a_claim_whose_own_arithmetic_wraps_is_no_fact() -> None:
    """`i - 1 < i` is true of integers and false of a u32 that is 0: as a fact of integers it would exclude i == 0."""
    text = """
    var %i: u32 = 0:u32
    loop l { } while (%i < 9:u32) { %i = (%i + 1:u32) }
    assertion (%i != 0:u32)
    let %before: u32 = (%i - 1:u32)
    exit pass
    """
    claim = parse_program(
        "filter f on ethernet maximum 9 { var %i: u32 = 0:u32 assertion ((%i - 1:u32) < %i) exit miss }"
    )
    check = claim.body[1]
    assert isinstance(check, form.Check)
    counts = Measure((total((-1, name("i")), plus=9),))
    for maximum in (9, 0):
        answer = tried(text.replace("9:u32", f"{maximum}:u32"), LoopFacts((Claimed(check.condition),), (counts,)))
        assert isinstance(answer, Proved) == (maximum == 9), said(answer)


@pytest.mark.parametrize(
    "fact",
    [
        Claimed(name("i")),  # no truth value
        Claimed(form.Compare("<", name("i"), name("i", U64))),
        Claimed(form.Compare("<", form.Owned("nowhere", name("i"), U32), name("i"))),
        Claimed(form.Compare("~", name("i"), name("i"))),
        Claimed(form.Compare("<", name("b", form.U8), form.Constant(5, form.U8))),  # bound inside the loop
        AtMostZero(total((1, form.Constant(1 << 40, U32)))),
        AtMostZero(total((1, form.Extent("nowhere")))),
        AtMostZero(total((1, form.Binary("-", name("i"), name("i"))))),
        AtMostZero(total((1, form.Convert("widen", name("i"), form.U8)))),
        Multiple(total((1, name("i"))), 0),
        Multiple(total((1, name("i"))), -3),
    ],
)
def test_a_guess_that_breaks_the_rules_of_the_form_is_not_tried(fact: AtMostZero | Claimed | Multiple) -> None:
    answer = tried(SCAN, LoopFacts((fact,), (REMAINING,)))
    assert isinstance(answer, Proved)
    assert answer.certificate.loops[0].invariants == ()


# ---- what the author says


COUNT = """
var %n: u32 = 0:u32
loop l { } while (%n < (extent(packet) & 15:u32)) CLAUSES { %n = (%n + 1:u32) } TAIL
exit pass
"""
PRECISE = LoopFacts(
    (AtMostZero(total((1, name("n")), plus=-15)), AtMostZero(total((1, name("n")), (-1, name("turns.0", U64))))),
    (Measure((total((-1, name("n")), plus=15),)),),
)


@pytest.mark.parametrize(
    ("clauses", "kind"),
    [
        ("limit 15", None),
        ("limit 14", FaultKind.LIMIT),
        ("invariant (%n <= 15:u32)", None),
        ("invariant (%n <= 14:u32)", FaultKind.INVARIANT),
        ("invariant (%n < (extent(packet) & 15:u32))", FaultKind.INVARIANT),
        ("invariant ((1:u32 - %n) <= 1:u32)", FaultKind.WRAP),
        ("decreases (15:u32 - %n)", None),
        ("decreases (14:u32 - %n)", None),
        ("decreases (13:u32 - %n)", FaultKind.WRAP),
        ("decreases %n", FaultKind.DECREASES),
        ("decreases 3:u32, (15:u32 - %n)", None),
        ("decreases (15:u32 - %n), %n", None),
        ("decreases %n, (15:u32 - %n)", FaultKind.DECREASES),
        ("decreases (%n == 0:u32), (15:u32 - %n)", None),
    ],
)
def test_the_authors_clauses_are_what_the_interpreter_tests(clauses: str, kind: FaultKind | None) -> None:
    answer = judged(COUNT.replace("CLAUSES", clauses).replace("TAIL", ""))
    if kind is None:
        assert isinstance(answer, Proved), said(answer)
    else:
        assert isinstance(answer, Refuted), said(answer)
        assert {part.kind for part in answer.refutations} == {kind}


@pytest.mark.parametrize("limit", [0, 1, 14, 15, 16, 1 << 63, 1 << 70])
def test_past_a_limit_runs_what_the_author_says(limit: int) -> None:
    text = COUNT.replace("CLAUSES", f"limit {limit}").replace("TAIL", "else { assertion (%n == 14:u32) exit drop }")
    answer = judged(text)
    assert isinstance(answer, Proved) == (limit >= 14 and limit < 1 << 63), said(answer)
    if isinstance(answer, Proved):
        (proof,) = answer.certificate.loops
        assert (proof.reason, proof.turns.at(1514)) == ("limit", limit)


@pytest.mark.usefixtures("proof_alone")
def test_a_limit_that_is_too_great_to_count_proves_nothing() -> None:
    assert not isinstance(judged(COUNT.replace("CLAUSES", f"limit {1 << 64}").replace("TAIL", "")), Proved)


def test_an_endless_loop_ends_by_its_limit_and_is_not_called_endless() -> None:
    text = "var %n: u32 = 0:u32 loop l { } while true limit 7 { %n = (%n +% 3:u32) } else { exit drop } exit pass"
    certificate = proved(text.replace(" exit pass", " exit pass")).certificate
    assert run(program(text), Packet.whole(b"")).operations == certificate.operations.constant


LOOP_IN_A_HEAD = """
var %i: u32 = 0:u32
loop outer {
  var %j: u32 = 0:u32
  loop inner { } while (%j < 3:u32) { %j = (%j + 1:u32) }
} while ((%i + %j) <= extent(packet)) CLAUSES {
  read %b: u8 = packet[((%i + %j) - 1:u32)]
  %i = (%i + %j)
}
assertion ((%i + 3:u32) > extent(packet))
exit pass
"""


@pytest.mark.parametrize(
    ("clauses", "kind"),
    [
        ("", None),
        ("decreases (extent(packet) - %i)", None),
        ("decreases %j, (extent(packet) - %i)", None),
        ("decreases %j", FaultKind.DECREASES),
        ("invariant (%j == 3:u32)", None),
        ("invariant (%j == 2:u32)", FaultKind.INVARIANT),
        ("limit 504", None),
        ("limit 503", FaultKind.LIMIT),
    ],
)
def test_a_head_is_run_once_more_where_two_turns_are_compared(clauses: str, kind: FaultKind | None) -> None:
    """Here the head has a loop of its own, and binds what the condition and the measure use."""
    text = LOOP_IN_A_HEAD.replace("CLAUSES", clauses)
    answer = judged(text)
    if kind is not None:
        assert isinstance(answer, Refuted), said(answer)
        assert {part.kind for part in answer.refutations} == {kind}
        return
    assert isinstance(answer, Proved), said(answer)
    for length in (0, 2, 3, 1514):
        cost = run(program(text), Packet.whole(bytes(length))).operations
        assert cost <= answer.certificate.operations.at(length) <= 36_000


# ---- the ways through loops


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("loop l { } while false { read %b: u8 = packet[9:u32] }", True),
        ("loop l { leave l } while true { read %b: u8 = packet[9:u32] }", True),
        ("loop l { } while true { leave l }", True),
        (
            "loop l { } while true { if (extent(packet) > 3:u32) { leave l } exit pass }"
            " assertion (extent(packet) > 3:u32)",
            True,
        ),
        (
            "loop l { } while true { if (extent(packet) > 3:u32) { leave l } exit pass }"
            " assertion (extent(packet) > 4:u32)",
            False,
        ),
        (
            """var %x: u32 = 0:u32
            block out { loop a { } while true { loop b { } while true { %x = 1:u32 leave out } } %x = 2:u32 }
            assertion (%x == 1:u32)""",
            True,
        ),
        (
            """var %x: u32 = 0:u32
            loop a { } while true { loop b { } while true { %x = 1:u32 leave a } }
            assertion (%x == 1:u32)""",
            True,
        ),
        (
            """var %x: u32 = 0:u32
            loop a { } while (%x == 0:u32) {
              loop b { } while true { if (extent(packet) == 1:u32) { leave a } %x = 1:u32 leave b }
            }
            assertion (%x == 1:u32)""",
            False,
        ),
        (
            """if (extent(packet) > 3:u32) { var %n: u32 = 0:u32 loop l { } while (%n < 3:u32) { %n = (%n + 1:u32) } }
            read %b: u8 = packet[3:u32]""",
            False,
        ),
        (
            """var %n: u32 = 0:u32
            block b { loop l { } while (%n < 3:u32) { if (extent(packet) == 7:u32) { leave b } %n = (%n + 1:u32) } }
            assertion (%n == 3:u32)""",
            False,
        ),
        (
            """var %n: u32 = 0:u32
            block b { loop l { } while (%n < 3:u32) { %n = (%n + 1:u32) } }
            assertion (%n == 3:u32)""",
            True,
        ),
    ],
)
def test_ways_out_of_loops_are_told_apart(text: str, holds: bool) -> None:
    answer = judged(text + " exit pass")
    assert isinstance(answer, Proved if holds else Refuted), said(answer)


@pytest.mark.parametrize(
    ("before", "inside", "after", "holds"),
    [
        ("", "@words[0:u32] = 1:u32", "exit abort", False),
        ("", "@notes[0:u32] = 1:u16", "exit abort", True),
        ("", "if (%n == 1:u32) { exit abort } @words[0:u32] = 1:u32", "exit consume", False),
        ("@words[3:u32] = 5:u32", "@words[2:u32] = 1:u32", "assertion (@words[3:u32] == 5:u32) exit consume", True),
        ("@words[3:u32] = 5:u32", "@words[3:u32] = 1:u32", "assertion (@words[3:u32] == 5:u32) exit consume", False),
        (
            "@words[3:u32] = 5:u32",
            "@words[(%n + 1:u32)] = 1:u32",
            "assertion (@words[3:u32] == 5:u32) exit consume",
            False,
        ),
        ("@words[3:u32] = 5:u32", "@bytes[2:u32] = 1:u8", "assertion (@words[3:u32] == 5:u32) exit consume", True),
        ("@words[3:u32] = 5:u32", "@words[%n] = 5:u32", "assertion (@words[3:u32] == 5:u32) exit consume", None),
        (
            "",
            "packet[0:u32] = 7:u8",
            "read %b: u8 = packet[0:u32] else { exit pass } assertion (%b == 0:u8) exit pass",
            False,
        ),
    ],
)
def test_what_a_turn_writes_is_forgotten_at_the_head(before: str, inside: str, after: str, holds: bool | None) -> None:
    """Forgotten, not known to be broken: where it happens to hold, nothing says so yet."""
    guard = "if (extent(packet) == 0:u32) { exit pass }"
    loop = f"var %n: u32 = 0:u32 loop l {{ }} while (%n < 3:u32) {{ {inside} %n = (%n + 1:u32) }}"
    answer = judged(f"{guard} {before} {loop} {after}")
    if holds is None:
        assert not isinstance(answer, Proved)
    else:
        assert isinstance(answer, Proved if holds else Refuted), said(answer)


def test_a_program_may_use_the_name_that_counts_turns() -> None:
    """`turns.0` is no word of the language, but core text can bind it."""
    text = """
    var %turns.0: u64 = 5:u64
    var %n: u32 = 0:u32
    loop l { } while (%n < 3:u32) limit 3 { %n = (%n + 1:u32) }
    assertion (%turns.0 == 5:u64)
    exit pass
    """
    proved(text)
    assert isinstance(judged(text.replace("== 5:u64", "!= 5:u64")), Refuted)


@pytest.mark.usefixtures("proof_alone")
def test_one_statement_that_stands_twice_is_proved_at_both_places() -> None:
    """The same node, once where it ends and once where it does not."""
    parsed = program("var %i: u32 = 0:u32 loop l { } while (%i != 8:u32) { %i = (%i +% 2:u32) } exit pass")
    start, loop, end = parsed.body
    twice = dataclasses.replace(parsed, body=(start, loop, form.Assign("i", form.Constant(1, U32)), loop, end))
    fine = dataclasses.replace(parsed, body=(start, loop, form.Assign("i", form.Constant(2, U32)), loop, end))
    facts = {0: LoopFacts((Multiple(total((1, name("i"))), 2), AtMostZero(total((1, name("i")), plus=-8))),
                          (Measure((total((-1, name("i")), plus=8),), 2),))}  # fmt: skip
    options = dataclasses.replace(HERE, guesses=lambda _: facts)
    assert isinstance(verify(fine, options=options), Proved)
    assert not isinstance(verify(twice, options=options), Proved)


# ---- cost


NESTED = """
var %i: u32 = 0:u32
loop rows { } while (%i < extent(packet)) {
  var %j: u32 = 0:u32
  loop columns { } while (%j < 4:u32) { %j = (%j + 1:u32) wake }
  %i = (%i + 1:u32)
}
exit consume
"""


def test_turns_multiply_operations_and_effects() -> None:
    text = HANDLER.replace("1514", "64") + "{" + NESTED + "}"
    certificate = proved(text).certificate
    for length in (0, 1, 64):
        outcome = run(program(text), Packet.whole(bytes(length)))
        assert outcome.operations == certificate.operations.at(length)
    assert certificate.effects.wakes == 256 == len(outcome.effects)


def test_over_budget_tells_which_loop_turns_how_often_and_why() -> None:
    answer = judged(HANDLER + "cost 100 ops {" + SCAN + "}")
    assert isinstance(answer, OverBudget)
    (proof,) = answer.loops
    assert proof.turns.at(1514) == 1514
    assert proof.measure is not None


# ---- guesses are never believed


@pytest.mark.usefixtures("proof_alone")
@pytest.mark.parametrize("seed", range(60))
def test_no_guess_proves_an_unsafe_program(seed: int) -> None:
    """Random facts and measures of the right shape, many of them false, at the loops of the mutants."""
    rng = random.Random(seed)
    loops = [case for case in cases(DATA / "refused" / "mutants.test") if "loop" in case.input]
    unsafe = program(rng.choice(loops).input)
    options = dataclasses.replace(
        HERE, guesses=lambda part: wild(part, rng), integer_effort=100_000, bitvector_effort=1
    )
    assert not isinstance(verify(unsafe, options=options), Proved)


def wild(of: Program, rng: random.Random) -> Guesses:
    """Random guesses for each loop."""
    names = [form.Variable(one.name, one.value.type) for one in _lets(of.body) if one.value.type == U32]
    found = {}
    for site in sites(of):
        atoms: list[Expression] = [*names, LENGTH, form.Variable(site.turns, U64)]

        def sum(atoms: list[Expression] = atoms) -> Sum:
            parts = [(rng.choice([1, -1, 1, -1, 2, 4]), rng.choice(atoms)) for _ in range(rng.randint(1, 2))]
            return Sum(tuple(parts), rng.choice([0, 0, 1, -1, 255, -256, 65535, -65535, 1 << 32, -(1 << 32)]))

        facts = [AtMostZero(sum()) for _ in range(rng.randint(0, 12))]
        strides = [Multiple(sum(), rng.choice([1, 2, 4])) for _ in range(rng.randint(0, 3))]
        measures = [
            Measure((sum(),), rng.choice([1, 1, 2]), rng.random() < 0.2)
            if rng.random() < 0.7
            else Measure((sum(), sum()))
            for _ in range(rng.randint(0, 6))
        ]
        found[site.number] = LoopFacts((*facts, *strides), tuple(measures), rng.choice([None, sum()]))
    return found


def _lets(body: form.Body) -> list[form.Let]:
    from dlcode_dsl.core.check import bodies

    inner = [let for statement in body for part in bodies(statement) for let in _lets(part)]
    return [statement for statement in body if isinstance(statement, form.Let)] + inner
