"""Diagnostics as text, for people: the code, the place, the lines with what is underlined, notes, and what helps."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .diagnostics import Diagnostic, Edit, Label
from .source import NOWHERE, Source

MOST_SHOWN = 100
"""Most diagnostics that are shown; how many more there are is said."""

LONGEST_REMARK = 400
"""Most characters shown of a title, remark, note or help: a name in it may be as long as a source."""

WIDEST_LINE = 200
"""Most characters shown of one source line."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would move the cursor, reorder the line or not encode: shown as a replacement character instead."""

_COLORS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "place": "\x1b[1;34m", "help": "\x1b[1;32m"}
_RESET = "\x1b[0m"


def render(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """The diagnostics as text, one after another, with an empty line between two."""
    found = list(diagnostics)
    texts = ["\n".join(_Renderer(color).lines(each)) + "\n" for each in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        texts.append(f"and {len(found) - MOST_SHOWN} more\n")
    return "\n".join(texts)


class _Renderer:
    def __init__(self, color: bool) -> None:
        self.color = color
        self.width = 1  # of a line number

    def paint(self, text: str, style: str) -> str:
        return f"{_COLORS[style]}{text}{_RESET}" if self.color else text

    def bar(self, number: int | None = None) -> str:
        text = "" if number is None else str(number)
        return self.paint(f" {text:>{self.width}} |", "place")

    def lines(self, found: Diagnostic) -> list[str]:
        severity = found.severity
        out = [self.paint(f"{severity}[{found.code.name}]", severity) + f": {_clean(found.title)}"]
        labels = [found.primary, *found.labels]
        shown = [label for label in labels if label.span.source is not NOWHERE.source]
        self.width = len(str(max((label.span.line for label in shown), default=1)))
        sources: list[Source] = []
        for label in shown:
            if label.span.source not in sources:
                sources.append(label.span.source)
        for source in sources:
            out += self.source(source, [label for label in shown if label.span.source == source], found.primary)
        out += [f" {'':{self.width}} = {_clean(note)}" for note in found.notes]
        if found.help:
            out.append(self.paint("help", "help") + f": {_clean(found.help)}")
            if found.edit is not None and found.edit.span.source is not NOWHERE.source:
                out += self.edit(found.edit)
        return out

    def source(self, source: Source, labels: list[Label], primary: Label) -> list[str]:
        first = primary if primary in labels else labels[0]
        arrow = self.paint(f" {'':{self.width}}".rstrip(" ").ljust(self.width + 1) + "-->", "place")
        out = [f"{arrow} {_clean(source.name)}:{first.span.line}:{first.span.column}", self.bar()]
        for number in sorted({label.span.line for label in labels}):
            text = source.line(number)
            out.append(f"{self.bar(number)} {_shown(text)}".rstrip())
            here = [label for label in labels if label.span.line == number]
            for label in sorted(here, key=lambda label: (label is primary, label.span.start)):
                out.append(f"{self.bar()} {self.underline(text, label, primary)}".rstrip())
        return out

    def underline(self, text: str, label: Label, primary: Label) -> str:
        start = label.span.column - 1
        length = max(1, min(label.span.end - label.span.start, len(text) - start))
        sign, style = ("^", "error") if label is primary else ("-", "place")
        mark = self.paint(sign * min(length, WIDEST_LINE), style)
        return _blank(text[: min(start, WIDEST_LINE)]) + mark + (f" {_clean(label.text)}" if label.text else "")

    def edit(self, edit: Edit) -> list[str]:
        """The line as it would be, with what is new under it."""
        text = edit.span.source.line(edit.span.line)
        start = edit.span.column - 1
        kept_to = start + min(edit.span.end - edit.span.start, len(text) - start)
        first, *more = edit.text.split("\n")
        sign = "+" if edit.span.start == edit.span.end else "~"
        if more:  # whole lines are put after this one
            added = [f"{self.bar()} {_shown(line)}" for line in more]
            return [f"{self.bar()} {_shown(text)}", *added, f"{self.bar()} {self.signs(more[-1], '+')}"]
        line = text[:start] + first + text[kept_to:]
        return [
            f"{self.bar()} {_shown(line)}",
            f"{self.bar()} {_blank(text[:start])}{self.signs(first, sign)}".rstrip(),
        ]

    def signs(self, text: str, sign: str) -> str:
        """A sign under each character; the space before an insertion has none."""
        stripped = text.lstrip(" ")
        return " " * (len(text) - len(stripped)) + self.paint(sign * len(stripped), "help")


def _blank(text: str) -> str:
    """White space as wide as `text`."""
    return "".join("\t" if character == "\t" else " " for character in text)


def _clean(text: str) -> str:
    cut = text if len(text) <= LONGEST_REMARK else text[:LONGEST_REMARK] + " …"
    return _UNPRINTABLE.sub("\ufffd", cut.replace("\n", " "))


def _shown(line: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", line if len(line) <= WIDEST_LINE else line[:WIDEST_LINE] + " …")
