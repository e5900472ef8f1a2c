"""Alignment facts: those that are true of every run are found, and nothing else is ever believed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import pytest

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Packet, run
from dlcode_dsl.core.operators import OPERATORS, evaluate, fault_of
from dlcode_dsl.core.text import print_expression
from dlcode_verifier import Certificate, CertificateError, Proved, Refuted, recheck, save, verify
from dlcode_verifier.alignment import MODULI, Alignment, Alignments, Operand, accesses, congruences
from dlcode_verifier.conditions import conditions
from dlcode_verifier.congruence import BY_CONSTANT, UNKNOWN, Congruence, exactly
from dlcode_verifier.congruence import OPERATORS as RULES
from dlcode_verifier.decide import decide
from dlcode_verifier.facts import LoopFacts, Multiple
from dlcode_verifier.preanalysis import guesses
from dlcode_verifier.task import PROVED, REFUTED, Task
from tests.generators import random_packets
from tests.verifier.support import HERE, program, proved
from tests.walking import walking

EVERY = [Congruence(modulus, rest) for modulus in (1, 2, 4) for rest in range(modulus)]

HEADER = """
  read %first: u8 = packet[14:u32] else { exit decline }
  let %end: u32 = (14:u32 + (widen((%first & 15:u8), u32) * 4:u32))
  read %port: u16 = packet[(%end + 2:u32)] else { exit decline }
  exit drop
"""

BY_TWO = """
  var %at: u32 = 14:u32
  var %sum: u32 = 0:u32
  loop words { } while ((%at + 1:u32) < extent(packet)) {
    read %word: u16 = packet[%at]
    %sum = (%sum +% widen(%word, u32))
    %at = (%at + 2:u32)
  }
  read %last: u8 = packet[%at] else { exit pass }
  exit drop
"""

BY_THREE = BY_TWO.replace("%at + 2:u32", "%at + 3:u32")
AT_ENTRY_ONLY = BY_TWO.replace("%at = (%at + 2:u32)", "%at = ((%at + 2:u32) + (widen(%word, u32) & 1:u32))")

EXTENSIONS = """
  var %at: u32 = 54:u32
  loop chain { } while (%at < 400:u32) limit 8 {
    read %next: u8 = packet[%at] else { exit decline }
    read %size: u8 = packet[(%at + 1:u32)] else { exit decline }
    if (%next == 6:u8) { leave chain }
    %at = ((%at + 8:u32) + (widen(%size, u32) * 8:u32))
  } else { exit decline }
  read %port: u16 = packet[(%at + 2:u32)] else { exit decline }
  exit drop
"""

TAGGED = """
  var %at: u32 = 14:u32
  read %type: u16 = packet[12:u32] else { exit decline }
  if (%type == 33024:u16) {
    %at = (%at + 4:u32)
  }
  read %first: u8 = packet[%at] else { exit decline }
  exit drop
"""

SENDING = """
  read %words: u8 = packet[0:u32] else { exit decline }
  let %count: u32 = (widen((%words & 15:u8), u32) * 4:u32)
  if ((%count + 14:u32) > extent(packet)) { exit decline }
  copy packet[14:u32 : (%count % 4:u32)] -> @bytes[(%count & 8:u32)] as copied
  send reply {
    packet[(extent(packet) - %count) : %count]
    value 0:u16
  }
  exit consume
"""


def said(certificate: Certificate) -> list[str]:
    """The facts of a certificate, with the text of what they speak of."""
    known = accesses(certificate.program)
    return [f"{print_expression(known[fact.access].value)} is {fact.remainder} mod {fact.modulus}"
            for fact in certificate.alignment]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (HEADER, ["(%end + 2:u32) is 0 mod 4"]),
        (TAGGED, ["%at is 2 mod 4"]),
        (BY_TWO, ["%at is 0 mod 2", "%at is 0 mod 2"]),
        (BY_TWO.replace("14:u32", "15:u32"), ["%at is 1 mod 2", "%at is 1 mod 2"]),
        (BY_TWO.replace("%at + 2:u32", "%at + 4:u32"), ["%at is 2 mod 4", "%at is 2 mod 4"]),
        (BY_TWO.replace("%at + 2:u32", "%at + 6:u32"), ["%at is 0 mod 2", "%at is 0 mod 2"]),
        (BY_THREE, []),
        (AT_ENTRY_ONLY, []),
        (EXTENSIONS, ["%at is 2 mod 4", "(%at + 1:u32) is 3 mod 4", "(%at + 2:u32) is 0 mod 4"]),
        (SENDING, ["(%count % 4:u32) is 0 mod 4", "(%count & 8:u32) is 0 mod 4", "%count is 0 mod 4"]),
    ],
)  # fmt: skip
def test_the_facts_of_a_certificate_are_those_that_hold(text: str, facts: list[str]) -> None:
    assert said(proved(text).certificate) == facts


def test_a_program_without_loops_pays_no_query() -> None:
    """What an expression says by itself is read off it."""
    for text in (HEADER, TAGGED):
        assert said(proved(text).certificate)
        assert proved(text).statistics.queries == 0


def test_the_solvers_own_process_finds_the_same() -> None:
    for text in (BY_TWO, EXTENSIONS):
        facts = proved(text).certificate.alignment
        assert proved(text, replace(HERE, isolated=True)).certificate.alignment == facts


def test_an_index_of_a_region_is_spoken_of_too() -> None:
    facts = proved(SENDING).certificate.alignment
    known = accesses(program(SENDING))
    assert [known[fact.access].operand for fact in facts] == ["count", "index", "count"]


# ---- what is not so is dropped


def with_hints(text: str, hints: Mapping[int, Congruence]) -> tuple[Alignment, ...]:
    """The facts of a proof that is told to try such ones."""
    return proved(text, replace(HERE, alignment=lambda _: hints)).certificate.alignment


@pytest.mark.parametrize("text", [BY_TWO, BY_THREE, AT_ENTRY_ONLY, EXTENSIONS, TAGGED, HEADER, SENDING])
def test_no_lie_about_an_access_is_believed(text: str) -> None:
    """Each access is said to be in each class in turn: what is believed is what is true, or less."""
    truth = {fact.access: fact.congruence for fact in proved(text).certificate.alignment}
    for one in accesses(program(text)):
        for guess in (known for known in EVERY if known.modulus in MODULI):
            for fact in with_hints(text, {one.number: guess}):
                strongest = truth.get(fact.access, UNKNOWN)
                assert strongest.modulo(fact.modulus) == fact.congruence, (text, one, fact)


def test_what_holds_at_entry_only_is_dropped() -> None:
    """The first turn reads at 14, and so does every run on a packet of 16 bytes; a later turn may read anywhere."""
    assert with_hints(AT_ENTRY_ONLY, {0: Congruence(4, 2)}) == ()
    assert with_hints(AT_ENTRY_ONLY, {0: Congruence(2, 0), 1: Congruence(2, 0)}) == ()
    assert with_hints(BY_THREE, {0: Congruence(2, 0)}) == ()


def test_of_a_guess_half_of_which_is_true_that_half_is_kept() -> None:
    """Everything read by twos from 14 on is even, though not a multiple of four."""
    assert with_hints(BY_TWO, {0: Congruence(4, 2)}) == (Alignment(0, 2, 0),)
    assert with_hints(BY_TWO, {0: Congruence(4, 3), 1: Congruence(2, 0)}) == (Alignment(1, 2, 0),)


def test_what_would_hold_only_if_a_fault_were_none_makes_no_certificate() -> None:
    """The claim is false of odd offsets, so the fact behind it rests on nothing: refused, and nothing is asked."""
    text = """
      read %low: u8 = packet[0:u32] else { exit decline }
      if (%low > 99:u8) { exit decline }
      assertion ((%low ^ 128:u8) > 99:u8)
      let %at: u32 = widen(%low, u32)
      assertion ((%at & 1:u32) == 0:u32)
      read %there: u16 = packet[%at] else { exit decline }
      exit drop
    """
    hints = {0: Congruence(2, 0)}
    assert isinstance(verify(program(text), options=replace(HERE, alignment=lambda _: hints)), Refuted)
    assert desk_says(text, hints) == (REFUTED, ())
    sure = text.replace("assertion ((%at & 1:u32) == 0:u32)", "if ((%at & 1:u32) != 0:u32) { exit decline }")
    assert with_hints(sure, hints) == (Alignment(0, 2, 0),)
    later = text.replace("assertion ((%at & 1:u32) == 0:u32)", "").replace(
        "exit drop", "if ((%at & 1:u32) != 0:u32) { exit decline }\n exit drop"
    )
    assert with_hints(later, hints) == ()


def test_a_claim_behind_an_access_does_not_speak_for_it() -> None:
    """What is proved where only even offsets come to says nothing of the odd ones that were read before."""
    text = """
      read %low: u8 = packet[0:u32] else { exit decline }
      let %at: u32 = widen(%low, u32)
      read %there: u8 = packet[%at] else { exit decline }
      if ((%at & 1:u32) == 0:u32) {
        assertion ((%at % 2:u32) == 0:u32)
        read %again: u8 = packet[%at]
        exit drop
      }
      exit pass
    """
    assert with_hints(text, {0: Congruence(2, 0), 1: Congruence(2, 0)}) == (Alignment(1, 2, 0),)


def test_what_a_later_turn_or_loop_does_is_not_forgotten() -> None:
    """An even start that a second loop makes odd before the first loop's body runs again."""
    text = """
      var %at: u32 = 0:u32
      var %outer: u32 = 0:u32
      loop outer { } while (%outer < 3:u32) {
        read %byte: u8 = packet[%at] else { exit decline }
        var %inner: u32 = 0:u32
        loop inner { } while (%inner < 3:u32) {
          read %other: u8 = packet[%at] else { exit decline }
          %at = (%at + 3:u32)
          %inner = (%inner + 1:u32)
        }
        %outer = (%outer + 1:u32)
      }
      exit drop
    """
    assert said(proved(text).certificate) == []
    every = {number: Congruence(2, 0) for number in range(2)}
    assert with_hints(text, every) == ()
    assert said(proved(text.replace("%at + 3:u32", "%at + 6:u32")).certificate) == ["%at is 0 mod 2", "%at is 0 mod 2"]


def test_a_false_fact_of_a_loop_makes_no_fact_of_an_access() -> None:
    """The guesses at heads say what is guessed of accesses; where they are lies, both go."""
    lying = {}
    for number, facts in guesses(program(BY_TWO)).items():
        (multiple,) = (fact for fact in facts.invariants if isinstance(fact, Multiple))
        odd = Multiple(replace(multiple.sum, constant=multiple.sum.constant + 1), 4)
        lying[number] = LoopFacts((odd, *facts.invariants), facts.measures, facts.most)
    options = replace(HERE, guesses=lambda _: lying)
    assert said(proved(BY_TWO, options).certificate) == []


def desk_says(text: str, hints: Mapping[int, Congruence]) -> tuple[str, tuple[tuple[int, int] | None, ...]]:
    """What the solver's side says of a program without loops: the worst ruling, and what it shows of accesses."""
    import z3

    what = conditions(program(text))
    asked = Alignments(program(text), what, hints).asked
    assert asked
    goals = [(goal.path, goal.claim) for goal in what.goals]
    task = Task(what.terms.rows, goals, 1514, {}, 500_000, 500_000, accesses=asked)
    decision = decide(task, z3.Context())
    worst = next((ruling.status for ruling in decision.rulings if ruling.status != PROVED), PROVED)
    return worst, decision.aligned


# ---- certificates


def test_a_saved_certificate_says_them_and_checking_it_again_finds_them() -> None:
    for text in (BY_TWO, EXTENSIONS, SENDING):
        certificate = proved(text).certificate
        again = recheck(certificate.program, save(certificate), options=HERE)
        assert isinstance(again, Proved)
        assert again.certificate.alignment == certificate.alignment


def resaved(certificate: Certificate, change: Callable[[list[list[object]]], object]) -> bytes:
    """The file of a certificate with its facts of accesses changed, and its digest right."""
    from dlcode_verifier import certificate as module

    facts = json.loads(save(certificate))
    facts.pop("digest")
    change(facts["alignment"])
    return json.dumps({**facts, "digest": module._digest(facts)}).encode()


def test_what_a_file_lies_about_accesses_is_dropped() -> None:
    certificate = proved(BY_TWO).certificate

    def lie(facts: list[list[object]]) -> None:
        facts[:] = [[0, 4, 0], [1, 2, 1], [7, 4, 0], [-1, 2, 0]]

    again = recheck(certificate.program, resaved(certificate, lie), options=HERE)
    assert isinstance(again, Proved)
    assert again.certificate.alignment == (Alignment(0, 2, 0),)


@pytest.mark.parametrize(
    "nonsense", [[0, 3, 0], [0, 0, 0], ["0", 4, 0], [0, 4], [0, 4, "x"], [0, True, 0], 5, [[], 4, 0]]
)
def test_what_is_no_fact_of_an_access_is_no_certificate(nonsense: object) -> None:
    certificate = proved(BY_TWO).certificate
    data = resaved(certificate, lambda facts: facts.append(nonsense))  # type: ignore[arg-type]
    with pytest.raises(CertificateError) as error:
        recheck(certificate.program, data, options=HERE)
    assert error.value.code == "torn"


# ---- the identities


@pytest.mark.parametrize("symbol", [*RULES, *BY_CONSTANT])
def test_what_an_operator_makes_of_two_classes_holds_of_all_their_values(symbol: str) -> None:
    """At every width from 2 to 4 bits, for all pairs of values that break no rule, and every class that they are in."""
    assert symbol in OPERATORS
    told = 0
    for bits in (2, 3, 4):
        for left, right in product(range(1 << bits), repeat=2):
            if fault_of(OPERATORS[symbol], left, right, bits):
                continue
            value = evaluate(OPERATORS[symbol], left, right, bits)
            for one in (known for known in EVERY if known.holds(left)):
                if symbol in BY_CONSTANT:
                    made = [BY_CONSTANT[symbol](one, right)]
                else:
                    made = [RULES[symbol](one, other) for other in EVERY if other.holds(right)]
                for here in made:
                    assert here.holds(value), (symbol, bits, left, right, one, here)
                    assert here in EVERY
                    told += here.modulus > 1
    assert told > 100


def test_where_two_ways_meet_what_both_say_is_left() -> None:
    for one, other, value in product(EVERY, EVERY, range(8)):
        joined = one.joined(other)
        assert joined in EVERY
        assert joined.holds(value) or not (one.holds(value) or other.holds(value))
    assert exactly(14).joined(exactly(18)) == Congruence(4, 2)
    assert exactly(14).joined(exactly(16)) == Congruence(2, 0)
    assert exactly(14).joined(exactly(15)) == UNKNOWN


def test_nothing_is_said_of_what_is_narrower_than_two_bits() -> None:
    """Arithmetic on a u1 wraps at 2, which 4 does not divide."""
    text = """
      read %byte: u8 = packet[0:u32] else { exit decline }
      let %bit: u1 = (truncate(%byte, u1) *% 1:u1)
      read %there: u8 = packet[(widen((%bit +% 1:u1), u32) * 2:u32)] else { exit decline }
      exit drop
    """
    (fact,) = proved(text).certificate.alignment
    assert fact.congruence == Congruence(2, 0)
    what = conditions(program(text))
    narrow = [term for term, row in enumerate(what.terms.rows) if row[1] == 1]
    assert narrow
    found = congruences(what.terms.rows, narrow, {})
    assert all(found[term] == UNKNOWN for term in narrow if what.terms.rows[term][0] != "constant")


# ---- against the interpreter


def claiming(of: Program, facts: Sequence[Alignment]) -> Program:
    """The program with each fact as an assertion where its access is done."""
    numbers = {(id(one.node), one.operand): one.number for one in accesses(of)}
    known = {fact.access: fact for fact in facts}

    def claims(node: object, *operands: tuple[Operand, form.Expression]) -> Iterator[form.Check]:
        for operand, value in operands:
            fact = known.get(numbers.get((id(node), operand), -1))
            if fact is not None:
                rest = form.Binary("&", value, form.Constant(fact.modulus - 1, form.U32))
                yield form.Check("assertion", form.Compare("==", rest, form.Constant(fact.remainder, form.U32)))

    def body(statements: form.Body) -> form.Body:
        found: list[form.Statement] = []
        for one in statements:
            match one:
                case form.Read(offset=offset, otherwise=otherwise):
                    other = None if otherwise is None else body(otherwise)
                    found += [replace(one, otherwise=other), *claims(one, ("offset", offset))]
                    continue
                case form.Rewrite(offset=offset):
                    found += claims(one, ("offset", offset))
                case form.Copy(offset, count, _, index):
                    found += claims(one, ("offset", offset), ("count", count), ("index", index))
                case form.Send(pieces=pieces):
                    for piece in pieces:
                        if isinstance(piece, form.PacketBytes):
                            found += claims(piece, ("offset", piece.offset), ("count", piece.count))
                case form.If(_, then, otherwise):
                    one = replace(one, then=body(then), otherwise=body(otherwise))
                case form.Block(_, inner):
                    one = replace(one, body=body(inner))
                case form.Loop(_, head, _, inner, exhausted=exhausted):
                    past = None if exhausted is None else body(exhausted)
                    one = replace(one, head=body(head), body=body(inner), exhausted=past)
            found.append(one)
        return tuple(found)

    return replace(of, body=body(of.body), on=None)


def test_no_run_of_the_interpreter_is_against_a_fact() -> None:
    """On random walks that read, write and copy, every fact holds at every access."""
    facts = guessed = 0
    for seed in range(60):
        made, rng = walking(seed), random.Random(seed)
        answer = verify(made, options=HERE)
        if isinstance(answer, Proved) and answer.certificate.alignment:
            facts += len(answer.certificate.alignment)
            guessed += len(Alignments(made, conditions(made), {}).facts()) < len(answer.certificate.alignment)
            watched = claiming(made, answer.certificate.alignment)
            for packet, memory in random_packets(made, seed, count=12):
                run(watched, packet, memory)  # a fact that does not hold is a fault
            for _ in range(12):
                run(watched, Packet.whole(rng.randbytes(rng.randrange(201))))
    assert facts > 60
    assert guessed > 8


@pytest.mark.parametrize("text", [HEADER, TAGGED, BY_TWO, EXTENSIONS, SENDING])
def test_what_is_said_is_proved_as_an_obligation_too(text: str) -> None:
    """The same claim as an assertion of the program's own, which takes another way through the proof."""
    facts = proved(text).certificate.alignment
    assert facts
    assert isinstance(verify(claiming(program(text), facts), options=HERE), Proved)
    wrong = [replace(fact, remainder=(fact.remainder + 1) % fact.modulus) for fact in facts]
    assert not isinstance(verify(claiming(program(text), wrong), options=HERE), Proved)
