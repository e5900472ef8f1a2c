"""How the front end gives up on one part of a source: an exception with the diagnostic, which stays in the package."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from . import codes
from .diagnostics import Code, Diagnostic, Edit, diagnostic
from .source import Span
from .syntax.tree import Name

MOST_COMPARED, LONGEST_SUGGESTED = 500, 100
"""Most names that one is compared with, and its most characters: looking for the nearest takes time for each."""


class Wrong(Exception):
    """A part of the source that has no meaning; caught where the next part can be read without it."""

    def __init__(self, found: Diagnostic) -> None:
        super().__init__(found.title)
        self.diagnostic = found


def wrong(code: Code, span: Span, remark: str = "", **arguments: Any) -> Wrong:
    """An exception with a diagnostic of `code`; the arguments are those of `diagnostics.diagnostic`."""
    return Wrong(diagnostic(code, span, remark, **arguments))


def unknown(what: str, name: Name, known: Iterable[str]) -> Wrong:
    """That nothing of this kind has the name, with the nearest name that something has."""
    candidates = list(known)
    short = len(name.text) <= LONGEST_SUGGESTED and len(candidates) <= MOST_COMPARED
    nearest = get_close_matches(name.text, candidates, 1) if short else []
    if not nearest:
        return wrong(codes.UNKNOWN_NAME, name.span, what=what, name=name.text)
    help, edit = f"did you mean `{nearest[0]}`?", Edit(name.span, nearest[0])
    return wrong(codes.UNKNOWN_NAME, name.span, help=help, edit=edit, what=what, name=name.text)
