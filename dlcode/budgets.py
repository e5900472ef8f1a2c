"""Budgets in cycles: what a proof cannot confirm, the code for the budget's machine does, or refuses.

The bound is `warm`: caches hold everything, from the image's first instruction to its verdict, for the longest packet
that the program is run on. Packets lie in plain memory, where the kernel copies them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlcode_dsl import Diagnostic, codes
from dlcode_dsl.diagnostics import Label, diagnostic
from dlcode_dsl.source import NOWHERE

if TYPE_CHECKING:
    from dlcode_jit.r3000.cycles import Cycles, Share
    from dlcode_verifier import Certificate, Proved

MOST_LABELS = 3
"""Lines and loops that are named as dear."""


@dataclass(frozen=True, slots=True)
class OverCycles:
    """The program is safe, but a run of its code may take more cycles than its budget."""

    machine: str
    cycles: int
    diagnostics: tuple[Diagnostic, ...]


def confirmed(proved: Proved) -> tuple[Proved | OverCycles, int | None]:
    """The answer for a program with a budget in cycles, and the bound on them.

    Where there is none, because the machine is not known or no bound can be given for the code, the remark that the
    budget is unchecked stays, and says why.
    """
    from dlcode_jit import CodeGeneratorError, ImageError

    program = proved.certificate.program
    budget = program.budget
    assert budget is not None
    try:
        bound = cycles_on(proved.certificate, budget.machine or "")
    except (UnknownMachine, ImageError, CodeGeneratorError) as error:
        return replace(proved, diagnostics=tuple(_because(one, str(error)) for one in proved.diagnostics)), None
    most = bound.warm(program.maximum)
    if most > budget.amount:
        return OverCycles(bound.timing.machine, most, (_over(bound, most),)), most
    rest = tuple(one for one in proved.diagnostics if one.code != codes.UNCHECKED_BUDGET)
    return replace(proved, diagnostics=rest), most


class UnknownMachine(ValueError):
    """No machine has that name."""


def cycles_on(certificate: Certificate, machine: str) -> Cycles:
    """Bounds on the cycles of a proved program on a machine, with packets in plain memory.

    Raises UnknownMachine, and ImageError and CodeGeneratorError as `dlcode_jit.mips_code` and `MipsCode.cycles` do.
    """
    from dlcode_aegis_core.machine.bounds import image_timing
    from dlcode_aegis_core.machine.parameters import Parameters, models
    from dlcode_jit import mips_code

    if machine not in models():
        raise UnknownMachine(f'no machine is called "{machine}"; there are {", ".join(models())}')
    (code,) = mips_code([certificate])
    return code.cycles(image_timing(Parameters.load(machine)))


def _because(remark: Diagnostic, why: str) -> Diagnostic:
    return replace(remark, notes=(*remark.notes, why)) if remark.code == codes.UNCHECKED_BUDGET else remark


def _over(bound: Cycles, most: int) -> Diagnostic:
    program = bound.code.program
    assert program.budget is not None
    shares = [one for one in bound.shares(program.maximum) if one.of.span.source is not NOWHERE.source]
    shares.sort(key=lambda share: not share.turns)
    of_line = {(share.of.span.source.name, share.of.span.line): share for share in reversed(shares)}  # loops first
    dearest = sorted(of_line.values(), key=lambda share: (-share.cycles, share.where))[:MOST_LABELS]
    labels = [Label(one.of.span, _said(one)) for one in dearest]
    how = f" for a packet of {program.maximum} bytes" if most > bound.warm(0) else ""
    note = f"the longest way takes {most} cycles on {bound.timing.machine}, with everything in the caches{how}"
    remark = f"allows {program.budget.amount} cycles"
    return diagnostic(codes.OVER_BUDGET, program.budget.span, remark, labels=tuple(labels), notes=(note,))


def _said(share: Share) -> str:
    return f"{share.cycles} cycles, in {share.turns} turns" if share.turns else f"{share.cycles} cycles"
