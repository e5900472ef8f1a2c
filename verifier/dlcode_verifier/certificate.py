"""What a proof leaves behind: a certificate, which only a proof in this process can make.

A certificate holds the very program object that was proved. It may be saved and checked again; the file is a hint of
what to prove, and is never believed.
"""

from __future__ import annotations

import json
import weakref
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib import metadata, resources

from dlcode_dsl.core.form import Program
from dlcode_dsl.core.text import print_program

from . import hints
from .alignment import Alignment
from .cost import Bounds, Effects, Linear
from .options import Options
from .turns import LoopProof

FORMAT = 3
"""Version of the saved form."""

ASSUMPTIONS = (
    "a packet has at most `maximum` captured bytes, and a wire length that fits 32 bits",
    "packet bytes and owned memory do not change while the program runs",
    "each region has as many cells as it declares, and none overlaps another or the packet",
    "Z3 is right when it answers unsat",
)
"""What every proof rests on; whoever runs the program must keep the first three."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Certificate:
    """A program is safe on every packet and every content of its memory, ends, and costs at most what stands here."""

    program: Program
    efforts: tuple[int, int, int]  # what was allowed: `Options.efforts`
    discharged: tuple[tuple[str, int], ...]  # obligations proved, by kind
    termination: str  # why every run ends
    loops: tuple[LoopProof, ...]  # how often each loop turns at most, why, and what was relied upon to show it
    alignment: tuple[Alignment, ...]  # what offsets of accesses are modulo 2 or 4, for targets that want to know
    operations: Linear  # most core operations of a run
    effects: Effects  # most effects of a run, and the longest frame
    assumptions: tuple[str, ...]
    binding: Certificate | None  # of the handler's own `on` filter

    @property
    def key(self) -> str:
        """Hash of everything that the proof depends on. It is worked out when it is asked for."""
        return key_of(print_program(self.program), self.efforts)

    @property
    def maximum_effects(self) -> int:
        """Most entries of the send queue that one run fills: frames and wakes."""
        return self.effects.entries

    @property
    def longest_frame(self) -> int:
        """Most bytes of a frame that a run sends."""
        return self.effects.longest_frame


class CertificateError(Exception):
    """A saved certificate that cannot be checked: it is `torn`, of another `version`, or for another `program`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


_issued: weakref.WeakValueDictionary[int, Certificate] = weakref.WeakValueDictionary()


def is_live(certificate: object) -> bool:
    """Whether this process made the certificate by a proof. A copy, or one that was built by hand, is not."""
    return isinstance(certificate, Certificate) and _issued.get(id(certificate)) is certificate


def issue(
    program: Program,
    discharged: tuple[tuple[str, int], ...],
    bounds: Bounds,
    loops: tuple[LoopProof, ...],
    alignment: tuple[Alignment, ...],
    options: Options,
    binding: Certificate | None,
) -> Certificate:
    """A live certificate. Only `verify` calls this, and only for what it has proved."""
    made = Certificate(
        program, options.efforts, discharged, termination(loops), loops, alignment, bounds.operations, bounds.effects,
        ASSUMPTIONS, binding,
    )  # fmt: skip
    _issued[id(made)] = made
    return made


def termination(loops: tuple[LoopProof, ...]) -> str:
    """Why every run ends, in a few words."""
    if not loops:
        return "it has no loop"
    turns = ", ".join(f"loop {proof.site.number} turns at most {proof.turns} times" for proof in loops)
    return f"every loop ends, each time that it is come to: {turns}"


def key_of(program: str, efforts: tuple[int, int, int]) -> str:
    """Hash of what a proof depends on: the program as core text, the prover, Z3's version, the effort allowed."""
    return _hash("\0".join((program, *versions().values(), *map(str, efforts))))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    """What made the proof: a hash of the prover's own source with the core form's, and Z3's version."""
    digest = sha256()
    for package in ("dlcode_dsl.core", "dlcode_verifier"):
        for file in sorted(resources.files(package).iterdir(), key=lambda file: file.name):
            if file.name.endswith((".py", ".lark")):
                digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return {"prover": digest.hexdigest(), "z3": metadata.version("z3-solver")}


def save(certificate: Certificate) -> bytes:
    """The certificate as JSON, the same bytes for the same proof."""
    program = print_program(certificate.program)
    facts: dict[str, object] = {
        "format": FORMAT,
        "program": _hash(program),
        **versions(),
        "key": key_of(program, certificate.efforts),
        "discharged": dict(certificate.discharged),
        "termination": certificate.termination,
        "operations": asdict(certificate.operations),
        "effects": {
            "sends": certificate.effects.sends,
            "replies": certificate.effects.replies,
            "wakes": certificate.effects.wakes,
            "longest_frame": certificate.effects.longest_frame,
        },
        **hints.saved(certificate.loops, certificate.alignment),
        "binding": None
        if certificate.binding is None
        else hints.saved(certificate.binding.loops, certificate.binding.alignment),
        "assumptions": list(certificate.assumptions),
    }
    return (json.dumps({**facts, "digest": _digest(facts)}, indent=2, sort_keys=True) + "\n").encode()


def _digest(facts: dict[str, object]) -> str:
    return _hash(json.dumps(facts, sort_keys=True))


def check_saved(program: Program, data: bytes, options: Options) -> tuple[hints.Hints, hints.Hints]:
    """What a file says of the loops and accesses of the binding filter and of the program.

    Raises CertificateError unless `data` is whole and was saved for this program by this prover.
    """
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError):
        raise CertificateError("torn", "this is not a whole certificate") from None
    if not isinstance(facts, dict) or "format" not in facts:
        raise CertificateError("torn", "this is not a certificate")
    if facts["format"] != FORMAT:
        raise CertificateError("version", f"the certificate has format {facts['format']!r}, not {FORMAT}")
    if facts.pop("digest", None) != _digest(facts):
        raise CertificateError("torn", "the certificate was changed after it was saved")
    text = print_program(program)
    if facts.get("program") != _hash(text):
        raise CertificateError("program", f"the certificate is for another program than {program.name}")
    for part, version in versions().items():
        if facts.get(part) != version:
            raise CertificateError("version", f"the certificate was made with another {part}")
    if facts.get("key") != key_of(text, options.efforts):
        raise CertificateError("version", "the certificate was made with other options")
    try:
        binding = hints.Hints() if program.on is None else hints.read_hints(program.on, facts["binding"])
        return binding, hints.read_hints(program, facts)
    except ValueError:
        raise CertificateError("torn", "what the certificate says of loops and accesses can't be read") from None
