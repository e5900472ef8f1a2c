"""Questions about proved filters, and their three answers.

Each question is put as its opposite, a packet that would be an exception, and Z3 is asked whether there is one. Yes
means that there is none. A packet that it found is run by the interpreter on every filter of the question, and only
what comes out there as it was claimed makes a No; a solver that gave up makes neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dlcode_dsl.core import interpret
from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Packet

from ..certificate import Certificate
from ..options import Options
from ..ranges import shapes
from ..task import Candidate
from ..terms import FALSE, TRUE, Term, Terms
from ..worker import ask
from .subject import cone, filters_of, matches, no_longer_than
from .task import NEVER, Question, Questions, Reply, reply_of


@dataclass(frozen=True, slots=True)
class Yes:
    """It is so for every packet of at most `maximum` bytes: the longest that every filter of the question is run on.

    `by` has the positions of the filters, in the list that was given, that are enough for it, where it rests on some:
    of `contained` and `shadowed`. None of them can be left out.
    """

    maximum: int
    by: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class No:
    """It is not so: the interpreter ran the filters of the question on this packet, and `matched` is what they said."""

    packet: Packet
    matched: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be found out, and why."""

    reason: str


Finding = Yes | No | Unknown

REPLAYS = 200
"""Most runs of the interpreter spent on a plainer packet."""


def equal(a: Certificate, b: Certificate, *, options: Options | None = None) -> Finding:
    """Whether both match the same packets. Raises QuestionError, as all questions here do, and SolverFailure."""

    def exception(terms: Terms, a: Term, b: Term) -> Term:
        return terms.either(terms.both(a, terms.negate(b)), terms.both(b, terms.negate(a)))

    return _about((a, b), exception, lambda a, b: a != b, options)


def implies(a: Certificate, b: Certificate, *, options: Options | None = None) -> Finding:
    """Whether every packet that `a` matches, `b` matches too."""
    return _about((a, b), lambda terms, a, b: terms.both(a, terms.negate(b)), lambda a, b: a and not b, options)


def disjoint(a: Certificate, b: Certificate, *, options: Options | None = None) -> Finding:
    """Whether no packet is matched by both."""
    return _about((a, b), lambda terms, a, b: terms.both(a, b), lambda a, b: a and b, options)


def never_matches(a: Certificate, *, options: Options | None = None) -> Finding:
    """Whether no packet is matched at all."""
    return _about((a,), lambda terms, a: a, lambda a: a, options)


def contained(a: Certificate, capability: Sequence[Certificate], *, options: Options | None = None) -> Finding:
    """Whether every packet that `a` matches is matched by one at least of a capability's filters.

    `matched` of a No has `a` first; `by` of a Yes has positions in `capability`.
    """
    programs = filters_of([a, *capability])
    terms = Terms()
    this, *those = (matches(program, terms) for program in programs)
    case = Case(tuple(programs), (this,), tuple(map(terms.negate, those)), lambda a, *those: a and not any(those))
    (finding,) = decided(terms, [case], options)
    return finding


def shadowed(filters: Sequence[Certificate], *, options: Options | None = None) -> tuple[Finding, ...]:
    """For each filter of a first-match list, whether it is never reached: all that it matches is taken before.

    `by` of a Yes has the positions of the filters before it that take all of it, none for one that matches nothing;
    `matched` of a No has those before it and itself, which is the only one that matched.
    """
    programs = filters_of(filters)
    terms = Terms()
    of = [matches(program, terms) for program in programs]
    cases = [
        Case(tuple(programs[: at + 1]), (of[at],), tuple(map(terms.negate, of[:at])), _first)
        for at in range(len(programs))
    ]
    return decided(terms, cases, options)


def _first(*matched: bool) -> bool:
    """Whether the last one matched, and none before it."""
    return matched[-1] and not any(matched[:-1])


def _about(
    certificates: Sequence[Certificate],
    exception: Callable[..., Term],
    excepts: Callable[..., bool],
    options: Options | None,
) -> Finding:
    programs = filters_of(certificates)
    terms = Terms()
    found = exception(terms, *(matches(program, terms) for program in programs))
    (finding,) = decided(terms, [Case(tuple(programs), (found,), (), excepts)], options)
    return finding


@dataclass(frozen=True, slots=True)
class Case:
    """One question: the programs, and when a packet is an exception to what is asked.

    It is one where all of `always` and `others` hold; and where the programs, in their order, match as `excepts` says.
    """

    programs: tuple[Program, ...]
    always: tuple[Term, ...]
    others: tuple[Term, ...]
    excepts: Callable[..., bool]
    plain: bool = True  # whether a short packet with few bytes in it is looked for

    @property
    def maximum(self) -> int:
        """The longest packet that all of them are run on."""
        return min(program.maximum for program in self.programs)


def decided(terms: Terms, cases: Sequence[Case], options: Options | None) -> tuple[Finding, ...]:
    """The answer to each case, all found in one task. Raises SolverFailure."""
    options = options or Options()
    longest = max((case.maximum for case in cases), default=0)
    asked: dict[int, Question] = {}
    for at, case in enumerate(cases):
        always = tuple(term for term in case.always if term != TRUE)
        if FALSE not in always:
            limit = () if case.maximum == longest else (no_longer_than(terms, case.maximum),)
            asked[at] = Question((*always, *limit), case.others, case.plain)
    replies = dict(zip(asked, _replies(terms, list(asked.values()), longest, options), strict=True))
    never = Reply(NEVER)
    return tuple(_finding(case, replies.get(at, never), options) for at, case in enumerate(cases))


def _replies(terms: Terms, asked: list[Question], maximum: int, options: Options) -> list[Reply]:
    if not asked:
        return []
    roots = {part for question in asked for part in question.always + question.others}
    rows, place = cone(terms.rows, roots)
    moved = [
        (tuple(place[part] for part in always), tuple(place[part] for part in others), shortest)
        for always, others, shortest in asked
    ]
    hints = dict((options.hints or shapes)(rows, maximum))
    efforts = options.integer_effort, options.bitvector_effort
    task = Questions(rows, moved, maximum, hints, *efforts)  # type: ignore[arg-type]
    told = ask("filters", tuple(task), isolated=options.isolated, watchdog=options.watchdog)
    return list(map(reply_of, told))


def _finding(case: Case, reply: Reply, options: Options) -> Finding:
    if reply.status == NEVER:
        return Yes(case.maximum, reply.enough)
    if reply.candidate is None:
        return Unknown(f"the solver gave up after {options.bitvector_effort} steps")

    def excepts(packet: Packet) -> bool:
        return case.excepts(*(matched(program, packet) for program in case.programs))

    packet = _exception(reply.candidate, case.maximum, excepts)
    if packet is None:
        return Unknown("the packet that the solver found is none when it is replayed")
    if case.plain:
        packet = _plainer(packet, excepts)
    return No(packet, tuple(matched(program, packet) for program in case.programs))


def matched(program: Program, packet: Packet) -> bool:
    """Whether a proved filter matches a packet: the interpreter runs it."""
    try:
        return interpret.run(program, packet).verdict is Verdict.MATCH
    except interpret.Fault as fault:
        raise AssertionError(f"{program.name} is proved, and yet: {fault}") from fault


def _exception(candidate: Candidate, maximum: int, excepts: Callable[[Packet], bool]) -> Packet | None:
    """The packet that a candidate stands for, cut after a place that the filters look at if that will do; or None."""
    bytes_at = candidate.contents.get("packet", {})
    length = min(candidate.length, maximum)
    data = bytearray(length)
    for place, byte in bytes_at.items():
        if place < length:
            data[place] = byte & 0xFF
    for end in sorted({place + 1 for place in bytes_at if place + 1 < length} | {length}):
        packet = Packet(bytes(data[:end]), end if candidate.wire is None else candidate.wire)
        if excepts(packet):
            return packet
    return None


def _plainer(packet: Packet, excepts: Callable[[Packet], bool]) -> Packet:
    """The packet with nothing cut off on the way, and with as many zero bytes as a few runs find."""
    best = packet
    if excepts(Packet.whole(best.data)):
        best = Packet.whole(best.data)
    for place in [place for place, byte in enumerate(best.data) if byte][:REPLAYS]:
        data = best.data[:place] + b"\0" + best.data[place + 1 :]
        if excepts(Packet(data, best.wire_length)):
            best = Packet(data, best.wire_length)
    return best
