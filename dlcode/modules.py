"""What users import: a source loaded is a module of filters and handlers that were proved, ready to run.

    module = dlcode.load("counter.ash")        # raises dlcode.Refused, with the diagnostics and a witness
    module["web"].match(frame)
    module["remote_increment"].certificate
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from dlcode.captures import Batch, Capture, Packet, link_type_name
from dlcode.judging import Judged, judge_file, judge_text
from dlcode.links import LINKS
from dlcode_dsl import Diagnostic, Program, render

if TYPE_CHECKING:
    from dlcode_jit import HostImage
    from dlcode_jit.r3000.cycles import Cycles
    from dlcode_verifier import Certificate, Linear, Witness

class Refused(Exception):
    """A source that is refused, or not proved: nothing of it is run. The message is the rendered diagnostics."""

    def __init__(self, judged: Judged) -> None:
        super().__init__(render(judged.diagnostics))
        self.judged = judged

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that was found."""
        return self.judged.diagnostics

    @property
    def proved_unsafe(self) -> bool:
        """Whether something is wrong, rather than merely not proved."""
        return self.judged.verdict == "refused"

    @property
    def witness(self) -> Witness | None:
        """A packet, with owned memory, that was replayed and breaks the first refuted program; None where none is."""
        refutations = [one for judgement in self.judged.judgements for one in judgement.refutations]
        return refutations[0].witness if refutations else None


@dataclass(frozen=True)
class _Proved:
    certificate: Certificate

    @property
    def program(self) -> Program:
        """The core program that was proved."""
        return self.certificate.program

    @property
    def name(self) -> str:
        """Its name in the source."""
        return self.program.name

    @property
    def cost(self) -> Linear:
        """Most core operations that one run takes, linear in the packet's length."""
        return self.certificate.operations

    def cycles(self, machine: str = "dec5000-125") -> Cycles:
        """Bounds on the cycles of a run on a machine, warm and safe, with packets in plain memory.

        Raises UnknownMachine, and ImageError for code that no bound can be given for.
        """
        from dlcode.budgets import cycles_on

        return cycles_on(self.certificate, machine)

    @cached_property
    def image(self) -> HostImage:
        """Machine code for this process, made when first asked for."""
        from dlcode_jit import host_image

        return host_image(self.certificate)

    def listing(self, target: Literal["host", "r3000"] = "host") -> str:
        """The machine code for a target as assembly text."""
        from dlcode_jit import assembly_text

        return assembly_text(self.certificate, target)


@dataclass(frozen=True)
class Filter(_Proved):
    """A proved filter."""

    @property
    def match(self) -> Callable[[bytes], bool]:
        """Whether the filter matches one packet, given as bytes."""
        return self.image.match

    @property
    def link_types(self) -> tuple[int, ...]:
        """Link types of the packets that the filter speaks of; none if no capture's packets begin as it wants."""
        return LINKS.get(self.program.link, ())

    def verdicts(self, batch: Batch) -> bytearray:
        """1 for each packet of a batch that matches, 0 for the others, in one native pass.

        Raises LinkMismatch if a packet is of another link type than the filter's.
        """
        for link_type in set(batch.link_types):
            if link_type not in self.link_types:
                held = link_type_name(link_type)
                raise LinkMismatch(f"{self.name} is on {self.program.link}, the capture holds {held}")
        return self.image.scan(batch)

    def count(self, capture: Capture) -> int:
        """How many packets of a capture match. Raises CaptureError at a tear, LinkMismatch as `verdicts` does."""
        return sum(self.verdicts(batch).count(1) for batch in capture.batches())

    def matching(self, capture: Capture) -> Iterator[Packet]:
        """The packets of a capture that match, in order. Raises as `count` does, after those before the fault."""
        for batch in capture.batches():
            yield from matches(batch, self.verdicts(batch))


def matches(batch: Batch, verdicts: bytearray) -> Iterator[Packet]:
    """The packets of a batch whose verdict is 1, in order."""
    at = verdicts.find(1)
    while at >= 0:
        yield batch[at]
        at = verdicts.find(1, at + 1)


@dataclass(frozen=True)
class Handler(_Proved):
    """A proved handler: `Core.environment(…).download` takes it."""


class LinkMismatch(ValueError):
    """A filter was asked about packets of another kind of link."""


class Module(Mapping[str, Filter | Handler]):
    """The proved programs of one source, by name."""

    def __init__(self, judged: Judged) -> None:
        self.diagnostics = judged.diagnostics
        self._programs: dict[str, Filter | Handler] = {}
        for judgement in judged.judgements:
            assert judgement.certificate is not None, "only what was proved becomes a module"
            kind = Filter if judgement.program.kind == "filter" else Handler
            self._programs[judgement.program.name] = kind(judgement.certificate)

    def __getitem__(self, name: str) -> Filter | Handler:
        return self._programs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._programs)

    def __len__(self) -> int:
        return len(self._programs)


def _module(judged: Judged) -> Module:
    if judged.verdict != "proved":
        raise Refused(judged)
    return Module(judged)


def load(path: str | os.PathLike[str]) -> Module:
    """The programs of a source file, all proved. Raises Refused if one is not, OSError if the file can't be read."""
    return _module(judge_file(path))


def loads(text: str, name: str = "<text>") -> Module:
    """The programs of a source given as text, all proved. Raises Refused if one is not."""
    return _module(judge_text(text, name))
