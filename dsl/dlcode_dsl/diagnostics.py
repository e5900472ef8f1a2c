"""Diagnostics as values: what is wrong, where, why, and what to do. `codes` lists them, `render` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .source import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of diagnostic, declared once in `codes`."""

    name: str  # "ASH2031"
    title: str  # the line after the code; `{…}` are filled from the diagnostic's arguments
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of source with a remark. An empty remark only underlines."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the source that would help: `text` in place of the stretch (which may be empty)."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong. `labels` are other places that matter, `notes` are facts, `help` says what to do."""

    code: Code
    title: str
    primary: Label
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    edit: Edit | None = None

    @property
    def severity(self) -> Severity:
        """Whether the source is refused for it."""
        return self.code.severity


def diagnostic(
    code: Code,
    span: Span,
    remark: str = "",
    *,
    labels: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    help: str = "",
    edit: Edit | None = None,
    **arguments: object,
) -> Diagnostic:
    """A diagnostic of `code` at `span`; `arguments` fill the braces of the code's title."""
    shown = {name: _short(str(argument)) for name, argument in arguments.items()}
    return Diagnostic(code, code.title.format(**shown), Label(span, remark), labels, notes, help, edit)


LONGEST_NAME = 80
"""Most characters that a title shows of one thing that a source names."""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + " …"
