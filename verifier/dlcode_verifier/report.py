"""How to say it: what could not be proved, as diagnostics that point at the source.

The place is the node that faults; the labels are the values on the way to it; the notes say what packet and memory do
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

from dlcode_dsl import codes
from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault
from dlcode_dsl.core.text import print_expression
from dlcode_dsl.diagnostics import Diagnostic, Edit, Label, diagnostic
from dlcode_dsl.source import NOWHERE, Span

from .conditions import Conditions
from .cost import Linear
from .evaluate import value_of
from .obligations import Node
from .witness import Witness

HELP: dict[FaultKind, str] = {
    FaultKind.PACKET_BOUNDS: "say what happens when the packet is cut short",
    FaultKind.OWNED_BOUNDS: "test the index first: `when {index} < {region}.len`",
    FaultKind.WRAP: "write `{operator}%` if it is meant to wrap, or test the operands first",
    FaultKind.NARROW: "test the value first, or cut it with `as`",
    FaultKind.DIVISION: "test the divisor first",
    FaultKind.SHIFT: "test the amount first",
    FaultKind.ABORT_AFTER_WRITE: "abort before the first write, or keep the written memory in `scratch`",
    FaultKind.FRAME_LENGTH: "test how much is sent first: a frame holds at most {longest} bytes",
    FaultKind.ENSURES: "the value at entry is `old(…)`",
}
"""What to do about a kind of fault; kinds that are not here have no general advice."""

SHOWN_CELLS = 4
"""Most cells of owned memory that a note lists."""


def refuted(program: Program, what: Conditions, fault: Fault, witness: Witness) -> Diagnostic:
    """The diagnostic for a fault that a witness was seen to raise."""
    node = fault.node
    help, edit = advice(program, fault.kind, node)
    notes = (_packet_note(witness), *_memory_notes(witness))
    labels = tuple(_values_on_the_way(what, node, witness))
    made = _said(fault.kind, node, fault.detail)
    return replace(made, labels=labels, notes=notes, help=help, edit=edit)


def not_proved(program: Program, kind: FaultKind, node: Node, reason: str) -> Diagnostic:
    """The diagnostic for an obligation that was neither proved nor refuted."""
    help, edit = advice(program, kind, node)
    made = _said(kind, node, "no proof of this was found")
    return replace(made, notes=(f"not proved: {reason}",), help=help, edit=edit)


def _said(kind: FaultKind, node: Node, remark: str) -> Diagnostic:
    arguments = _arguments(node)
    return diagnostic(
        codes.FAULT_CODES[kind], node.span, remark, region=arguments["region"], operator=arguments["operator"]
    )


def over_budget(program: Program, bound: Linear) -> Diagnostic | None:
    """The diagnostic for a program that can cost more core operations than its budget, if it can."""
    budget = program.budget
    if budget is None or budget.unit != "ops" or bound.at(program.maximum) <= budget.amount:
        return None
    remark = f"allows {budget.amount} core operations"
    note = f"the longest way costs {bound.at(program.maximum)} core operations"
    return diagnostic(codes.OVER_BUDGET, budget.span, remark, notes=(note,))


def unchecked_budget(program: Program) -> tuple[Diagnostic, ...]:
    """The remark that a budget in cycles is not confirmed by the proof: only an image has cycles."""
    budget = program.budget
    if budget is None or budget.unit != "cycles":
        return ()
    machine = f" on {budget.machine}" if budget.machine else ""
    return (diagnostic(codes.UNCHECKED_BUDGET, budget.span, f"{budget.amount} cycles{machine}"),)


def advice(program: Program, kind: FaultKind, node: Node) -> tuple[str, Edit | None]:
    """What to do about a fault at a node, and the change of the source that does it, where one is known."""
    help, edit = HELP.get(kind, ""), None
    arguments = _arguments(node)
    if kind is FaultKind.PACKET_BOUNDS:
        if not isinstance(node, form.Read):
            help = "test the packet's length first"
        elif program.kind == "filter":  # where what to say instead is plain: no match
            edit = _else_after(node.span)
    if kind is FaultKind.OWNED_BOUNDS and arguments["index"].isidentifier():  # a name that the head doesn't know
        help = "test the index first: `if {index} < {region}.len {{ … }}`"
    if kind is FaultKind.WRAP and isinstance(node, form.Binary):
        edit = _percent_after_operator(node)
    return help.format(longest=form.LONGEST_FRAME, **arguments), edit


def _else_after(span: Span) -> Edit | None:
    if span.source is NOWHERE.source:
        return None
    return Edit(Span(span.source, span.end, span.end), " else false")


def _percent_after_operator(node: form.Binary) -> Edit | None:
    """`%` after the operator, if it can be found between its operands."""
    left, right = node.left.span, node.right.span
    if node.span.source is NOWHERE.source or not node.span.start <= left.end <= right.start <= node.span.end:
        return None
    between = node.span.source.text[left.end : right.start]
    if between.count(node.operator) != 1:
        return None
    after = left.end + between.index(node.operator) + 1
    return Edit(Span(node.span.source, after, after), "%")


def _arguments(node: Node) -> dict[str, str]:
    """What the braces of titles and advice are filled with."""
    found = {"region": "", "index": "", "operator": ""}
    match node:
        case form.Owned(region, index, _) | form.Entry(region, index, _) | form.Store(region, index, _):
            found |= {"region": region, "index": index.span.text or print_expression(index)}
        case form.Binary(operator, _, _):
            found["operator"] = operator
    return found


def _packet_note(witness: Witness) -> str:
    packet = witness.packet
    captured = len(packet.data)
    cut = f", of {packet.wire_length} on the wire" if packet.wire_length != captured else ""
    return f"packet that does it: {captured} byte{'' if captured == 1 else 's'}{cut}"


def _memory_notes(witness: Witness) -> Iterator[str]:
    for name, cells in witness.memory.items():
        places = [place for place, cell in enumerate(cells) if cell]
        if places:
            shown = ", ".join(f"{name}[{place}] = {cells[place]}" for place in places[:SHOWN_CELLS])
            more = f", and {len(places) - SHOWN_CELLS} more" if len(places) > SHOWN_CELLS else ""
            yield f"memory that does it: {shown}{more}"


def _values_on_the_way(what: Conditions, node: Node, witness: Witness) -> Iterator[Label]:
    """A label for each name that the node's fault is about and that keeps one value, where it is bound."""
    about = node.index if isinstance(node, form.Owned | form.Entry | form.Store) else node
    for name in dict.fromkeys(_names(about)):
        bound = what.bound.get(name)
        if bound is not None and bound.place is not NOWHERE:
            value = value_of(what.terms.rows, bound.value, witness.packet, witness.memory)
            yield Label(bound.place, f"{int(value)} here")


def _names(tree: object) -> Iterator[str]:
    """Names that the expressions of a node itself use, not those of bodies in it."""
    if isinstance(tree, form.Variable):
        yield tree.name
    elif is_dataclass(tree) and not isinstance(tree, Span):
        for part in fields(tree):
            inner = getattr(tree, part.name)
            for piece in inner if isinstance(inner, tuple) and isinstance(tree, form.Send) else (inner,):
                yield from _names(piece)
