"""A source judged: compiled, each of its programs proved or refused, budgets held against code, all found as values.

`check`, `load` and every other command start here, so that nothing is run that was not proved a moment ago.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from errno import EACCES
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dlcode.captures import CaptureError, Packet, link_type_name, open_capture, write_capture
from dlcode.links import LINKS, link_type_of
from dlcode_dsl import (
    MOST_BYTES,
    Compiled,
    Diagnostic,
    Loader,
    NoPacket,
    Program,
    Recorded,
    Source,
    compile_bytes,
    compile_source,
)
from dlcode_dsl import Packet as RecordedPacket

if TYPE_CHECKING:
    from dlcode.budgets import OverCycles
    from dlcode_verifier import Answer, Certificate, Options, Refutation

Verdict = Literal["proved", "refused", "not proved"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One program and the verifier's answer."""

    program: Program
    answer: Answer | OverCycles
    cycles: int | None = None  # of a run with warm caches at most, on the machine that a budget in cycles names

    @property
    def verdict(self) -> Verdict:
        """The answer in one word of the three."""
        from dlcode_verifier import NotProved, Proved

        match self.answer:
            case Proved():
                return "proved"
            case NotProved():
                return "not proved"
        return "refused"

    @property
    def certificate(self) -> Certificate | None:
        """The certificate, where there is one."""
        from dlcode_verifier import Proved

        return self.answer.certificate if isinstance(self.answer, Proved) else None

    @property
    def refutations(self) -> tuple[Refutation, ...]:
        """What was refuted, each with the packet that shows it."""
        from dlcode_verifier import Refuted

        return self.answer.refutations if isinstance(self.answer, Refuted) else ()


@dataclass(frozen=True)
class Judged:
    """A compiled source with a judgement for each program that could be compiled, in the order of the source."""

    compiled: Compiled
    judgements: tuple[Judgement, ...]

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that is to be said: of the source, then of each program."""
        said = [diagnostic for judgement in self.judgements for diagnostic in judgement.answer.diagnostics]
        return (*self.compiled.diagnostics, *said)

    @property
    def verdict(self) -> Verdict:
        """The worst that was found: a source with an error is refused too."""
        found = {judgement.verdict for judgement in self.judgements}
        if "refused" in found or any(diagnostic.severity == "error" for diagnostic in self.compiled.diagnostics):
            return "refused"
        return "not proved" if "not proved" in found else "proved"


def judge(compiled: Compiled, *, options: Options | None = None) -> Judged:
    """Ask the verifier about each program. Raises SolverFailure if the solver's process was killed or crashed."""
    from dlcode_verifier import verify

    answers = ((program, verify(program, options=options)) for program in compiled.programs)
    return Judged(compiled, tuple(judgement(program, answer) for program, answer in answers))


def judgement(program: Program, answer: Answer) -> Judgement:
    """A program with the verifier's answer, and what its code says of a budget in cycles."""
    from dlcode_verifier import Proved

    if isinstance(answer, Proved) and program.budget is not None and program.budget.unit == "cycles":
        from dlcode.budgets import confirmed

        return Judgement(program, *confirmed(answer))
    return Judgement(program, answer)


def judge_text(text: str, name: str) -> Judged:
    """Judge a source that is at hand as text."""
    return judge(compile_source(Source(name, text)))


def judge_file(path: str | os.PathLike[str]) -> Judged:
    """Judge a source file. Raises OSError if it can't be read; what is in it never raises."""
    return judge(compile_file(path))


def compile_file(path: str | os.PathLike[str]) -> Compiled:
    """Compile a source file and the files beside it that it uses. Raises as `judge_file` does."""
    return compile_bytes(_read(path), os.fspath(path), load=beside(path), read=recorded_beside(path))


def beside(path: str | os.PathLike[str]) -> Loader:
    """What reads the files that the source at `path` uses: those of its folder, and of folders inside that."""

    def load(name: str) -> Source:
        return Source.from_bytes(os.fspath(Path(path).parent / name), _read(_inside(path, name)))

    return load


def recorded_beside(path: str | os.PathLike[str]) -> Recorded:
    """What reads packets of captures for the tests of the source at `path`: captures in its folder, and inside that."""

    def read(name: str, number: int, link: str) -> RecordedPacket:
        try:
            with open_capture(_inside(path, name)) as capture:
                packet = next(islice(capture, number - 1, None), None) if number else None
        except (CaptureError, OSError) as error:
            raise NoPacket(error.reason if isinstance(error, CaptureError) else error.strerror or str(error)) from None
        if packet is None:
            raise NoPacket(f"the capture has no packet {number}; they are counted from 1")
        if packet.link_type not in LINKS.get(link, ()):
            raise NoPacket(f"this is a packet of {link_type_name(packet.link_type)}, the program is on {link}")
        return RecordedPacket(packet.data, packet.wire_length)

    return read


def _inside(path: str | os.PathLike[str], name: str) -> Path:
    """A file in the folder of the source at `path`, or inside that. Raises OSError."""
    folder = Path(path).resolve().parent
    found = (folder / name).resolve()
    if not found.is_relative_to(folder):
        raise PermissionError(EACCES, "a link leads out of the folder of the source")
    if found.exists() and not found.is_file():
        raise PermissionError(EACCES, "this is no file")
    return found


def _read(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(MOST_BYTES + 1)  # one more than the longest source can have, so that a longer one is seen


def save_witnesses(judged: Judged, folder: Path) -> Judged:
    """Write each refutation's packet to `folder` as `SOURCE.CODE.pcap`; the diagnostics then name the file.

    Where a file can't be written, the diagnostic says so and why: the refusal itself is never lost.
    """
    stem, taken = Path(judged.compiled.source.name).stem, dict[str, int]()
    named: dict[int, Diagnostic] = {}
    for judgement in judged.judgements:
        for refutation in judgement.refutations:
            code = refutation.diagnostic.code.name
            taken[code] = taken.get(code, 0) + 1
            path = folder / f"{stem}.{code}{'' if taken[code] == 1 else f'-{taken[code]}'}.pcap"
            packet = refutation.witness.packet
            try:
                folder.mkdir(parents=True, exist_ok=True)
                link = link_type_of(judgement.program.link)
                write_capture(path, [Packet(0, packet.data, packet.wire_length, link)], link)
                where = f"written to {path.name}"
            except (CaptureError, OSError) as error:
                where = f"not written: {error.reason if isinstance(error, CaptureError) else error.strerror}"
            notes = tuple(_with_file(note, where) for note in refutation.diagnostic.notes)
            named[id(refutation.diagnostic)] = replace(refutation.diagnostic, notes=notes)
    judgements = tuple(replace(one, answer=_renamed(one.answer, named)) for one in judged.judgements)
    return Judged(judged.compiled, judgements)


def _with_file(note: str, where: str) -> str:
    return f"{note}, {where}" if note.startswith("packet that does it") else note


def _renamed(answer: Answer | OverCycles, named: dict[int, Diagnostic]) -> Answer | OverCycles:
    return replace(answer, diagnostics=tuple(named.get(id(one), one) for one in answer.diagnostics))
