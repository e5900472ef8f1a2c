"""`dlcode check FILE.ash…`: prove every program, or refuse it with a packet that breaks it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dlcode.commands.sources import EXIT_CODES, judged, report
from dlcode.judging import Judged, Judgement, save_witnesses
from dlcode_dsl import Diagnostic


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("sources", metavar="FILE.ash", nargs="+", help="the sources")
    parser.add_argument("--format", choices=("human", "json"), default="human")
    help = "where the packets that break a program are written (here)"
    parser.add_argument("--witnesses", metavar="FOLDER", type=Path, default=Path(), help=help)


def run(options: argparse.Namespace) -> int:
    """Check; 0 if all is proved, 1 if anything is refused, 3 if something is merely not proved."""
    found = [save_witnesses(judged(path), options.witnesses) for path in options.sources]
    if options.format == "json":
        print(json.dumps({"sources": [_row(one) for one in found]}, indent=2))
    else:
        for one in found:
            _show(one)
        codes = sorted({diagnostic.code.name for one in found for diagnostic in one.diagnostics})
        if codes:
            print(f"more: dlcode explain {' '.join(codes)}", file=sys.stderr)
    verdicts = {one.verdict for one in found}
    worst = "refused" if "refused" in verdicts else "not proved" if "not proved" in verdicts else "proved"
    return EXIT_CODES[worst]


def _show(found: Judged) -> None:
    report(found)
    width = max((len(judgement.program.name) for judgement in found.judgements), default=0)
    for judgement in found.judgements:
        line = f"{judgement.program.kind:7} {judgement.program.name:{width}}  {judgement.verdict}"
        facts = _facts(judgement)
        print(f"{line}: {facts}" if facts else line)
    sys.stdout.flush()


def _facts(judgement: Judgement) -> str:
    certificate = judgement.certificate
    if certificate is None:
        refuted = len(judgement.refutations)
        return f"{refuted} refuted" if refuted else ""
    claims = sum(count for _, count in certificate.discharged)
    said = "nothing to prove" if not claims else "1 claim holds" if claims == 1 else f"{claims} claims hold"
    facts = [said, f"at most {certificate.operations} operations"]
    if judgement.cycles is not None and (budget := judgement.program.budget) is not None:
        facts.append(f"at most {judgement.cycles} cycles on {budget.machine}")
    effects = certificate.effects
    if frames := effects.sends:
        facts.append(f"at most {frames} {'frame' if frames == 1 else 'frames'} of {effects.longest_frame} bytes")
    return ", ".join(facts)


def _row(found: Judged) -> dict[str, Any]:
    return {
        "source": found.compiled.source.name,
        "verdict": found.verdict,
        "diagnostics": [_diagnostic(one) for one in found.diagnostics],
        "programs": [_program(judgement) for judgement in found.judgements],
    }


def _program(judgement: Judgement) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": judgement.program.name,
        "kind": judgement.program.kind,
        "verdict": judgement.verdict,
    }
    if judgement.certificate is not None:
        operations = judgement.certificate.operations
        row["claims"] = dict(judgement.certificate.discharged)
        row["operations"] = asdict(operations)
    if judgement.cycles is not None:
        row["cycles"] = judgement.cycles
    row["refutations"] = [
        {
            "fault": refutation.kind.value,
            "code": refutation.diagnostic.code.name,
            "packet": refutation.witness.packet.data.hex(),
            "wire_length": refutation.witness.packet.wire_length,
            "memory": {  # the cells that are not zero
                name: {str(index): cell for index, cell in enumerate(cells) if cell}
                for name, cells in refutation.witness.memory.items()
            },
        }
        for refutation in judgement.refutations
    ]
    return row


def _diagnostic(one: Diagnostic) -> dict[str, Any]:
    span = one.primary.span
    return {
        "code": one.code.name,
        "severity": one.severity,
        "title": one.title,
        "line": span.line,
        "column": span.column,
        "remark": one.primary.text,
        "notes": list(one.notes),
        "help": one.help,
    }
