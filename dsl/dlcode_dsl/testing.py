"""Test blocks: a packet and memory in; verdict, memory and effects out.

A test states the whole effect: cells that it does not name stay as they were given, and nothing is sent or woken that
it does not list. `run_test` takes any engine that behaves like the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from . import codes, expected
from .constants import evaluate, literal_of
from .core import form, interpret
from .core.form import Program, Verdict
from .core.interpret import Fault, Packet, Sent
from .core.operators import COMPARISONS
from .diagnostics import Diagnostic
from .expected import Frame
from .module import Module
from .packets import Recorded, build_packet, bytes_of, is_bytes, is_recorded, layers_of, recorded, starts_with
from .source import Span
from .syntax import tree
from .types import number
from .wrong import Wrong, unknown, wrong


@dataclass(frozen=True, slots=True)
class CellClaim:
    """What is expected of one cell after the run."""

    region: str
    index: int
    operator: str
    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class EffectClaim:
    """One effect that is expected: a wake-up, or a frame."""

    frame: Frame | None  # None: a wake-up
    span: Span


@dataclass(frozen=True)
class TestCase:
    """One test block. `memory` gives whole regions; those it leaves out are all zero."""

    __test__ = False  # not a test of pytest's

    program: Program
    name: str
    packet: Packet
    memory: Mapping[str, list[int]]
    verdict: Verdict
    cells: tuple[CellClaim, ...]
    effects: tuple[EffectClaim, ...]
    span: Span = field(compare=False)


class Result(Protocol):
    """What an engine says of a run."""

    @property
    def verdict(self) -> Verdict: ...
    @property
    def memory(self) -> Mapping[str, list[int]]: ...
    @property
    def effects(self) -> tuple[Sent, ...]: ...


Runner = Callable[[Program, Packet, Mapping[str, list[int]]], Result]
"""What runs a program: `interpret.run`, or a compiled image behind the same face."""


def run_test(test: TestCase, runner: Runner = interpret.run) -> list[str]:
    """Run a test; what differs from what it expects, one sentence each, with the bytes of frames on lines after it."""
    try:
        result = runner(test.program, test.packet, test.memory)
    except Fault as fault:
        return [f"the run ends in a fault: {fault}"]
    failures = []
    if result.verdict is not test.verdict:
        failures.append(f"the verdict is {result.verdict.value}, not {test.verdict.value}")
    return failures + _memory_failures(test, result.memory) + _effect_failures(test, result.effects)


def _memory_failures(test: TestCase, memory: Mapping[str, list[int]]) -> list[str]:
    failures = []
    claimed = set()
    for claim in test.cells:
        claimed.add((claim.region, claim.index))
        found = memory[claim.region][claim.index]
        if not COMPARISONS[claim.operator](found, claim.value):
            failures.append(f"{_cell(test, claim.region, claim.index)} is {found}, not {claim.operator} {claim.value}")
    for region in test.program.regions:
        before = test.memory.get(region.name, [0] * region.count)
        for index, (old, new) in enumerate(zip(before, memory[region.name], strict=True)):
            if old != new and (region.name, index) not in claimed:
                failures.append(f"{_cell(test, region.name, index)} has changed from {old} to {new}")
    return failures


def _cell(test: TestCase, region: str, index: int) -> str:
    return region if test.program.region(region).count == 1 else f"{region}[{index}]"


def _effect_failures(test: TestCase, effects: tuple[Sent, ...]) -> list[str]:
    failures = []
    for position, claim in enumerate(test.effects):
        if position >= len(effects):
            failures.append(f"effect {position + 1} of {len(test.effects)} did not happen")
            continue
        found, frame = effects[position], claim.frame
        if (found.effect == "wake") != (frame is None) or (frame and frame.effect not in (None, found.effect)):
            wanted = "wake" if frame is None else frame.effect or "frame"
            failures.append(f"effect {position + 1} is a {found.effect}, not a {wanted}")
        elif frame is not None and (sent := found.frame[frame.start :]) != frame.data:
            failures.append(_difference(sent, frame))
    for extra in effects[len(test.effects) :]:
        failures.append(f"a {extra.effect} that the test does not list: {extra.frame.hex(' ')}".rstrip(": "))
    return failures


ROW = 16
"""Bytes of a frame on one line."""

MOST_ROWS = 4
"""Most lines of a frame that are shown of two that differ."""


def _difference(sent: bytes, frame: Frame) -> str:
    """Two frames that differ: where first, in which field of those expected, and the rows that differ, one above the
    other."""
    wanted, longer = frame.data, max(len(sent), len(frame.data))
    differ = [place for place in range(longer) if sent[place : place + 1] != wanted[place : place + 1]]
    field = frame.field_at(differ[0])
    lines = [f"the frame differs from byte {frame.start + differ[0]} on" + (f", in {field}" if field else "")]
    if len(sent) != len(wanted):
        lines[0] += f"; it is {frame.start + len(sent)} bytes, not {frame.start + len(wanted)}"
    rows = sorted({place // ROW * ROW for place in differ})
    for row in rows[:MOST_ROWS]:
        lines.append(f"  {frame.start + row:#06x}  sent      {sent[row : row + ROW].hex(' ')}".rstrip())
        lines.append(f"          expected  {wanted[row : row + ROW].hex(' ')}".rstrip())
        marks = " ".join("^^" if row + at in differ else "  " for at in range(ROW))
        lines.append(f"{'':20}{marks}".rstrip())
    if len(rows) > MOST_ROWS:
        lines.append(f"  … and {len(rows) - MOST_ROWS} more rows")
    return "\n".join(lines)


# ---- from the source


def test_cases(
    module: Module, programs: Mapping[str, Program], blocks: list[tree.Test], read: Recorded | None
) -> tuple[tuple[TestCase, ...], list[Diagnostic]]:
    """The tests of a source, and what is wrong with those that cannot be run. `read` reads packets of captures.

    A test of a program that has an error is left out: the error has been told.
    """
    found: list[Diagnostic] = []
    cases: list[TestCase] = []
    for block in blocks:
        declared = module.filters.keys() | module.handlers.keys()
        try:
            if block.program.text not in declared:
                raise unknown("filter or handler", block.program, sorted(declared))
            if block.program.text in programs:
                cases.append(_case(module, programs[block.program.text], block, read))
        except Wrong as error:
            found.append(error.diagnostic)
    return tuple(cases), found


test_cases.__test__ = False  # type: ignore[attr-defined]


def _packet(module: Module, program: Program, written: tree.Expression, read: Recorded | None) -> Packet:
    if is_recorded(written):
        return recorded(module, written, program.link, read)
    first = starts_with(written)
    if first not in (None, program.link) and (first in module.headers or first in module.messages):
        remark = f"{program.name} is on {program.link}, and its packets start with that header, not with {first}"
        raise wrong(codes.BAD_TEST, layers_of(written)[0].span, remark, help=f"begin with `{program.link} / …`")
    return Packet.whole(build_packet(module, written))


def _case(module: Module, program: Program, block: tree.Test, read: Recorded | None) -> TestCase:
    memory: dict[str, list[int]] = {}
    packet: Packet | None = None
    written = next((item.value for item in block.items if isinstance(item, tree.PacketItem)), None)
    verdict: Verdict | None = None
    cells: list[CellClaim] = []
    effects: list[EffectClaim] = []
    for item in block.items:
        match item:
            case tree.Given(tree.Slice() as target, value):
                region, start, data = _cells_named(module, program, target, value)
                memory.setdefault(region.name, [0] * region.count)[start : start + len(data)] = data
            case tree.Given(target, value):
                region, index = _cell_named(module, program, target)
                cell = literal_of(evaluate(value, module.constants), number(region.cell.bits))
                memory.setdefault(region.name, [0] * region.count)[index] = cell
            case tree.PacketItem(value, cut):
                if packet is not None:
                    raise wrong(codes.BAD_TEST, item.span, "a test is one packet")
                whole = _packet(module, program, value, read)
                packet = whole if cut is None else Packet(whole.data[:cut], whole.wire_length)
                if len(packet.data) > program.maximum:
                    raise wrong(codes.BAD_TEST, item.span, f"{program.name} takes at most {program.maximum} bytes")
            case tree.Expect(items):
                for part in items:
                    match part:
                        case tree.Ending(word):
                            verdict = _verdict(program, part, word, verdict)
                        case tree.Woken():
                            effects.append(EffectClaim(None, part.span))
                        case tree.Sent(value):
                            if written is not None:
                                sent = expected.frame(module, program, written, value, part.span)
                                effects.append(EffectClaim(sent, part.span))
                        case tree.Holds(condition):
                            cells += _claims(module, program, condition)
    if packet is None or verdict is None:
        missing = "`packet …`" if packet is None else "`expect VERDICT`"
        raise wrong(codes.BAD_TEST, block.program.span, f"it has no {missing}")
    return TestCase(program, block.title, packet, memory, verdict, tuple(cells), tuple(effects), block.span)


def _verdict(program: Program, part: tree.Ending, word: str, before: Verdict | None) -> Verdict:
    verdict = Verdict(word)
    allowed = form.FILTER_VERDICTS if program.kind == "filter" else form.HANDLER_VERDICTS
    if verdict not in allowed:
        words = ", ".join(sorted(each.value for each in allowed))
        raise wrong(codes.BAD_TEST, part.span, f"a {program.kind} ends in one of {words}")
    if before is not None:
        raise wrong(codes.BAD_TEST, part.span, "a run has one verdict")
    return verdict


def _cell_named(module: Module, program: Program, target: tree.Expression) -> tuple[form.Region, int]:
    name = target.target if isinstance(target, tree.Index) else target
    if not isinstance(name, tree.Use):
        raise wrong(codes.BAD_TEST, target.span, "this names no owned memory")
    regions = {region.name: region for region in program.regions}
    if name.name.text not in regions:
        raise unknown("region", name.name, regions)
    region = regions[name.name.text]
    index = 0
    if isinstance(target, tree.Index):
        index = literal_of(evaluate(target.index, module.constants), number(32))
    if index >= region.count:
        raise wrong(codes.BAD_TEST, target.span, f"{region.name} has {region.count} cells")
    return region, index


def _cells_named(
    module: Module, program: Program, target: tree.Slice, value: tree.Expression
) -> tuple[form.Region, int, bytes]:
    """`array[start .. end]` and the bytes that it has: the array, its first cell of them, and they."""
    first = tree.Number(0, span=target.span) if target.start is None else target.start
    region, start = _cell_named(module, program, tree.Index(target.target, first, span=target.span))
    if region.cell != form.U8 or not is_bytes(value):
        raise wrong(codes.BAD_TEST, target.span, 'cells of u8 are `hex("…")`')
    cells = bytes_of(value)
    if target.end is not None:
        end = literal_of(evaluate(target.end, module.constants), number(32))
        if end != start + len(cells):
            raise wrong(codes.BAD_TEST, value.span, f"{len(cells)} bytes from {start} on do not end at {end}")
    if start + len(cells) > region.count:
        raise wrong(codes.BAD_TEST, target.span, f"{region.name} has {region.count} cells")
    return region, start, cells


def _claims(module: Module, program: Program, condition: tree.Expression) -> list[CellClaim]:
    if not isinstance(condition, tree.Compare):
        raise wrong(codes.BAD_TEST, condition.span, "a claim about memory is `cell == value`")
    if isinstance(condition.left, tree.Slice):
        if condition.operator != "==":
            raise wrong(codes.BAD_TEST, condition.span, 'a claim about many cells is `array[a .. b] == hex("…")`')
        region, start, cells = _cells_named(module, program, condition.left, condition.right)
        return [CellClaim(region.name, start + at, "==", cell, condition.span) for at, cell in enumerate(cells)]
    region, index = _cell_named(module, program, condition.left)
    value = literal_of(evaluate(condition.right, module.constants), number(region.cell.bits))
    return [CellClaim(region.name, index, condition.operator, value, condition.span)]
