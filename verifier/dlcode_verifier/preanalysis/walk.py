"""The walk over a program that finds what holds at its loops' heads.

Only loops are of interest: statements after the last of them are not looked at. An outermost loop is walked until
nothing at its head, or at the heads of the loops inside, is lost any more; an inner one is walked once each time, so
that a nest of any depth takes as many rounds as its facts need, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Body, Program, Statement

from ..facts import Site
from .expressions import PACKET, WIRE, assume, bind, number, truth
from .heads import Head, Phase, Seen, bound_turns
from .scope import LARGE_LOOP, Scope, needed, scope_of
from .state import State, merged
from .values import Comparison, Truth, Values, at_most, interval
from .zones import ZERO, Zone

ROUNDS = 24
"""Most rounds over an outermost loop; what still changes then is guessed as it is."""

PATIENT_ROUNDS, HURRIED_ROUNDS = 12, 2
"""Rounds after which a bound that does not last is given up, in loops of usual size and in large ones."""

NARROWINGS = 2
"""Most rounds that take back what was weakened too far."""
_Turn = Callable[[State], tuple[State | None, State | None, list[State]]]
"""From the head of a loop: the state in which a turn begins, the one in which it comes back, those that leave."""


class Walk:
    """`seen` has what was found at each loop that can be reached, by its site's number."""

    def __init__(self, program: Program, places: tuple[Site, ...]) -> None:
        self.program, self.values = program, Values()
        self.places: dict[int, list[Site]] = {}
        for site in places:
            self.places.setdefault(id(site.node), []).append(site)
        self.scope: Scope = scope_of(program, places)
        self.followed = self.scope.followed
        self.needed = needed(program)
        self.heads: dict[int, Head] = {}
        self.seen: dict[int, Seen] = {}
        self.phase: Phase | None = None  # None outside of loops
        self.changed = False
        self.leaving: dict[str, list[State]] = {}

    def start(self) -> State:
        zone = Zone()
        packet = self.values.value(zone, PACKET, 0, self.program.maximum)
        wire = self.values.value(zone, WIRE, 0, (1 << 32) - 1)
        return State({PACKET: packet, WIRE: wire}, {}, zone)

    # ---- statements

    def body(self, body: Body, state: State | None) -> State | None:
        for statement in body:
            if state is None or (self.phase is None and id(statement) not in self.needed):
                return None
            state = self.statement(statement, state)
        return state

    def statement(self, statement: Statement, state: State) -> State | None:
        program, values = self.program, self.values
        match statement:
            case form.Let(name, value) | form.Assign(name, value):
                if name in self.followed:
                    bind(program, values, state, name, value)
            case form.Read():
                return self.read(statement, state)
            case form.If(condition, then, otherwise):
                return self.choice(statement, truth(program, values, state, condition), then, otherwise, state)
            case form.Block(label, body):
                names = state.names
                self.leaving[label] = []
                end = self.body(body, state)
                return self.meet(statement, end, self.leaving.pop(label), names)
            case form.Leave(label):
                if label in self.leaving:
                    self.leaving[label].append(state)
                return None
            case form.Exit():
                return None
            case form.Loop():
                return self.loop(statement, state)
            case form.Copy():
                return self.copy(statement, state)
            case form.Store():
                state.memory = values.symbol((id(statement), state.memory))
            case form.Rewrite():
                state.packet = values.symbol((id(statement), state.packet))
            case form.Check(_, condition):
                if not assume(values, state, truth(program, values, state, condition)):
                    return None
        return state

    def read(self, read: form.Read, state: State) -> State | None:
        zone, size = state.zone, read.type.bits // 8
        offset = number(self.program, self.values, state, read.offset)
        packet = state.numbers[PACKET]
        if read.otherwise is not None and not self.vain(read.otherwise):
            other = state.copy()
            if at_most(other.zone, packet, offset, size - 1):
                self.body(read.otherwise, other)
        if not at_most(zone, offset, packet, -size):
            return None
        if read.name in self.followed:
            key = ("packet", offset, size, state.packet)
            state.numbers[read.name] = self.values.value(zone, key, 0, (1 << read.type.bits) - 1)
        return state

    def vain(self, body: Body) -> bool:
        """Whether a body only goes where nothing is looked at."""
        if len(body) != 1:
            return False
        return isinstance(body[0], form.Exit) or (
            isinstance(body[0], form.Leave) and body[0].label not in self.leaving
        )

    def choice(
        self, statement: form.If, condition: Truth, then: Body, otherwise: Body, state: State
    ) -> State | None:
        values, names = self.values, state.names
        if self.vain(then):
            return self.body(otherwise, state) if assume(values, state, condition, False) else None
        other = state.copy()
        first = self.body(then, state) if assume(values, state, condition) else None
        second = self.body(otherwise, other) if assume(values, other, condition, False) else None
        return merged(values, id(statement), first, second, names)

    def meet(
        self, statement: Statement, end: State | None, others: list[State], names: tuple[str, ...]
    ) -> State | None:
        """What holds after a statement at whose end several ways meet."""
        for position, other in enumerate(others):
            end = merged(self.values, (id(statement), position), end, other, names)
        return merged(self.values, 0, end, None, names)

    # ---- loops

    def loop(self, loop: form.Loop, state: State) -> State | None:
        (site,) = self.places[id(loop)]
        names = state.names

        def turn(head: State) -> tuple[State | None, State | None, list[State]]:
            values = self.values
            self.leaving[loop.label] = exits = []
            start = self.body(loop.head, head)
            back = None
            if start is not None:
                for invariant in loop.invariants:
                    assume(values, start, truth(self.program, values, start, invariant))
                condition = truth(self.program, values, start, loop.condition)
                end = start.copy()
                if assume(values, end, condition, False):
                    exits.append(end)
                if not assume(values, start, condition):
                    start = None
            if start is not None and loop.limit is not None:
                turns = start.numbers[site.turns]
                past = start.copy()
                if loop.exhausted is not None and assume(values, past, Comparison(">=", turns, (ZERO, loop.limit))):
                    self.body(loop.exhausted, past)
                if not at_most(start.zone, turns, (ZERO, loop.limit), -1):
                    start = None
            if start is not None:
                back = self.body(loop.body, start.copy())
            del self.leaving[loop.label]
            return start, back, exits

        return self.turns(site, state, names, turn)

    def copy(self, copy: form.Copy, state: State) -> State | None:
        values, zone = self.values, state.zone
        offset, count, index = (
            number(self.program, values, state, part) for part in (copy.offset, copy.count, copy.index)
        )
        packet = state.numbers[PACKET]
        at_most(zone, values.arithmetic(zone, "+", offset, count, 33), packet, 0)
        room = ZERO, self.program.region(copy.region).count
        at_most(zone, values.arithmetic(zone, "+", index, count, 33), room, 0)
        left: State | None = state
        for site in self.places.get(id(copy), ()):
            if left is not None:
                left = self.pipe(site, copy, left)
        if left is not None:
            left.memory = values.symbol((id(copy), left.memory))
        return left

    def pipe(self, site: Site, copy: form.Copy, state: State) -> State | None:
        pipe, values, names = site.pipe, self.values, state.names
        assert pipe is not None
        count = number(self.program, values, state, copy.count)
        size, widest = pipe.gauge.bits // 8, max(self.program.pipe(name).gauge.bits for name in copy.through) // 8
        low, high = interval(state.zone, count)
        fewest, most = (-(-bytes // widest) * widest // size for bytes in (low, high))
        words = values.value(state.zone, ("words", site.number, count), fewest, most)
        at_most(state.zone, words, count, widest - 1 if size == 1 else 0 if size == widest else widest)
        state.numbers[site.words], state.numbers[count_of(site)] = words, count
        for initial in pipe.states:
            bind(self.program, values, state, initial.name, initial.initial)

        def turn(head: State) -> tuple[State | None, State | None, list[State]]:
            turns = head.numbers[site.turns]
            end = head.copy()
            exits = [end] if assume(values, end, Comparison("==", turns, words)) else []
            if not at_most(head.zone, turns, words, -1):
                return None, None, exits
            word = values.value(head.zone, ("word", site.number), 0, (1 << pipe.gauge.bits) - 1)
            head.numbers[pipe.word] = word
            return head, self.body(pipe.body, head.copy()), exits

        left = self.turns(site, state, (*names, *(initial.name for initial in pipe.states)), turn)
        if left is not None and pipe.finish is not None:
            bind(self.program, values, left, f"{copy.result}.{pipe.name}", pipe.finish)
        return merged(values, 0, left, None, [*names, f"{copy.result}.{pipe.name}"])

    def turns(self, site: Site, state: State, names: tuple[str, ...], turn: _Turn) -> State | None:
        """Walk a loop: one that stands in no other until nothing changes, and then once more for the record."""
        if self.phase is not None:
            return self.once(site, state, names, turn)
        left, values, scope = None, self.values, self.scope.loops[site.number]
        self.followed = scope.followed
        inside = state.restricted(values, {*self.followed, site.words, count_of(site), PACKET, WIRE})
        marks = {label: len(states) for label, states in self.leaving.items()}
        for phase in self.phases(scope.size):
            for label, mark in marks.items():
                del self.leaving[label][mark:]
            self.phase, self.changed = phase, False
            left = self.once(site, inside.copy(), names, turn)
        self.phase, self.followed = None, self.scope.followed
        values.pinned.clear()
        if left is not None:
            left.regain(state, inside)
        return left

    def phases(self, size: int) -> Iterator[Phase]:
        """What to do in each round: weaken what does not last, take back what was weakened too far, and note it."""
        patient = PATIENT_ROUNDS if size <= LARGE_LOOP else HURRIED_ROUNDS
        for turn in range(ROUNDS):
            yield Phase.WEAKEN if turn < patient else Phase.GIVE_UP
            if not self.changed:
                break
        for _ in range(NARROWINGS):
            yield Phase.NARROW
            if not self.changed:
                return
        yield Phase.RECORD

    def once(self, site: Site, state: State, names: tuple[str, ...], turn: _Turn) -> State | None:
        values, phase = self.values, self.phase
        assert phase is not None
        head = self.heads.get(site.number)
        if head is None:
            head = self.heads[site.number] = Head(site, self.scope.loops[site.number], self.scope)
        state.numbers[site.turns] = ZERO, 0
        entry = head.enter(values, state, phase)
        self.changed |= entry.changed
        start = entry.start
        turning, back, exits = turn(start.copy())
        if back is not None:
            symbol, offset = back.numbers[site.turns]
            back.numbers[site.turns] = symbol, offset + 1
        self.changed |= head.come_back(values, back, entry, phase)
        if phase in (Phase.NARROW, Phase.RECORD):
            self.seen[site.number] = Seen(head, entry, turning, back)
        if turning is not None and back is not None:
            for end in exits:
                bound_turns(entry, turning, back, end)
        return self.meet(site.node, exits[0] if exits else None, exits[1:], names)


def count_of(site: Site) -> str:
    """The name under which the walk keeps what a copy's count was at one of its pipes."""
    return f"count.{site.number}"
