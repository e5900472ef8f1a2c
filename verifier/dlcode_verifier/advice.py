"""What to do about a fault, in words and, where one is known, as a change of the source."""

from __future__ import annotations

import re

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Expression, Program
from dlcode_dsl.core.text import print_expression
from dlcode_dsl.diagnostics import Edit
from dlcode_dsl.source import NOWHERE, Span

from .obligations import Node

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
    FaultKind.PART_BOUNDS: "test the index against the part's `.len` first, or say what is so past its end with `else`",
    FaultKind.COPY_BOUNDS: "test how much is copied first, against the packet and against `{region}.len`",
    FaultKind.LIMIT: "say what the turn after the last does: `limit {limit} else …`",
    FaultKind.INVARIANT: "an invariant holds when the loop is entered, and after every turn",
    FaultKind.DECREASES: "a measure falls with every turn, whichever way through the body it takes",
    FaultKind.ENDLESS: "see that every turn comes nearer to the end, or bound the turns: `limit N else …`",
    FaultKind.PIPE_ATTRIBUTE: "leave the attribute out: the pipe is then kept apart from the others in its loop",
    FaultKind.TEMPLATE: "test the value before it is sent",
}
"""What to do about a kind of fault; kinds that are not here have no general advice."""


def advice(program: Program, kind: FaultKind, node: Node) -> tuple[str, Edit | None]:
    """What to do about a fault at a node, and the change of the source that does it, where one is known."""
    help, edit = HELP.get(kind, ""), None
    told = arguments(node)
    match kind, node:
        case FaultKind.PACKET_BOUNDS, form.Read():
            edit = _else(program, node.span)
        case FaultKind.PACKET_BOUNDS, _:
            help = "test the packet's length first"
        case FaultKind.OWNED_BOUNDS, form.Owned() | form.Entry() | form.Store():
            if isinstance(node.index, form.Constant):
                (count,) = (region.count for region in program.regions if region.name == node.region)
                help = f"the cells of `{{region}}` are numbered 0 to {count - 1}"
            elif _is_local(told["index"], node.span.source.text):
                help = "test the index first: `if {index} < {region}.len {{ … }}`"
                edit = _test_before(program, node, node.index, f">= {node.region}.len")
        case FaultKind.WRAP, form.Binary("-", left, right):
            return f"test the operands first{_at_least(left, right)}", None
        case FaultKind.WRAP, form.Binary():
            edit = _percent_after_operator(node)
        case FaultKind.DIVISION, form.Binary(_, _, right):
            edit = _test_before(program, node, right, "== 0")
        case FaultKind.SHIFT, form.Binary(_, left, right):
            edit = _test_before(program, node, right, f">= {left.type.bits}")
        case FaultKind.NARROW, form.Convert(_, operand, type):
            edit = _test_before(program, node, operand, f">= {1 << type.bits}")
        case FaultKind.ENSURES, _ if "old(" in node.span.text or re.search(r"[-+*]%", program.span.text):
            help = ""
        case FaultKind.FRAME_LENGTH, form.Check(_, form.Compare("<=", _, form.Constant(room))):
            help = f"its headers take {form.LONGEST_FRAME - room} bytes of a frame's {form.LONGEST_FRAME}: "
            carries_all = re.search(r"(?<![\w.])payload\s*\)\s*$", node.span.text)
            help += f"`when payload.len <= {room}`" if carries_all else f"send at most {room} more"
        case FaultKind.TEMPLATE, form.Send(template=name) if name is not None:
            help = _what_is_fixed(program, name, node) or help
        case FaultKind.LIMIT, form.Loop():
            edit = _else_after_limit(program, node)
    return help.format(longest=form.LONGEST_FRAME, **told), edit


def arguments(node: Node) -> dict[str, str]:
    """What the braces of titles and advice are filled with."""
    found = {"region": "", "index": "", "operator": "", "limit": "N"}
    match node:
        case form.Owned(region, index, _) | form.Entry(region, index, _) | form.Store(region, index, _):
            found |= {"region": region, "index": index.span.text or print_expression(index)}
        case form.Copy(_, _, region):
            found["region"] = region
        case form.Binary(operator, _, _):
            found["operator"] = operator
        case form.Loop() if node.limit is not None:
            found["limit"] = str(node.limit)
    return found


def _is_local(expression: str, source: str) -> bool:
    """Whether an expression speaks of a name that a body declares, which the head of a handler doesn't know."""
    names = re.findall(r"(?<![\w.])[A-Za-z_]\w*", expression)
    return any(re.search(rf"\b(let|var|for)\s+{name}\b", source) for name in names)


def _at_least(left: Expression, right: Expression) -> str:
    """The test that a difference is none below zero, where the source shows what it is of."""
    one, other = left.span.text, right.span.text
    return f": `if {one} >= {other} {{ … }}`" if one and other and "\n" not in one + other else ""


def _what_is_fixed(program: Program, name: str, node: form.Send) -> str:
    """The fields that a `send` gives and its template fixes, with what they are fixed to."""
    declared = next((each.span.text for each in program.templates if each.name == name), "")
    in_template = dict(_CALL.findall(declared))
    fixed: list[str] = []
    for header, given in _CALL.findall(node.span.text.partition("(")[2]):
        values = {field: value.strip() for field, value in _FIELD.findall(in_template.get(header, ""))}
        names = [field for field, _ in _FIELD.findall(given)]
        fixed += [f"{header}.{field} to {values[field]}" for field in names if values.get(field, "own") != "own"]
    return f"`{name}` fixes {', '.join(fixed)}: leave it out, or test the value before it is sent" if fixed else ""


_CALL = re.compile(r"\b(\w+)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
"""A header and its fields, where no call stands in a call inside."""

_FIELD = re.compile(r"\b(\w+)\s*:\s*([^,()]*)")
"""A field that is given, and its value up to what is nested in it."""


def _ending(program: Program) -> str:
    """What a program says where it wants nothing more: in place of a value."""
    return "false" if program.kind == "filter" else "pass"


def _else(program: Program, span: Span) -> Edit | None:
    """` else …` after what is read; in a handler, only where a `let` takes it."""
    if span.source is NOWHERE.source:
        return None
    before = span.source.text[: span.start].rpartition("\n")[2]
    if program.kind != "filter" and not re.fullmatch(r"\s*let [^={}]*= *", before):
        return None
    return Edit(Span(span.source, span.end, span.end), f" else {_ending(program)}")


def _else_after_limit(program: Program, loop: form.Loop) -> Edit | None:
    """` else …` after the limit, where the loop's own text holds it once."""
    if loop.span.source is NOWHERE.source:
        return None
    head = loop.span.text.partition("{")[0]
    found = re.findall(rf"\blimit\s+{loop.limit}\b", head)
    if len(found) != 1:
        return None
    after = loop.span.start + head.index(found[0]) + len(found[0])
    return Edit(Span(loop.span.source, after, after), f" else {_ending(program)}")


def _test_before(program: Program, node: Node, tested: Expression, fails: str) -> Edit | None:
    """A line before the statement that ends the run where a name fails the test.

    Only where the statement starts its line and tests nothing itself, so that the new line runs right before it.
    """
    source, name = node.span.source, tested.span.text
    if source is NOWHERE.source or not re.fullmatch(r"[A-Za-z_]\w*", name):
        return None
    start = source.text.rfind("\n", 0, node.span.start)
    before = source.text[start + 1 : node.span.start]
    if start < 0 or re.search(rf"[{{}}]|\b(while|for|else|{name})\b|&&|\|\|", before):
        return None
    indent = before[: len(before) - len(before.lstrip())]
    if not re.match(r"(let|var|if|return)\b|[A-Za-z_]\w*(\[[^]]*\])? *[-+*]?%?=|$", before.lstrip()):
        return None
    ending = "return false" if program.kind == "filter" else "pass"
    return Edit(Span(source, start, start), f"\n{indent}if {name} {fails} {{ {ending} }}")


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
