"""Verify a program: what must hold, decided, and said.

Three answers: proved, with a certificate; refuted, with packets that were replayed; not proved, with what is missing. A
fourth is about cost alone: the program may be safe, but its worst case is dearer than its author allows.
"""

from __future__ import annotations

from dataclasses import dataclass

from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.diagnostics import Diagnostic

from . import report
from .certificate import Certificate, check_saved, issue
from .conditions import Conditions, NotCovered, conditions
from .cost import Linear, bounds
from .obligations import Node
from .options import Options
from .ranges import shapes
from .task import PROVED, Task
from .terms import FALSE, TRUE
from .witness import Witness, confirm
from .worker import solve


@dataclass(frozen=True, slots=True)
class Statistics:
    """The effort of an answer: queries, and steps of the solver by its own count. The same on every run."""

    obligations: int = 0
    queries: int = 0
    effort: int = 0

    def plus(self, other: Statistics) -> Statistics:
        """The effort of both."""
        return Statistics(
            self.obligations + other.obligations, self.queries + other.queries, self.effort + other.effort
        )


@dataclass(frozen=True, slots=True)
class Refutation:
    """A fault that a run can come to. Running the program on the witness raised it, at this node."""

    kind: FaultKind
    node: Node
    witness: Witness
    detail: str  # the values, in the interpreter's words
    diagnostic: Diagnostic
    program: Program  # the program that was run: the one asked about, or its binding filter


@dataclass(frozen=True, slots=True)
class OpenObligation:
    """What could be neither proved nor refuted, and why."""

    kind: FaultKind
    node: Node
    reason: str
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Proved:
    """The program is safe, ends, and keeps its budget. Diagnostics are remarks."""

    certificate: Certificate
    diagnostics: tuple[Diagnostic, ...]
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class Refuted:
    """The program is unsafe: each refutation has a packet that shows it. `open` is what else is not known."""

    refutations: tuple[Refutation, ...]
    open: tuple[OpenObligation, ...]
    diagnostics: tuple[Diagnostic, ...]
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class NotProved:
    """The program may be safe, but the proof was not found."""

    open: tuple[OpenObligation, ...]
    diagnostics: tuple[Diagnostic, ...]
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class OverBudget:
    """The program is safe, but may cost more core operations than its budget."""

    bound: Linear
    diagnostics: tuple[Diagnostic, ...]
    statistics: Statistics


Answer = Proved | Refuted | NotProved | OverBudget


def verify(program: Program, *, options: Options | None = None) -> Answer:
    """Prove or refute a core program, together with its binding filter.

    Raises IllFormed, which is a bug of the caller's, for a program that breaks the form's rules, and SolverFailure
    where the solver's process was killed or crashed: an error of the tool, never a verdict.
    """
    options = options or Options()
    assert_well_formed(program)
    parts = [program] if program.on is None else [program.on, program]
    judged = [_judge(part, options) for part in parts]
    statistics = Statistics()
    for part in judged:
        statistics = statistics.plus(part.statistics)
    refutations = tuple(refutation for part in judged for refutation in part.refutations)
    left = tuple(obligation for part in judged for obligation in part.open)
    said = (*(part.diagnostic for part in refutations), *(part.diagnostic for part in left))
    if refutations:
        return Refuted(refutations, left, said, statistics)
    if left:
        return NotProved(left, said, statistics)
    costs = [bounds(part) for part in parts]
    if (dear := report.over_budget(program, costs[-1].operations)) is not None:
        return OverBudget(costs[-1].operations, (dear,), statistics)
    certificate: Certificate | None = None
    for part, bound in zip(judged, costs, strict=True):
        kinds = tuple(sorted((kind.value, count) for kind, count in part.discharged.items()))
        certificate = issue(part.program, kinds, bound, options, certificate)
    assert certificate is not None
    return Proved(certificate, report.unchecked_budget(program), statistics)


def recheck(program: Program, data: bytes, *, options: Options | None = None) -> Answer:
    """Prove the program that a saved certificate speaks of again; the file is not believed.

    Raises CertificateError for a file that is torn, of another version, or for another program.
    """
    check_saved(program, data, options or Options())
    return verify(program, options=options)


@dataclass(frozen=True, slots=True)
class _Judgement:
    program: Program
    refutations: tuple[Refutation, ...]
    open: tuple[OpenObligation, ...]
    statistics: Statistics
    discharged: dict[FaultKind, int]


def _judge(program: Program, options: Options) -> _Judgement:
    try:
        what = conditions(program)
    except NotCovered as gap:
        diagnostic = report.not_proved(program, FaultKind.ENDLESS, gap.node, gap.reason)
        missing = OpenObligation(FaultKind.ENDLESS, gap.node, gap.reason, diagnostic)
        return _Judgement(program, (), (missing,), Statistics(), {})
    return _decided(program, what, options)


def _decided(program: Program, what: Conditions, options: Options) -> _Judgement:
    asked = [part for part in what.obligations if part.claim != TRUE and part.path != FALSE]
    discharged: dict[FaultKind, int] = {}
    for obligation in what.obligations:
        discharged[obligation.kind] = discharged.get(obligation.kind, 0) + 1
    if not asked:  # every claim is a constant
        return _Judgement(program, (), (), Statistics(len(what.obligations)), discharged)
    rows = what.terms.rows
    hints = shapes(rows, program.maximum) if options.hints is None else dict(options.hints(rows, program.maximum))
    goals = [(part.path, part.claim) for part in asked]
    task = Task(rows, goals, program.maximum, hints, options.integer_effort, options.bitvector_effort)
    decision = solve(task, isolated=options.isolated, watchdog=options.watchdog)
    refutations: list[Refutation] = []
    left: list[OpenObligation] = []
    for obligation, ruling in zip(asked, decision.rulings, strict=True):
        if ruling.status == PROVED:
            continue
        reason = f"the solver gave up after {options.bitvector_effort} steps"
        if ruling.candidate is not None:
            confirmed = confirm(program, obligation, ruling.candidate)
            if confirmed is not None:
                witness, fault = confirmed
                said = report.refuted(program, what, fault, witness)
                found = Refutation(obligation.kind, obligation.node, witness, fault.detail, said, program)
                refutations.append(found)
                continue
            reason = "candidate model does not replay"
        diagnostic = report.not_proved(program, obligation.kind, obligation.node, reason)
        left.append(OpenObligation(obligation.kind, obligation.node, reason, diagnostic))
    statistics = Statistics(len(what.obligations), decision.queries, decision.effort)
    return _Judgement(program, tuple(refutations), tuple(left), statistics, discharged)
