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
from dlcode_dsl.source import NOWHERE

from .advice import advice, arguments
from .cost import Linear, Turns
from .facts import Measure, Site
from .labels import labels_and_others
from .obligations import Node
from .options import Options
from .witness import Witness
from .words import Words

SHOWN_CELLS = 4
"""Most cells of owned memory that a note lists."""


def refuted(program: Program, fault: Fault, witness: Witness, options: Options) -> Diagnostic:
    """The diagnostic for a fault that a witness was seen to raise."""
    help, edit = advice(program, fault.kind, fault.node)
    labels, others = labels_and_others(program, fault, witness, options)
    notes = (*others, _packet_note(witness), *_memory_notes(witness))
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
