"""What each diagnostic code means: a few sentences, an example that it refuses and one that is accepted.

The explanations are data, `explanations/CODE.md`: text, then one fenced block marked `wrong` and one marked `right`.
Where no source that is fit to be shown gives the code, the wrong block is `text`, which describes one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from . import codes
from .diagnostics import Code

CODES: Mapping[str, Code] = MappingProxyType(
    {code.name: code for code in sorted((code for code in vars(codes).values() if isinstance(code, Code)), key=str)}
)
"""Every code by its name, in order."""
FORM = re.compile(r"(.+?)\n```(ash|text) wrong\n(.+?)```\n+```ash right\n(.+?)```\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code, explained."""

    code: Code
    text: str  # paragraphs, with `code` in backquotes
    wrong: str  # a source that gives the code
    right: str  # the same, accepted
    described: bool  # `wrong` describes such a source, which is too long to be shown or no text at all

    @property
    def title(self) -> str:
        """The code's title without what a diagnostic fills in."""
        return title(self.code)


def title(code: Code) -> str:
    """A code's title, with dots for what each diagnostic fills in."""
    return re.sub(r"\{\w+\}", "…", code.title)


@cache
def explanation(code: Code) -> Explanation:
    """What a code means."""
    name = f"{code.name}.md"
    found = FORM.fullmatch(files(__package__).joinpath("explanations", name).read_text(encoding="utf-8"))
    assert found, f"{name} has not the form of an explanation"
    text, language, wrong, right = found.groups()
    return Explanation(code, text.strip(), wrong, right, described=language == "text")


def code_called(name: str) -> Code | None:
    """The code that a user means by `ASH2031`, `ash2031` or `2031`; None where there is none."""
    return CODES.get(_whole(name))


def nearest_code(name: str) -> Code | None:
    """The code whose name agrees with one that is none in the most places, if not in few."""
    name = _whole(name)

    def agreeing(known: str) -> tuple[int, bool]:
        return sum(map(str.__eq__, name, known)), sorted(name) == sorted(known)

    nearest = max(CODES, key=agreeing)
    return CODES[nearest] if agreeing(nearest)[0] >= 5 else None


def _whole(name: str) -> str:
    name = name.strip().upper()
    return f"ASH{name}" if name.isdigit() else name
