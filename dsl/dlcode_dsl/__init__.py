"""The language: `.ash` source to a typed core form, the interpreter that defines its meaning, and diagnostics.

Never: knows a solver, a code generator or a machine. Packets come in and go out as values.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .compile import Compiled, compile_bytes, compile_source
    from .core.check import assert_well_formed, check_program
    from .core.form import Program, Verdict
    from .core.interpret import Fault, Outcome, Packet, Sent, run
    from .core.parse import CoreSyntaxError, parse_program
    from .core.text import print_program
    from .diagnostics import Code, Diagnostic
    from .explaining import CODES, Explanation, code_called, explanation, nearest_code
    from .formatting import Formatted, format_source
    from .imports import Loader
    from .packets import NoPacket, Recorded
    from .rendering import render
    from .source import Source, Span
    from .syntax.parse import MOST_BYTES
    from .testing import TestCase, run_test

_HOMES = {
    "CODES": ".explaining",
    "Code": ".diagnostics",
    "Compiled": ".compile",
    "CoreSyntaxError": ".core.parse",
    "Diagnostic": ".diagnostics",
    "Explanation": ".explaining",
    "Fault": ".core.interpret",
    "Formatted": ".formatting",
    "Loader": ".imports",
    "MOST_BYTES": ".syntax.parse",
    "NoPacket": ".packets",
    "Outcome": ".core.interpret",
    "Packet": ".core.interpret",
    "Program": ".core.form",
    "Recorded": ".packets",
    "Sent": ".core.interpret",
    "Source": ".source",
    "Span": ".source",
    "TestCase": ".testing",
    "Verdict": ".core.form",
    "assert_well_formed": ".core.check",
    "check_program": ".core.check",
    "code_called": ".explaining",
    "compile_bytes": ".compile",
    "compile_source": ".compile",
    "explanation": ".explaining",
    "format_source": ".formatting",
    "nearest_code": ".explaining",
    "parse_program": ".core.parse",
    "print_program": ".core.text",
    "render": ".rendering",
    "run": ".core.interpret",
    "run_test": ".testing",
}
"""Where each public name lives. It is imported when it is first asked for: the package itself costs nothing."""

__all__ = [
    "CODES",
    "MOST_BYTES",
    "Code",
    "Compiled",
    "CoreSyntaxError",
    "Diagnostic",
    "Explanation",
    "Fault",
    "Formatted",
    "Loader",
    "NoPacket",
    "Outcome",
    "Packet",
    "Program",
    "Recorded",
    "Sent",
    "Source",
    "Span",
    "TestCase",
    "Verdict",
    "assert_well_formed",
    "check_program",
    "code_called",
    "compile_bytes",
    "compile_source",
    "explanation",
    "format_source",
    "nearest_code",
    "parse_program",
    "print_program",
    "render",
    "run",
    "run_test",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
