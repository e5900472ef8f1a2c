"""What led to a fault, as labels: the fewest lines that it follows from, each with what it did last.

They are an unsatisfiable core of the run's trace formula. Where the solver gives up on that formula, or a run is too
long for one, the labels are what has to do with the fault: the turn of the loop, values on the way, tests that were
too weak. Either way, all that a label says was seen in the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Expression, Program
from dlcode_dsl.core.interpret import Fault
from dlcode_dsl.diagnostics import Label
from dlcode_dsl.source import NOWHERE, Span

from .formula import Formula, Step
from .lasso import Endless, changed, cones, names_in, names_told, parts_of
from .options import Options
from .retrace import retrace
from .trace import Guard, Trace, trace
from .witness import Witness
from .words import Words
from .worker import SolverFailure, ask

MOST_LABELS = 8
"""Most lines that are shown beside the fault's; of further ones only the numbers are told."""

MOST_RELEVANT = 4
"""Most labels of what only has to do with the fault."""

MOST_GUARDS = 2
"""Most of them that are tests on the way."""

OF_THE_PACKET = (FaultKind.PACKET_BOUNDS, FaultKind.COPY_BOUNDS, FaultKind.PART_BOUNDS)
"""Faults that are about how long the packet is."""


def labels_and_others(
    program: Program, fault: Fault, witness: Witness, options: Options
) -> tuple[tuple[Label, ...], tuple[str, ...]]:
    """Labels for what led to a fault that the witness raises, and a note of lines that no label is left for."""
    formula = retrace(program, fault, witness) if fault.node.span.source is not NOWHERE.source else None
    needed = None if formula is None else fewest_lines(formula, program.maximum, options)
    if formula is None or needed is None:
        return _first(_relevant(program, fault, witness), fault.node.span), ()
    lines, given = needed
    about = formula.about.union(names_told(fault.node))
    names = about.union(*(formula.names.get(line, ()) for line in given))
    binding = NOWHERE if program.on is None else program.on.span
    length = len(witness.packet.data)
    teller = _Teller(Words(program), fault, formula, length, frozenset(about), frozenset(names), binding)
    likely = [teller.label(line, of_value=line in given) for line in sorted(lines, key=formula.last, reverse=True)]
    shown = [label for label in likely if label is not None][:MOST_LABELS]
    others = sorted({*lines} - {label.span.line for label in shown})
    return (*teller.at_the_fault(), *shown), (f"it also depends on {_listed(others)}",) if others else ()


def fewest_lines(formula: Formula, maximum: int, options: Options) -> tuple[list[int], list[int]] | None:
    """The lines that a formula needs, none of which can be left out; and those of them that do more than let the run
    come by. None where the solver gave up.
    """
    lines = formula.furthest_first()
    says = [formula.lines[line] for line in lines]
    task = formula.rows, formula.known, says, formula.claim, formula.tests, maximum
    try:
        needed, given, _ = ask("lines", task, isolated=options.isolated, watchdog=options.watchdog)
    except SolverFailure:  # what was refuted stays so
        return None
    return None if needed is None else ([lines[place] for place in needed], [lines[place] for place in given])


def _listed(lines: Sequence[int]) -> str:
    *most, last = map(str, lines)
    return f"lines {', '.join(most)} and {last}" if most else f"line {last}"


# ---- what a line did


@dataclass(frozen=True, slots=True)
class _Teller:
    """Says what lines did, in the words of the source."""

    words: Words
    fault: Fault
    formula: Formula
    length: int
    about: frozenset[str]  # names that the fault is about
    names: frozenset[str]  # that it follows from
    binding: Span  # what a handler is bound to: it gives values that the source does not speak of

    def label(self, line: int, *, of_value: bool) -> Label | None:
        """What a line did last. None for a test of something else than what the fault follows from, and where the
        source has no words for it.
        """
        steps = self.formula.steps[line]
        turn, test, gave = steps.get(form.Loop), steps.get(form.If), self.gave_last(line)
        if turn is not None:
            return Label(turn.span, self.turn(turn))
        told = self.seen(test) if test is not None and (of_value or self.is_about(test)) else ""
        if of_value and gave is not None and not _is_inside(gave.span, self.binding):
            if test is None or test.span == gave.span:
                return Label(gave.span, self.gave(gave))
            if self.is_named(gave) and not (told and _is_inside(gave.span, test.span)):
                return Label(gave.span, self.gave(gave))
        return Label(test.span, f"{told} here") if test is not None and told else None

    def gave_last(self, line: int) -> Step | None:
        """The last value that a line gave; if it gave one that the fault is about, then that."""
        last = self.formula.steps[line].get(form.Let)
        if last is None or not isinstance(last.statement, _NAMING):
            return last
        wanted = (step for name, step in self.formula.names.get(line, {}).items() if name in self.about)
        return max(wanted, key=lambda step: step.number, default=last)

    def is_named(self, step: Step) -> bool:
        """Whether the source has a word for what a line gave a value, or it is no name."""
        return not isinstance(step.statement, _NAMING) or step.statement.name in self.words.names

    def is_about(self, test: Step) -> bool:
        """Whether a line's test is about what the fault follows from."""
        assert isinstance(test.statement, form.If)
        of_length = self.fault.kind in OF_THE_PACKET and _tells_length(test.statement.condition)
        return of_length or not self.names.isdisjoint(test.values)

    def at_the_fault(self) -> Iterator[Label]:
        """The turn of a loop whose test stands in the line of the fault."""
        fault, step = self.fault, self.formula.steps.get(self.fault.node.span.line, {}).get(form.Loop)
        if step is None or not isinstance(step.statement, form.Loop) or step.span == fault.node.span:
            return
        if isinstance(fault, Endless) and step.statement is fault.node:
            here = {name: step.values[name] for name in cones(step.statement)[0].names}
            if told := self.words.values(here):
                yield Label(step.span, f"with {told} each time")
        elif step.goes_on or not isinstance(fault.node, form.Loop):
            yield Label(step.span, self.turn(step))

    def turn(self, step: Step) -> str:
        assert isinstance(step.statement, form.Loop)
        names = self.names.union(names_in(step.statement.condition))
        here = {name: value for name, value in step.values.items() if name in names}
        told = self.words.values(here, self.length if self.fault.kind in OF_THE_PACKET else None)
        if step.goes_on:
            return f"turn {step.turn} begins with {told}" if told else f"turn {step.turn} begins"
        turns = f"{step.turn} turn{'' if step.turn == 1 else 's'}"
        return f"left after {turns} with {told}" if told else f"left after {turns}"

    def seen(self, test: Step) -> str:
        """The values that a test saw."""
        assert isinstance(test.statement, form.If)
        told = self.words.seen(test.statement.condition, test.values)
        length = f"{self.words.length} == {self.length}" if _tells_length(test.statement.condition) else ""
        return ", ".join(filter(None, (told, length)))

    def gave(self, step: Step) -> str:
        """What a line did that is no test."""
        match step.statement:
            case form.Let() | form.Assign() | form.Read() if step.values:
                (value,) = step.values.values()
                return f"{value} here"
            case form.Read():
                return "not there"
        return "written here"


_NAMING = form.Let | form.Assign | form.Read


def _is_inside(span: Span, other: Span) -> bool:
    return span.source == other.source and other.start <= span.start <= span.end <= other.end


# ---- what has to do with the fault


def _relevant(program: Program, fault: Fault, witness: Witness) -> Iterator[Label]:
    """Labels for what led to the fault, what tells most first."""
    led, words = trace(program, witness, fault.node), Words(program)
    length = len(witness.packet.data) if fault.kind in OF_THE_PACKET else None
    if fault.kind is FaultKind.ABORT_AFTER_WRITE and led.written is not None:
        yield Label(led.written.span, "written here")
    if isinstance(fault, Endless) and isinstance(fault.node, form.Loop):
        here = {name: led.turns[-1].values[name] for name in cones(fault.node)[0].names} if led.turns else {}
        if told := words.values(here):
            yield Label(fault.node.condition.span, f"with {told} each time")
        return
    about = names_told(fault.node)
    slice = _slice(led, about)
    for turn in reversed(led.turns):
        here = {name: turn.values[name] for name in changed(turn.loop).names if name in slice}
        if told := words.values(here, length):
            yield Label(turn.loop.condition.span, f"turn {turn.number} begins with {told}")
    at_head = led.turns[-1].values if led.turns else {}
    guards = _guards(led, slice, of_length=length is not None)
    for name in about:
        giver = led.given.get(name)
        if giver is None or any(guard.values.get(name) == led.values[name] for guard in guards):
            continue
        if at_head.get(name) != led.values[name]:
            yield Label(giver.span, f"{led.values[name]} here")
    for guard in guards:
        seen = words.values(guard.values)
        if _tells_length(guard.condition):
            seen = ", ".join(filter(None, (seen, f"{words.length} == {len(witness.packet.data)}")))
        if seen:
            yield Label(guard.condition.span, f"{seen} here")


def _slice(led: Trace, about: Sequence[str]) -> list[str]:
    """The names that a fault is about, and those that they were made from in the run."""
    found = list(about)
    for name in found:
        match led.given.get(name):
            case form.Let(_, value) | form.Assign(_, value):
                found += [other for other in names_in(value) if other not in found]
            case form.Read(_, _, offset):
                found += [other for other in names_in(offset) if other not in found]
    return found


def _guards(led: Trace, slice: Sequence[str], *, of_length: bool) -> list[Guard]:
    """The nearest test on the way for each thing that the fault is about."""
    found: list[Guard] = []
    wanted = set(slice) | ({_LENGTH} if of_length else set())
    for guard in reversed(led.guards):
        subjects = {*guard.values, *([_LENGTH] if _tells_length(guard.condition) else [])} & wanted
        if subjects and len(found) < MOST_GUARDS:
            found.append(guard)
            wanted -= subjects
    return found


_LENGTH = "packet length"  # no name of a program


def _tells_length(condition: Expression) -> bool:
    return any(isinstance(part, form.Extent) and part.of == "packet" for part in parts_of(condition))


def _first(labels: Iterable[Label], primary: Span) -> tuple[Label, ...]:
    """The first few labels that have a place of their own in the source of the fault."""
    found: list[Label] = []
    for label in labels:
        span = label.span
        if span.source is NOWHERE.source or span.source != primary.source or "\n" in span.text:
            continue
        if span == primary or any(span == other.span for other in found):
            continue
        found.append(label)
    return tuple(found[:MOST_RELEVANT])
