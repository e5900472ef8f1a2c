"""Images for the R3000: made from certificates, checked, and placed at an address.

Out of what LLVM makes the marks of loops are taken (`marks`), it is given the distances that the hardware asks for
(`spacing`), and is checked. Delay slots are filled and blocks copied at first; an image whose check then finds
something, or whose marks can't be told apart, is made again without, and refused if the check still finds something.

Packets lie as the image's layout says, which is the one that was asked for, but for a program that may rewrite: its
packet is a private copy, which its caller makes, and that lies in plain memory always.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlcode_dsl.core.form import Program, Send

from ..abi import MIPS_STACK_ALIGNMENT, QueueLayout
from ..admit import admitted
from ..errors import ImageError
from ..guards import Guarding
from ..layouts import PLAIN, Layout
from ..lower import Lowering, entry_name
from ..mips.check import Finding, check
from ..mips.decode import decode
from ..mips.disassemble import disassemble
from ..mips.registers import GENERAL_NAMES
from ..sites import send_sites
from ..targets import R3000
from ..tracking import Mark, SourceLine, Spot, marks_in
from .codegen import FILLED, UNFILLED
from .cycles import Cycles, lines_of
from .link import PLACEMENT, Object, place, read_object
from .marks import told_apart, unmarked
from .spacing import spaced
from .timing import Timing

if TYPE_CHECKING:
    from dlcode_verifier import Certificate, Effects, LoopProof, Turns


@dataclass(frozen=True, slots=True)
class MipsImage:
    """Code of one program at its address: words of code, then constants, all of them only read."""

    program: Program
    queue: QueueLayout
    base: int
    data: bytes
    entry: int  # address of the entry point
    text: int  # bytes of `data` that are code
    stack: int  # bytes below the caller's sp that a run takes at most
    layout: Layout  # of the packets that it takes

    @property
    def size(self) -> int:
        """Bytes that the image takes."""
        return len(self.data)

    @property
    def words(self) -> tuple[int, ...]:
        """The code."""
        return _words(self.data[: self.text])

    @property
    def sites(self) -> tuple[Send, ...]:
        """The `Send` statements that queue entries name."""
        return send_sites(self.program)

    def listing(self) -> str:
        """The code with addresses, as the assembler reads it."""
        lines = []
        for at, word in enumerate(self.words):
            address = self.base + 4 * at
            lines.append(f"{address:08x}  {word:08x}  {disassemble(word, address)}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class MipsCode:
    """A program's code before it has an address."""

    program: Program
    queue: QueueLayout
    object: Object
    filled: bool  # whether delay slots are used
    layout: Layout  # of the packets that it takes
    spots: tuple[Spot, ...] = field(repr=False)  # what the numbers of marks and lines stand for, from 1
    turns: Mapping[int, Turns] = field(repr=False)  # how often a loop turns at most, by the number of its mark
    effects: Effects  # most effects of a run

    def cycles(self, timing: Timing) -> Cycles:
        """Bounds on the cycles of a run on a machine. Raises ImageError (`unbounded`) for code that has none."""
        return Cycles(self, timing)

    def lines(self) -> dict[int, SourceLine]:
        """The line of source that each instruction comes from, by its index, as far as known."""
        return lines_of(self)

    def place(self, base: int) -> MipsImage:
        """The image at `base`. Raises ImageError (`placement`) where it can't lie."""
        if base % PLACEMENT or not 0 <= base < 1 << 32:
            raise ImageError("placement", f"an image starts at a multiple of {PLACEMENT}, not at {base:#x}")
        data, text = place(self.object, base), self.object.text
        entry = base + self.object.symbols[entry_name(self.program)]
        return MipsImage(self.program, self.queue, base, data, entry, text, _stack(_words(data[:text])), self.layout)


def mips_image(certificate: Certificate, base: int, layout: Layout = PLAIN) -> MipsImage:
    """The image of a proved program at an address, a multiple of 16. Raises as `mips_code` and `MipsCode.place` do."""
    return mips_code([certificate], layout)[0].place(base)


def mips_code(certificates: Sequence[Certificate], layout: Layout = PLAIN) -> tuple[MipsCode, ...]:
    """Checked code of each program, made by one request to the code generator, for packets that lie as `layout` says.

    Raises ImageError: `certificate` for one that this process has not made or checked again, `unsupported` for a
    pipe that reads the region that is copied to, `rejected` for code that keeps a hazard however it is made. Raises
    CodeGeneratorError where LLVM dies.
    """
    return finished_code([(lowered_for(certificate, layout), certificate) for certificate in certificates])


def lowered_for(certificate: Certificate, layout: Layout = PLAIN, guarding: Guarding = Guarding.NONE) -> Lowering:
    """A proved program on its way to an image; guarded in a way of its own only for an experiment.

    Raises ImageError as `mips_code` does.
    """
    program, queue, facts = admitted(certificate)
    target = R3000.taking(PLAIN if "rewrite" in program.may else layout)
    return Lowering(program, queue, target, guarding, facts, tracked=True)


def finished_code(made: Sequence[tuple[Lowering, Certificate]]) -> tuple[MipsCode, ...]:
    """Checked code of lowered programs and their proofs. Raises as `mips_code` does."""
    lowered, certificates = [one for one, _ in made], [certificate for _, certificate in made]
    modules = [one.module() for one in lowered]
    objects = [_finished(elf) for elf in FILLED.objects(modules)]
    marks = [marks_in(one.tracking.spots) for one in lowered]
    again = [
        number for number, object in enumerate(objects) if findings(object) or not told_apart(object, marks[number])
    ]
    if again:
        for number, elf in zip(again, UNFILLED.objects([modules[number] for number in again]), strict=True):
            objects[number] = _finished(elf)
            if found := findings(objects[number]):
                reason = "; ".join(finding.text for finding in found)
                raise ImageError("rejected", f"{lowered[number].of.name}: {reason}")
    return tuple(
        MipsCode(
            one.of, one.queue, object, number not in again, one.target.layout, tuple(one.tracking.spots),
            _turns(one.tracking.spots, certificate.loops), certificate.effects,
        )
        for number, (one, object, certificate) in enumerate(zip(lowered, objects, certificates, strict=True))
    )  # fmt: skip


def _finished(elf: bytes) -> Object:
    return spaced(unmarked(read_object(elf)))


def _turns(spots: Sequence[Spot], proofs: Sequence[LoopProof]) -> dict[int, Turns]:
    """How often each loop turns at most, by the number of its mark."""
    proved: dict[int, Turns] = {}
    for proof in proofs:
        if proof.site.pipe is None:
            assert proved.setdefault(id(proof.site.node), proof.turns) == proof.turns, "one loop in two places"
    return {
        spot.number: proved[id(spot.node)] if spot.turns is None else spot.turns
        for spot in spots
        if isinstance(spot, Mark)
    }


_SP = GENERAL_NAMES.index("sp")

_NOMINAL = 0x8000_0000
"""Where an object lies while it is checked: hazards don't depend on it."""


def findings(object: Object) -> tuple[Finding, ...]:
    """What the check has against the code of an object."""
    return tuple(check(place(object, _NOMINAL)[: object.text], _NOMINAL))


def _words(code: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(code) // 4}I", code)


def _stack(words: Sequence[int]) -> int:
    """Bytes of stack that the code takes: each function's frame once, since none is recursive."""
    total = 0
    for word in words:
        decoded = decode(word)
        if decoded is None or decoded.row.name not in ("addiu", "addi") or decoded.operands[:2] != (_SP, _SP):
            continue
        total += max(0, -decoded.operand("immediate"))
    assert total % MIPS_STACK_ALIGNMENT == 0
    return total
