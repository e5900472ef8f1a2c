"""The interpreter's instructions: their operands, their words, and what is tested of them when a program is loaded."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from dlcode_dsl.core.form import FILTER_VERDICTS, Program, Send
from dlcode_jit import abi
from dlcode_jit.abi import QueueLayout
from dlcode_jit.guards import FAULT, TURNS
from dlcode_jit.layouts import PLAIN
from dlcode_jit.mips.assemble import assemble
from dlcode_jit.mips.check import check
from dlcode_jit.r3000.image import MipsImage
from dlcode_jit.sites import send_sites

SOURCE: Final = Path(__file__).with_name("interpreter.s")

FRAME: Final = 2048
"""Bytes of stack for variables; the first words are the interpreter's."""

FIRST_VARIABLE: Final = 16

_BINARY: Final = "add subtract and or xor shift_left shift_right multiply divide remainder".split()
_BRANCHES: Final = "if_equal if_different if_less if_not_less".split()

OPERANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("number",),
    "long_number": ("", "number"),
    "get": ("variable",),
    "put": ("variable",),
    "length": ("",),
    "wire_length": ("",),
    **dict.fromkeys(_BINARY, ("number",)),
    **{f"variable_{name}": ("variable",) for name in _BINARY},
    "swap": ("",),
    "jump": ("forward",),
    "repeat": ("backward",),
    **dict.fromkeys(_BRANCHES, ("forward", "number")),
    **{f"variable_{name}": ("forward", "variable") for name in _BRANCHES},
    **{f"packet{bits}": ("forward",) for bits in (8, 16, 32)},
    **{f"at_packet{bits}": ("forward", "number") for bits in (8, 16, 32)},
    **{f"cell{bits}": (f"region of u{bits}", "count") for bits in (8, 16, 32)},
    **{f"store{bits}": (f"region of u{bits}", "count", "variable") for bits in (8, 16, 32)},
    **{f"bytes{bits}": ("region of u8", "count", "variable") for bits in (16, 32)},
    "begin": ("entries", "head", "capacity"),
    **{f"frame{bits}": ("",) for bits in (8, 16, 32)},
    "frame_packet": ("variable",),
    "end": ("",),
    "exit": ("verdict",),
    "exit_keeping": ("kept verdict",),
}
"""By the interpreter's label, what its operands are: that in the first word, then the further words."""

ENDS: Final = ("jump", "repeat", "exit", "exit_keeping")
"""What is never followed by the next instruction."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """An operation and its operands; of a branch the index of the instruction that it goes to."""

    operation: str
    operands: tuple[int, ...]


@dataclass(eq=False, slots=True)
class Label:
    """A place in a program: the index of the instruction behind it, once that is known."""

    at: int = -1


class Refused(ValueError):
    """A program that is no bytecode for its queue and regions."""


@dataclass(frozen=True, slots=True)
class Bytecode:
    """A program that has been tested. The first instruction is how a run ends that the interpreter stops."""

    program: Program
    queue: QueueLayout
    words: tuple[int, ...]

    def place(self, base: int) -> MipsImage:
        """The interpreter with this program behind it, called as an image at `base` is."""
        code, places = interpreter(base)
        data = code + struct.pack(f"<{len(self.words)}I", *self.words)
        return MipsImage(self.program, self.queue, base, data, base + places["start"], len(code), FRAME, PLAIN)


@cache
def interpreter(base: int = 0x8000_0000) -> tuple[bytes, Mapping[str, int]]:
    """The interpreter at an address, and how far behind it its labels are. Its code passes the check of images."""
    constants = {**abi.SYMBOLS, "FRAME": FRAME, "TURNS": TURNS}
    made = assemble(SOURCE.read_text(encoding="utf-8"), SOURCE.name, base, constants)
    (segment,) = made.segments
    places = {name: made.symbols[name] - base for name in (*OPERANDS, "start", "program")}
    code = segment.data.ljust(places["program"], b"\0")
    assert not list(check(code, base)), "the interpreter has a hazard"
    return code, places


def encoded(program: Program, queue: QueueLayout, instructions: Sequence[Instruction]) -> Bytecode:
    """The words of instructions. Raises Refused for one that has no encoding, or that `checked` refuses."""
    _, places = interpreter()
    starts = [0]
    for one in instructions:
        starts.append(starts[-1] + 4 * len(OPERANDS[one.operation]))
    words: list[int] = []
    for at, one in enumerate(instructions):
        operands = list(one.operands)
        for index, kind in enumerate(OPERANDS[one.operation]):
            if kind in ("forward", "backward"):
                far = starts[operands[index]] - (starts[at] + 4)
                operands[index] = far if kind == "forward" else -far
        if not all(0 <= operand < 1 << (32 if index else 16) for index, operand in enumerate(operands)):
            raise Refused(f"{one.operation} with {operands}")
        words += [places[one.operation] | operands[0] << 16, *operands[1:]]
    return checked(program, queue, words)


def decoded(words: Sequence[int]) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """Where each instruction is, in bytes, its operation, and its operands. Raises Refused for what is none."""
    _, places = interpreter()
    names, at = {place: name for name, place in places.items() if name in OPERANDS}, 0
    while at < len(words):
        name = names.get(words[at] & 0xFFFF)
        if name is None or at + len(OPERANDS[name]) > len(words):
            raise Refused(f"word {at} is no instruction")
        yield 4 * at, name, (words[at] >> 16, *words[at + 1 : at + len(OPERANDS[name])])
        at += len(OPERANDS[name])


def checked(program: Program, queue: QueueLayout, words: Sequence[int]) -> Bytecode:
    """Bytecode that stays within its program, its variables, its regions and its queue, whatever it does.

    Raises Refused for any other: this is what makes it safe to run, beside what the interpreter tests in each run.
    """
    instructions = list(decoded(words))
    if len(instructions) < 2 or instructions[0][1] != "exit" or instructions[-1][1] not in ENDS:
        raise Refused("it does not begin with an exit, or goes on behind its end")
    kept = {
        "": {0},
        "verdict": _verdicts(program),
        "kept verdict": _verdicts(program) if queue.entries else set(),
        "head": {head(program, send) for send in (*send_sites(program), None)},
        "entries": {queue.entries},
        "capacity": {queue.capacity},
        "variable": range(FIRST_VARIABLE, FRAME, 4),
        "forward": {at - 4 for at, _, _ in instructions},  # how far it is from the first word, and its end
        "backward": {at - 4 for at, _, _ in instructions},
    }
    for at, name, operands in instructions:
        for kind, operand in zip(OPERANDS[name], operands, strict=True):
            place = {"forward": operand + at, "backward": at - operand}.get(kind, operand)
            if kind in kept and place not in kept[kind]:
                raise Refused(f"{name} at {at} with {kind} {operand}")
            if kind.startswith("region") and operands[:2] not in _regions(program, kind):
                raise Refused(f"{name} at {at} of a region that is none")
    return Bytecode(program, queue, tuple(words))


def _verdicts(program: Program) -> set[int]:
    filter = program.kind == "filter"
    return {code for verdict, code in abi.VERDICT_CODES.items() if (verdict in FILTER_VERDICTS) is filter}


def _regions(program: Program, kind: str) -> set[tuple[int, ...]]:
    """Of regions of a kind: the place of the address in the lease, and how many cells there are."""
    return {
        (abi.MIPS_POINTER * (abi.LEASE_REGIONS + at), region.count)
        for at, region in enumerate(program.regions)
        if kind == f"region of {region.cell}"
    }


def head(program: Program, send: Send | None) -> int:
    """First word of a queue's entry for a frame, or for a wake-up: kind and site."""
    if send is None:
        return abi.EFFECT_CODES["wake"]
    return abi.EFFECT_CODES[send.effect] | [id(one) for one in send_sites(program)].index(id(send)) << 16


def ending(program: Program) -> Instruction:
    """The first instruction of any program of this kind."""
    return Instruction("exit", (abi.VERDICT_CODES[FAULT[program.kind]],))
