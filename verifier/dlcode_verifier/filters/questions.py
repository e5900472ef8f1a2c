"""Questions about proved filters, and their three answers.

Each question is put as its opposite, a packet that would be an exception, and Z3 is asked whether there is one. Yes
means that there is none. A packet that it found is run by the interpreter on every filter of the question, and only
what comes out there as it was claimed makes a No; a solver that gave up makes neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dlcode_dsl.core import interpret
from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Packet

from ..certificate import Certificate
from ..options import Options
from ..ranges import shapes
from ..terms import FALSE, TRUE, Row, Term, Terms
from ..worker import ask
from .drafting import draft
from .outline import outline
from .signature import apart, signature
from .splitting import left_over
from .subject import Table, cone, filters_of, has_loops
from .task import NEVER, Question, Questions, Reply, Sketch, reply_of


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

QUESTIONS_TOGETHER = 50
"""For each so many questions in one task, the solver's process may take the watchdog's time once more."""

TURNS = (2, 8, 34)
"""How many turns of each loop are laid out to find a packet, one attempt after the other."""

AFTER_LOOPS = "a filter has a loop: it was neither proved, nor was a packet found in its first turns"

REPLAYS = 200
"""Most runs of the interpreter spent on a plainer packet."""


def equal(a: Certificate, b: Certificate, *, options: Options | None = None) -> Finding:
    """Whether both match the same packets. Raises QuestionError, as all questions here do, and SolverFailure."""

    def exception(terms: Terms, a: Term, b: Term) -> Term:
        return terms.either(terms.both(a, terms.negate(b)), terms.both(b, terms.negate(a)))

    return _about((a, b), exception, None, options)


def implies(a: Certificate, b: Certificate, *, options: Options | None = None) -> Finding:
    """Whether every packet that `a` matches, `b` matches too."""
    return _about((a, b), lambda terms, a, b: terms.both(a, terms.negate(b)), (True, False), options)


def disjoint(a: Certificate, b: Certificate, *, options: Options | None = None) -> Finding:
    """Whether no packet is matched by both."""
    programs = filters_of((a, b))
    table = Table()
    if apart(signature(table, table.enter(a)), signature(table, table.enter(b))):
        return Yes(min(program.maximum for program in programs))
    return _about((a, b), lambda terms, a, b: terms.both(a, b), (True, True), options, table)


def never_matches(a: Certificate, *, options: Options | None = None) -> Finding:
    """Whether no packet is matched at all."""
    return _about((a,), lambda terms, a: a, (True,), options)


def contained(a: Certificate, capability: Sequence[Certificate], *, options: Options | None = None) -> Finding:
    """Whether every packet that `a` matches is matched by one at least of a capability's filters.

    `matched` of a No has `a` first; `by` of a Yes has positions in `capability`.
    """
    programs = tuple(filters_of([a, *capability]))

    def cases(table: Table) -> list[Case]:
        misses = tuple(table.terms.negate(table.enter(one)) for one in capability)
        return [Case(programs, (table.enter(a),), misses, (True, *(False for _ in capability)))]

    return answered(Table(), cases, options)[0]


def shadowed(filters: Sequence[Certificate], *, options: Options | None = None) -> tuple[Finding, ...]:
    """For each filter of a first-match list, whether it is never reached: all that it matches is taken before.

    `by` of a Yes has the positions of the filters before it that take all of it, none for one that matches nothing;
    `matched` of a No has those before it, and itself, which is the only one that matched. A filter before it whose
    signature leaves no packet to both was not run on it.
    """
    programs = filters_of(filters)
    first = Table()
    before: list[list[int]] = [[] for _ in filters]
    for earlier, later in left_over([signature(first, first.enter(one)) for one in filters]):
        before[later].append(earlier)

    def cases(table: Table) -> list[Case]:
        of = [table.enter(one) for one in filters]
        made = []
        for at, near in enumerate(before):
            those = tuple(programs[one] for one in (*near, at))
            misses = tuple(table.terms.negate(of[one]) for one in near)
            made.append(Case(those, (of[at],), misses, _only_last(len(those))))
        return made

    return tuple(_of_list(found, before[at], at) for at, found in enumerate(answered(first, cases, options)))


def _of_list(found: Finding, near: list[int], at: int) -> Finding:
    """What was found of the filter at a position and those `near` it, said of the whole list up to it."""
    match found:
        case Yes(maximum, by):
            return Yes(maximum, tuple(near[position] for position in by))
        case No(packet):
            return No(packet, _only_last(at + 1))
    return found


def _only_last(count: int) -> tuple[bool, ...]:
    return (*(False for _ in range(count - 1)), True)


def _about(
    certificates: Sequence[Certificate],
    exception: Callable[..., Term],
    expected: tuple[bool, ...] | None,
    options: Options | None,
    table: Table | None = None,
) -> Finding:
    """The answer to a question about some filters, of which `exception` is the opposite."""
    programs = tuple(filters_of(certificates))
    table = table or Table()

    def cases(table: Table) -> list[Case]:
        return [Case(programs, (exception(table.terms, *map(table.enter, certificates)),), (), expected)]

    if len(certificates) == 2:
        (case,) = cases(table)
        drafted = draft(table.terms.rows, case.always[0], case.maximum)
        shown = None if drafted is None else _shown(drafted, case)
        if shown is not None:
            return shown
        a, b = map(table.enter, certificates)
        if _never_in_outline(table, case, a, b, options or Options()):
            return Yes(case.maximum)
    return answered(table, cases, options)[0]


def _never_in_outline(table: Table, case: Case, a: Term, b: Term, options: Options) -> bool:
    """Whether there is no exception, whatever the values are that two filters have in common."""
    (question,) = case.always
    made = outline(table.terms.rows, question, a, b)
    if made is None:
        return False
    rows, asked = made
    (reply,) = _asked(rows, [((asked,), (), False)], case.maximum, options)
    return reply.status == NEVER


def _asked(
    rows: list[Row], asked: list[tuple[tuple[Term, ...], tuple[Term, ...], bool]], maximum: int, options: Options
) -> list[Reply]:
    hints = dict((options.hints or shapes)(rows, maximum))
    efforts = options.integer_effort, options.bitvector_effort
    task = Questions(rows, asked, maximum, hints, *efforts)  # type: ignore[arg-type]
    patience = options.watchdog * (1 + len(asked) // QUESTIONS_TOGETHER)
    told = ask("filters", tuple(task), isolated=options.isolated, watchdog=patience)
    return list(map(reply_of, told))


@dataclass(frozen=True, slots=True)
class Case:
    """One question: the programs, and when a packet is an exception to what is asked.

    It is one where all of `always` and `others` hold; and where the programs match as `expected`, in their order; or,
    without that, where some match and others don't.
    """

    programs: tuple[Program, ...]
    always: tuple[Term, ...]
    others: tuple[Term, ...]
    expected: tuple[bool, ...] | None
    plain: bool = True  # whether a short packet with few bytes in it is looked for

    @property
    def maximum(self) -> int:
        """The longest packet that all of them are run on."""
        return min(program.maximum for program in self.programs)

    def excepts(self, packet: Packet) -> bool:
        """Whether the packet is an exception, by running the programs on it."""
        if self.expected is None:
            return len({matched(program, packet) for program in self.programs}) > 1
        return all(
            matched(program, packet) is wanted for program, wanted in zip(self.programs, self.expected, strict=True)
        )

    @property
    def has_loops(self) -> bool:
        """Whether a program has one, so that a packet which the solver finds may be none."""
        return any(map(has_loops, self.programs))


def answered(table: Table, cases: Callable[[Table], list[Case]], options: Options | None) -> tuple[Finding, ...]:
    """The answers to the cases that are made for a table. Raises SolverFailure.

    Where loops leave it open whether there is a packet, one is looked for with loops laid out turn by turn.
    """
    made = cases(table)
    found = list(decided(table, made, options))
    for turns in TURNS:
        left = [at for at, one in enumerate(found) if isinstance(one, Unknown) and made[at].has_loops]
        if not left:
            break
        laid_out = Table(turns)
        again = [_where_known(laid_out, case) for case in cases(laid_out)]
        for at, one in zip(left, decided(laid_out, [again[at] for at in left], options), strict=True):
            if isinstance(one, No):
                found[at] = one
    return tuple(found)


def _where_known(table: Table, case: Case) -> Case:
    return replace(case, always=(*case.always, *map(table.known, case.programs)))


def decided(table: Table, cases: Sequence[Case], options: Options | None) -> tuple[Finding, ...]:
    """The answer to each case, all found in one task. Raises SolverFailure."""
    options = options or Options()
    longest = max((case.maximum for case in cases), default=0)
    asked: dict[int, Question] = {}
    for at, case in enumerate(cases):
        always = tuple(term for term in case.always if term != TRUE)
        if FALSE not in always:
            limit = () if case.maximum == longest else (table.no_longer_than(case.maximum),)
            asked[at] = Question((*always, *limit), case.others, case.plain)
    replies = dict(zip(asked, _replies(table.terms, list(asked.values()), longest, options), strict=True))
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
    return _asked(rows, moved, maximum, options)


def _finding(case: Case, reply: Reply, options: Options) -> Finding:
    if reply.status == NEVER:
        return Yes(case.maximum, reply.enough)
    if reply.sketch is None:
        return Unknown(f"the solver gave up after {options.bitvector_effort} steps")
    shown = _shown(reply.sketch, case)
    if shown is None:
        return Unknown(AFTER_LOOPS if case.has_loops else "the packet that the solver found does not replay")
    return shown


def _shown(sketch: Sketch, case: Case) -> No | None:
    """The answer that a sketched packet shows, if it does."""
    packet = _exception(sketch, case)
    if packet is None:
        return None
    if case.plain:
        packet = _plainer(packet, case)
    return No(packet, tuple(matched(program, packet) for program in case.programs))


def matched(program: Program, packet: Packet) -> bool:
    """Whether a proved filter matches a packet: the interpreter runs it."""
    try:
        return interpret.run(program, packet).verdict is Verdict.MATCH
    except interpret.Fault as fault:
        raise AssertionError(f"{program.name} is proved, and yet: {fault}") from fault


def _exception(sketch: Sketch, case: Case) -> Packet | None:
    """The packet of a sketch, cut after a place that the filters look at if it is an exception still; None if it never
    is."""
    data = bytearray(min(sketch.length, case.maximum))
    for place, byte in sketch.data.items():
        data[place] = byte

    def cut(end: int) -> Packet:
        return Packet(bytes(data[:end]), end if sketch.wire is None else sketch.wire)

    if not case.excepts(cut(len(data))):
        return None
    ends = sorted({place + 1 for place in sketch.data} | {len(data)})
    low, high = 0, len(ends) - 1
    while low < high:  # what comes out does except, whether or not longer ones all do
        middle = (low + high) // 2
        if case.excepts(cut(ends[middle])):
            high = middle
        else:
            low = middle + 1
    return cut(ends[high])


def _plainer(packet: Packet, case: Case) -> Packet:
    """The packet with nothing cut off on the way, and with as many zero bytes as a few runs find."""
    best = packet
    if case.excepts(Packet.whole(best.data)):
        best = Packet.whole(best.data)
    for place in [place for place, byte in enumerate(best.data) if byte][:REPLAYS]:
        data = best.data[:place] + b"\0" + best.data[place + 1 :]
        if case.excepts(Packet(data, best.wire_length)):
            best = Packet(data, best.wire_length)
    return best
