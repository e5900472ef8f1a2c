"""What is tested when a program is bound, so that nothing need be tested when it runs.

These are a kernel's checks, whatever the kernel runs on: a region is a stretch of addresses here, be it of this process
or of a DECstation's memory. Each check raises BindError for the first thing that it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Packet, run
from dlcode_dsl.core.text import print_expression
from dlcode_jit import abi
from dlcode_verifier import Effects

from .capability import Capability
from .errors import BindCode, BindError
from .templates import covers


@dataclass(frozen=True, slots=True)
class Lent:
    """Memory lent as a region: `count` cells of `bits` bits from `address` on."""

    address: int
    bits: int
    count: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.count * self.bits // 8

    def overlaps(self, other: Lent) -> bool:
        """Whether they share a byte."""
        return self.address < other.address + other.size and other.address < self.address + self.size


def check_grants(program: Program, capability: Capability) -> None:
    """The capability grants every effect that the program asks for."""
    for effect in program.may:
        if effect not in capability.grants:
            raise BindError(BindCode.NOT_GRANTED, f"{program.name} asks for `may {effect}`")


def check_effects(program: Program, effects: Effects, capability: Capability, room: int) -> None:
    """One run's effects, at their proved most, fit the send queue; its replies are as few as the capability wants."""
    for count, most, what in ((effects.entries, room, "effects"), (effects.replies, capability.replies, "replies")):
        if count > most:
            raise BindError(BindCode.EFFECTS, f"{program.name} can have {count} {what} in a run, and may have {most}")


def check_templates(program: Program, capability: Capability) -> None:
    """Each template that the program sends by lies in one of the capability's."""
    for template in program.templates:
        if not any(covers(allowed, template) for allowed in capability.templates):
            raise BindError(BindCode.TEMPLATE, f"{program.name} sends by {template.name}")


def check_operations(program: Program, operations: int, others: int, capability: Capability) -> None:
    """One packet costs at most what the capability allows: this program, and `others` that it may run through too."""
    if capability.operations is not None and operations + others > capability.operations:
        most = f"{operations} core operations and {others} of its owner's other programs"
        raise BindError(BindCode.OPERATIONS, f"{program.name}: {most} are over {capability.operations}")


def check_requires(program: Program) -> None:
    """Every `requires` holds. They speak of nothing that a packet or memory could change."""
    for requirement in program.requires:
        body = (form.If(requirement, (form.Exit(Verdict.CONSUME),)), form.Exit(Verdict.DECLINE))
        asked = Program("handler", "requires", program.link, body, regions=program.regions)
        if run(asked, Packet.whole(b"")).verdict is not Verdict.CONSUME:
            raise BindError(BindCode.REQUIRES, f"{program.name} requires {print_expression(requirement)}")


def check_names(program: Program, names: Iterable[str]) -> None:
    """Each region that the program owns is lent, and nothing else."""
    owned, lent = {region.name for region in program.regions}, set(names)
    for name in sorted(owned - lent):
        raise BindError(BindCode.MISSING, f"{program.name} owns {name}")
    for name in sorted(lent - owned):
        raise BindError(BindCode.UNKNOWN, f"{program.name} owns nothing called {name}")


def check_regions(program: Program, lent: Mapping[str, Lent], own: Sequence[Lent], others: Sequence[Lent]) -> None:
    """What is lent has the program's shape and alignment, and shares no memory.

    `own` are the regions that other bindings of the same owner hold. One of them may be lent again as a whole: runs do
    not overlap in time, and a proof assumes nothing of what is in memory when a run begins. `others` are those of
    other owners' bindings, which may not be touched at all.
    """
    check_names(program, lent)
    for region in program.regions:
        given = lent[region.name]
        if (given.bits, given.count) != (region.cell.bits, region.count):
            shape = f"{given.count} cells of {given.bits} bits"
            raise BindError(BindCode.SHAPE, f"{region.name} is {region.count} cells of {region.cell}, not {shape}")
        if given.address % abi.REGION_ALIGNMENT:
            raise BindError(BindCode.ALIGNMENT, f"{region.name} starts at {given.address:#x}")
    given_so_far: list[tuple[str, Lent]] = []
    for name, one in lent.items():
        for other_name, other in given_so_far:
            if one.overlaps(other):
                raise BindError(BindCode.OVERLAP, f"{other_name} and {name}")
        if any(one.overlaps(other) and one != other for other in own):
            raise BindError(BindCode.OVERLAP, f"{name} and a part of a region of another binding")
        if any(one.overlaps(other) for other in others):
            raise BindError(BindCode.OVERLAP, f"{name} and a region of another owner")
        given_so_far.append((name, one))


def check_slots(program: Program, lent: Iterable[Lent], own: Iterable[Lent], capability: Capability) -> None:
    """No more regions are lent under a capability, `own` among them, than it allows."""
    if len({*own, *lent}) > capability.regions:
        raise BindError(BindCode.SLOTS, f"{program.name} would make it more than {capability.regions}")
