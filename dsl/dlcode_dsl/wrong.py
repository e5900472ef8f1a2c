"""How the front end gives up on one part of a source: an exception with the diagnostic, which stays in the package."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from itertools import takewhile
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
    nearest = _nearest(name.text, candidates) if short else None
    if nearest is None:
        return wrong(codes.UNKNOWN_NAME, name.span, what=what, name=name.text)
    help, edit = f"did you mean `{nearest}`?", Edit(name.span, nearest)
    return wrong(codes.UNKNOWN_NAME, name.span, help=help, edit=edit, what=what, name=name.text)


def _nearest(text: str, candidates: list[str]) -> str | None:
    """The name that is most like it; of several, the one that starts most like it, and then the first. Else the
    shortest that it begins: `eth`."""
    close = get_close_matches(text, candidates, 3)
    if not close:
        return min((each for each in candidates if len(text) > 1 and each.startswith(text)), key=len, default=None)
    best = _likeness(close[0], text)
    alike = [each for each in candidates if each in close and _likeness(each, text) == best]
    return max(alike, key=lambda each: len(_shared(each, text)))


def _shared(one: str, other: str) -> list[tuple[str, str]]:
    """The characters with which both begin."""
    return list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
