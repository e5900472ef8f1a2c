"""How to say it: what could not be proved, as diagnostics that point at the source.

The place is the node that faults. The labels are what led there in the run that was replayed: the turn of the loop,
values on the way, tests that were too weak. The notes say what packet and memory do it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from dlcode_dsl import codes
from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault
from dlcode_dsl.diagnostics import Diagnostic, Label, diagnostic
from dlcode_dsl.source import NOWHERE, Span

from .advice import advice, arguments
from .cost import Linear, Turns
from .facts import Measure, Site
from .lasso import Endless, changed, cones, names_in, names_told
from .obligations import Node
from .trace import Guard, Trace, trace
from .witness import Witness
from .words import Words

MOST_LABELS = 4
"""Most labels beside the one at the fault: the fewest lines that still tell how a run comes there."""

MOST_GUARDS = 2
"""Most of them that are tests on the way."""

SHOWN_CELLS = 4
"""Most cells of owned memory that a note lists."""

OF_THE_PACKET = (FaultKind.PACKET_BOUNDS, FaultKind.COPY_BOUNDS, FaultKind.PART_BOUNDS)
"""Faults that are about how long the packet is."""


def refuted(program: Program, fault: Fault, witness: Witness) -> Diagnostic:
    """The diagnostic for a fault that a witness was seen to raise."""
    help, edit = advice(program, fault.kind, fault.node)
    notes = (_packet_note(witness), *_memory_notes(witness))
    labels = _fewest(_labels(program, fault, witness), fault.node.span)
    made = _said(fault.kind, fault.node, fault.detail)
    return replace(made, labels=labels, notes=notes, help=help, edit=edit)


def not_proved(program: Program, kind: FaultKind, node: Node, reason: str, missing: str = "") -> Diagnostic:
    """The diagnostic for an obligation that was neither proved nor refuted; `missing` is what would do."""
    help, edit = advice(program, kind, node)
    made = _said(kind, node, "no proof of the opposite was found")
    return replace(made, notes=(f"not proved: {reason}",), help=missing or help, edit=None if missing else edit)


def _said(kind: FaultKind, node: Node, remark: str) -> Diagnostic:
    told = arguments(node)
    return diagnostic(codes.FAULT_CODES[kind], node.span, remark, region=told["region"], operator=told["operator"])


# ---- cost


class LoopBound(Protocol):
    """What a cost bound knows of a loop."""

    @property
    def site(self) -> Site: ...

    @property
    def turns(self) -> Turns: ...

    @property
    def measure(self) -> Measure | None:
        """What falls with every turn; None where something else bounds them."""


def over_budget(program: Program, bound: Linear, loops: Sequence[LoopBound] = ()) -> Diagnostic | None:
    """The diagnostic for a program that can cost more core operations than its budget, if it can."""
    budget = program.budget
    if budget is None or budget.unit != "ops" or bound.at(program.maximum) <= budget.amount:
        return None
    remark = f"allows {budget.amount} core operations"
    note = f"the longest way costs {bound.at(program.maximum)} core operations"
    if bound.per_byte:
        shown = Words(program).linear(bound.constant, bound.per_byte)
        note += f": {shown} for a packet of {program.maximum} bytes"
    labels = tuple(budget_labels(program, loops))
    return diagnostic(codes.OVER_BUDGET, budget.span, remark, labels=labels, notes=(note,))


def budget_labels(program: Program, loops: Sequence[LoopBound]) -> Iterator[Label]:
    """For each loop, how many turns it takes at most, and why."""
    words = Words(program)
    for loop in loops:
        node = loop.site.node
        place = node.condition.span if isinstance(node, form.Loop) else node.span
        if place.source is NOWHERE.source:
            place = node.span
        turns, why = turns_and_why(words, loop)
        yield Label(place, f"at most {turns} turns{why}")


def turns_and_why(words: Words, loop: LoopBound) -> tuple[str, str]:
    """How many turns a loop takes at most, and what shows it, as words that follow."""
    return _turns(words, loop.turns), _why(words, loop)


def _turns(words: Words, turns: Turns) -> str:
    """One more than the step goes into the most."""
    most = words.linear(turns.most.constant + turns.step, turns.most.per_byte)
    if not turns.most.per_byte:
        return str(turns.at(0))
    if turns.step == 1:
        return most
    return f"({most}) / {turns.step}" if turns.most.constant + turns.step else f"{most} / {turns.step}"


def _why(words: Words, loop: LoopBound) -> str:
    measure, node = loop.measure, loop.site.node
    if measure is None:
        limit = node.limit if isinstance(node, form.Loop) else None
        return "" if limit is None else f", by its limit of {limit}"
    if len(measure.parts) > 1:
        parts = ", ".join(f"`{words.sum(part)}`" for part in measure.parts)
        return f": {parts} falls with each, the first part before the others"
    (part,) = measure.parts
    fall = "halves" if measure.halves else f"falls by {measure.step}" if measure.step > 1 else "falls"
    return f": `{words.sum(part)}` {fall} with each"


def unchecked_budget(program: Program) -> tuple[Diagnostic, ...]:
    """The remark that a budget in cycles is not confirmed by the proof: only an image has cycles."""
    budget = program.budget
    if budget is None or budget.unit != "cycles":
        return ()
    machine = f" on {budget.machine}" if budget.machine else ""
    return (diagnostic(codes.UNCHECKED_BUDGET, budget.span, f"{budget.amount} cycles{machine}"),)


# ---- what a run met


def _packet_note(witness: Witness) -> str:
    packet = witness.packet
    captured = len(packet.data)
    cut = f", of {packet.wire_length} on the wire" if packet.wire_length != captured else ""
    return f"packet that does it: {captured} byte{'' if captured == 1 else 's'}{cut}"


def _memory_notes(witness: Witness) -> Iterator[str]:
    for name, cells in witness.memory.items():
        places = [place for place, cell in enumerate(cells) if cell]
        if places:
            called = {place: f"{name}[{place}]" if len(cells) > 1 else name for place in places[:SHOWN_CELLS]}
            shown = ", ".join(f"{cell} = {cells[place]}" for place, cell in called.items())
            more = f", and {len(places) - SHOWN_CELLS} more" if len(places) > SHOWN_CELLS else ""
            yield f"memory that does it: {shown}{more}"


def _labels(program: Program, fault: Fault, witness: Witness) -> Iterator[Label]:
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
        if _tells_length(guard):
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
        subjects = {*guard.values, *([_LENGTH] if _tells_length(guard) else [])} & wanted
        if subjects and len(found) < MOST_GUARDS:
            found.append(guard)
            wanted -= subjects
    return found


_LENGTH = "packet length"  # no name of a program


def _tells_length(guard: Guard) -> bool:
    return any(isinstance(part, form.Extent) and part.of == "packet" for part in guard.parts)


def _fewest(labels: Iterator[Label], primary: Span) -> tuple[Label, ...]:
    """The first few labels that have a place of their own in the source of the fault."""
    found: list[Label] = []
    for label in labels:
        span = label.span
        if span.source is NOWHERE.source or span.source != primary.source or "\n" in span.text:
            continue
        if span == primary or any(span == other.span for other in found):
            continue
        found.append(label)
    return tuple(found[:MOST_LABELS])
