"""Check of an image: is every word MIPS-I, and does no instruction read what is not there yet?

What the R3000 leaves to software, and a code generator or a programmer can get wrong:

    illegal-instruction   a word that is no MIPS-I instruction, or has bits set that should be zero
    branch-in-slot        a branch or jump in the delay slot of another
    load-delay            a register is read by the very next instruction after its load, on some path; lwl and lwr
                          merge what is still under way, so that a pair needs no delay
    load-before-unknown   a load in the delay slot of a jump to a register, or out of the image: its first instruction
                          there might read the register
    hi-lo-distance        HI or LO is written within two instructions after mfhi or mflo, on some path: an interrupt
                          between them makes the value that was read undefined

Paths go through branches: a load in a delay slot meets the first instruction at the branch's target. LLVM 22 and before
have that fault (llvm pull request 185427), and no emulator without exact load delay notices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from .decode import Decoded, decode, is_canonical
from .disassemble import disassemble
from .row import Kind

FindingCode = Literal["illegal-instruction", "branch-in-slot", "load-delay", "load-before-unknown", "hi-lo-distance"]

HI_LO_DISTANCE: Final = 2
"""Instructions that must lie between reading HI or LO and writing either."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the instruction at `address`."""

    address: int
    code: FindingCode
    text: str


def check(image: bytes, address: int) -> list[Finding]:
    """Findings for code that is to run at `address`, by address. Its length must be a multiple of 4: ValueError."""
    if len(image) % 4 or address % 4:
        raise ValueError(f"an image of {len(image)} bytes at {address:#x} is not whole words")
    return list(_Image(image, address).findings())


class _Image:
    def __init__(self, image: bytes, address: int) -> None:
        self.address = address
        self.words = [int.from_bytes(image[at : at + 4], "little") for at in range(0, len(image), 4)]
        self.decoded = [decode(word) for word in self.words]
        self.targets = {self.target(index) for index in range(len(self.words))}

    def findings(self) -> Iterator[Finding]:
        for index, (word, decoded) in enumerate(zip(self.words, self.decoded, strict=True)):
            if decoded is None:
                yield self.finding(index, "illegal-instruction", "is not a MIPS-I instruction")
                continue
            if not is_canonical(word):
                text = f"acts as {decoded.row.name}, but has bits set that should be zero"
                yield self.finding(index, "illegal-instruction", text)
            if decoded.row.has_delay_slot and self.in_slot(index):
                yield self.finding(index, "branch-in-slot", f"in the delay slot of {self.shown(index - 1)}")
            if decoded.row.kind is Kind.LOAD and decoded.writes:
                yield from self.load_delay(index, decoded)
            if decoded.reads & {"hi", "lo"}:
                yield from self.hi_lo_distance(index)

    def load_delay(self, index: int, load: Decoded) -> Iterator[Finding]:
        for follower in self.followers(index):
            if follower is None:
                yield self.finding(
                    index,
                    "load-before-unknown",
                    f"arrives after the first instruction where {self.shown(index - 1)} goes",
                )
                continue
            reader = self.decoded[follower]
            if reader is not None and reader.reads & load.writes:
                text = f"arrives only after {self.shown(follower)} at {self.place(follower):#x}, which reads it"
                yield self.finding(index, "load-delay", text)

    def hi_lo_distance(self, index: int) -> Iterator[Finding]:
        near = {index}
        for _ in range(HI_LO_DISTANCE):
            near = {after for before in near for after in self.followers(before) if after is not None}
            for after in sorted(near):
                writer = self.decoded[after]
                if writer is not None and writer.writes & {"hi", "lo"}:
                    text = f"followed too closely by {self.shown(after)} at {self.place(after):#x}"
                    yield self.finding(index, "hi-lo-distance", text)

    def followers(self, index: int) -> list[int | None]:
        """The instructions that can be executed next after the one at `index`; None stands for one not in the image."""
        following: list[int | None] = []
        branch = self.decoded[index - 1] if self.in_slot(index) else None
        if branch is not None:
            following.append(self.target(index - 1))
        if branch is None or may_fall_through(branch) or index in self.targets:
            following.append(index + 1)
        return [follower for follower in following if follower != len(self.words)]

    def in_slot(self, index: int) -> bool:
        before = self.decoded[index - 1] if index else None
        return before is not None and before.row.has_delay_slot

    def target(self, index: int) -> int | None:
        """Index of the instruction that a branch goes to; None if it is not in the image, or there is none."""
        decoded = self.decoded[index]
        destination = decoded.destination(self.place(index)) if decoded is not None else None
        if destination is None or not 0 <= destination - self.address < 4 * len(self.words):
            return None
        return (destination - self.address) // 4

    def place(self, index: int) -> int:
        return self.address + 4 * index

    def shown(self, index: int) -> str:
        return f'"{disassemble(self.words[index], self.place(index))}"'

    def finding(self, index: int, code: FindingCode, text: str) -> Finding:
        return Finding(self.place(index), code, f"{self.shown(index)} {text}")


def may_fall_through(branch: Decoded) -> bool:
    """Whether the instruction after the delay slot can come next: not if the condition holds by its operands alone."""
    if branch.row.kind is Kind.JUMP:
        return False
    match branch.row.name, branch.operands:
        case "beq", (rs, rt, _) if rs == rt:
            return False
        case "bgez" | "bgezal" | "blez", (0, _):
            return False
    return True
