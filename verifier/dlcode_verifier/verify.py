"""Verify a program: what must hold, decided, and said.

Three answers: proved, with a certificate; refuted, with packets that were replayed; not proved, with what is missing. A
fourth is about cost alone: the program may be safe, but its worst case is dearer than its author allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dlcode_dsl.core import form
from dlcode_dsl.core.check import assert_well_formed
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.form import Program
from dlcode_dsl.core.interpret import Fault
from dlcode_dsl.diagnostics import Diagnostic

from . import report
from .alignment import Alignment, Alignments
from .certain import is_certain
from .certificate import Certificate, check_saved, issue
from .conditions import Conditions, Goal, Promise, conditions
from .cost import Bounds, Linear, bounds
from .facts import Guesses, sites
from .obligations import Node, Obligation
from .options import Options
from .preanalysis import guesses
from .ranges import Range, ranges_and_shapes
from .refute import refute
from .sufficient import Proof, falling, falls, sufficient, supposing
from .task import PROVED, Candidate, Task
from .terms import FALSE, TRUE, Row
from .turns import LoopProof, Loops
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
    loops: tuple[LoopProof, ...]  # how often each turns, and why
    diagnostics: tuple[Diagnostic, ...]
    statistics: Statistics


ADVICE_EFFORT = 5_000_000
"""Steps that are spent on finding what would prove an obligation: no verdict depends on it."""

ADVISED_LOOPS = 20
"""Loops beyond which nothing is looked for: each try is a proof of the whole program."""

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
    costs = [_costs(part) for part in judged]
    loops = judged[-1].loops
    if (dear := report.over_budget(program, costs[-1].operations, loops)) is not None:
        return OverBudget(costs[-1].operations, loops, (dear,), statistics)
    certificate: Certificate | None = None
    for part, bound in zip(judged, costs, strict=True):
        kinds = tuple(sorted((kind.value, count) for kind, count in part.discharged.items()))
        certificate = issue(part.program, kinds, bound, part.loops, part.alignment, options, certificate)
    assert certificate is not None
    return Proved(certificate, report.unchecked_budget(program), statistics)


def recheck(program: Program, data: bytes, *, options: Options | None = None) -> Answer:
    """Prove the program that a saved certificate speaks of again: the file is not believed.

    What it says of loops is tried in place of what the pre-analysis would guess, which takes longer; so is what it says
    of how accesses lie.

    Raises CertificateError for a file that is torn, of another version, or for another program.
    """
    options = options or Options()
    hints = check_saved(program, data, options)
    guessed = replace(
        options,
        guesses=lambda part: hints[part is program].loops,
        alignment=lambda part: hints[part is program].alignment,
    )
    return verify(program, options=guessed)


@dataclass(frozen=True, slots=True)
class _Judgement:
    program: Program
    refutations: tuple[Refutation, ...]
    open: tuple[OpenObligation, ...]
    statistics: Statistics
    discharged: dict[FaultKind, int]
    loops: tuple[LoopProof, ...]  # of all loops, if nothing is refuted or open
    alignment: tuple[Alignment, ...]  # what is known of accesses, if nothing is


def _judge(program: Program, options: Options) -> _Judgement:
    attempt = _attempt(program, options)
    refutations, left, effort = _explained(program, attempt, options)
    statistics = attempt.statistics.plus(effort)
    return _Judgement(program, refutations, left, statistics, attempt.discharged, attempt.loops, attempt.alignment)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one attempt at a proof came to."""

    what: Conditions
    failed: tuple[_Failed, ...]
    statistics: Statistics
    discharged: dict[FaultKind, int]
    loops: tuple[LoopProof, ...]  # of all loops, if nothing failed
    alignment: tuple[Alignment, ...]  # what is known of accesses, if nothing failed
    proof: Proof  # what was guessed of loops, and what of it is proved


def _attempt(program: Program, options: Options) -> _Attempt:
    guessed = _guesses(program, options)
    what = conditions(program, guesses=guessed)
    discharged: dict[FaultKind, int] = {}
    for obligation in what.obligations:
        discharged[obligation.kind] = discharged.get(obligation.kind, 0) + 1
    if what.endings:
        discharged[FaultKind.ENDLESS] = len(what.endings)
    count = sum(discharged.values())
    rows = what.terms.rows
    ranged, hints = ranges_and_shapes(rows, program.maximum)
    asked = [goal for goal in what.goals if goal.path != FALSE and not _needless(goal, rows, ranged)]
    loops = Loops(program, what, guessed)
    aligned = Alignments(program, what, None if options.alignment is None else options.alignment(program))
    if not asked and not loops.asked:  # every claim is a constant
        proof = Proof(guessed, frozenset())
        return _Attempt(what, (), Statistics(count), discharged, loops.proofs((), ()), aligned.facts(), proof)
    if options.hints is not None:
        hints = dict(options.hints(rows, program.maximum))
    task = Task(
        rows, [(goal.path, goal.claim) for goal in asked], program.maximum, hints,
        options.integer_effort, options.bitvector_effort,
        [candidate.guard for candidate in what.candidates],
        {place: goal.candidate for place, goal in enumerate(asked) if isinstance(goal, Promise)},
        loops.asked,
        aligned.asked,
        options.most_effort,
    )  # fmt: skip
    decision = solve(task, isolated=options.isolated, watchdog=options.watchdog)
    statistics = Statistics(count, decision.queries, decision.effort)
    failed = [
        _Failed(goal.kind, goal.node, goal, ruling.candidate)
        for goal, ruling in zip(asked, decision.rulings, strict=True)
        if isinstance(goal, Obligation) and ruling.status != PROVED
    ]
    failed += [_Failed(FaultKind.ENDLESS, site.node, None, None) for site in loops.endless(decision.ended)]
    proofs = () if failed else loops.proofs(decision.ended, [what.candidates[number] for number in decision.kept])
    facts = () if failed else aligned.facts(decision.aligned)
    kept = frozenset((what.candidates[one].site.number, what.candidates[one].fact) for one in decision.kept)
    return _Attempt(what, tuple(failed), statistics, discharged, proofs, facts, Proof(guessed, kept))


def _needless(goal: Goal, rows: list[Row], known: list[Range]) -> bool:
    """Whether the solver need not be asked about a goal. What a loop's head promises is not yet known to be so."""
    return goal.claim == TRUE or (isinstance(goal, Obligation) and is_certain(rows, known, goal.claim, goal.path))


def _costs(part: _Judgement) -> Bounds:
    turns = {}
    for proof in part.loops:
        turns[id(proof.site.node), "" if proof.site.pipe is None else proof.site.pipe.name] = proof.turns
    return bounds(part.program, turns)


@dataclass(frozen=True, slots=True)
class _Failed:
    """What the proof did not show: an obligation, or that a loop ends."""

    kind: FaultKind
    node: Node
    obligation: Obligation | None
    candidate: Candidate | None


def _explained(
    program: Program, attempt: _Attempt, options: Options
) -> tuple[tuple[Refutation, ...], tuple[OpenObligation, ...], Statistics]:
    """Packets for what failed, as far as there are any, and what is left."""
    what, failed = attempt.what, attempt.failed
    seen: dict[tuple[FaultKind, int], Refutation] = {}
    for one in failed:
        if one.obligation is not None and one.candidate is not None:
            confirmed = confirm(program, one.obligation, one.candidate)
            if confirmed is not None:
                _note(seen, program, options, *confirmed)
    effort = Statistics()
    wanted = [(one.kind, one.node) for one in failed if (one.kind, id(one.node)) not in seen]
    if wanted and what.endings:
        more = refute(program, wanted, options)
        effort = Statistics(0, more.queries, more.effort)
        for found in more.found:
            _note(seen, program, options, found.witness, found.fault)
    left: list[OpenObligation] = []
    for one in failed:
        if (one.kind, id(one.node)) not in seen:
            missing = ""
            if not (seen or left):
                missing, more_effort = _missing(program, one, attempt.proof, options)
                effort = effort.plus(more_effort)
            reason = _reason(program, one, options)
            diagnostic = report.not_proved(program, one.kind, one.node, reason, missing)
            left.append(OpenObligation(one.kind, one.node, reason, diagnostic))
    return tuple(seen.values()), tuple(left), effort


def _missing(program: Program, one: _Failed, proof: Proof, options: Options) -> tuple[str, Statistics]:
    """What would prove it, if anything is found, in words."""
    effort = Statistics()

    def ask(other: Program) -> list[tuple[FaultKind, Node]]:
        nonlocal effort
        attempt = _attempt(other, replace(options, most_effort=max(ADVICE_EFFORT - effort.effort, 0)))
        effort = effort.plus(replace(attempt.statistics, obligations=0))
        return [(failed.kind, failed.node) for failed in attempt.failed]

    if not 0 < len(sites(program)) <= ADVISED_LOOPS:
        return "", effort
    suppose = supposing(program, one.kind, one.node, proof, options)
    if one.kind is FaultKind.ENDLESS and isinstance(one.node, form.Loop):
        loop = one.node
        falls_so = falling(program, loop, lambda: falls(program, loop, proof, options), ask)
        if falls_so is not None:
            return falls_so.said(program), effort
    found = sufficient(program, one.kind, one.node, suppose, ask)
    return ("" if found is None else found.said(program)), effort


def _note(
    seen: dict[tuple[FaultKind, int], Refutation], program: Program, options: Options, witness: Witness, fault: Fault
) -> None:
    said = report.refuted(program, fault, witness, options)
    made = Refutation(fault.kind, fault.node, witness, fault.detail, said, program)
    seen.setdefault((fault.kind, id(fault.node)), made)


def _reason(program: Program, one: _Failed, options: Options) -> str:
    if one.obligation is None:
        return "no measure was found that falls with every turn"
    if one.candidate is not None and sites(program):
        return "it does not follow from what is known of the loops, and no run was found that breaks it"
    if one.candidate is not None:
        return "candidate model does not replay"
    return f"the solver gave up after {options.bitvector_effort} steps"


def _guesses(program: Program, options: Options) -> Guesses:
    """What to try at the program's loops."""
    if not sites(program):
        return {}
    return (options.guesses or guesses)(program)
