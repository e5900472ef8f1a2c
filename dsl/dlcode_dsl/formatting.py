"""The formatter: one way to write a source down.

It keeps the author's lines and comments, but for the braces of a body of several lines, which end the line they open
on and start the one they close on; and decides what lies between: indentation by brackets, one space or none between
words, comments of neighbouring lines below one another, at most one empty line. What it makes of its own output
is that output. A source with a syntax error is left as it is, and so is one that would not read back the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .diagnostics import Diagnostic
from .source import Source
from .syntax import lines
from .syntax.parse import parse, tokens_of

if TYPE_CHECKING:
    from lark import Token

INDENT = "  "
CLAUSE_WIDTH = 7
"""Clause words of a handler's head are padded to this, so that what they say stands below one another."""

_HEAD_CLAUSES = frozenset("owns may when requires ensures cost maximum".split())
_BEFORE_VALUE = frozenset(
    "if else while for in return assert when where requires ensures emit finish invariant decreases limit copy packet"
    " expect given sent on".split()
)
"""Words after which a bracket opens a value, and no call."""

_TIGHT_AFTER = frozenset({"(", "[", ".", "!"})
_TIGHT_BEFORE = frozenset({")", "]", ",", ".", "?", ":"})


@dataclass(frozen=True, slots=True)
class Formatted:
    """The text as it should be, and what is wrong with the source, if it could not be read: then it is unchanged."""

    text: str
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class _Line:
    """One line of the source: its tokens, its comment, and whether empty lines stood before it."""

    tokens: list[Token]
    comment: str
    apart: bool


def format_source(source: Source) -> Formatted:
    """The source in its one way. Never raises for bad input."""
    syntax = tuple(found for found in parse(source).diagnostics if found.code.name < "ASH1005")
    if syntax:
        return Formatted(source.text, syntax)
    made = _text(source.text)
    return Formatted(made if _words(made) == _words(source.text) else source.text)


def _words(text: str) -> list[str]:
    """What a source says: its tokens that are not line ends, and its comments."""
    said = [str(token) for token in tokens_of(text) if token.type != lines.NEWLINE]
    return said + [line.comment for line in _lines(text) if line.comment]


def _text(text: str) -> str:
    written = list(_written(list(_opened(list(_lines(text))))))
    out: list[str] = []
    for start, end in _blocks(written):
        column = max((len(code) for code, comment, _ in written[start:end] if code and comment), default=0)
        for code, comment, apart in written[start:end]:
            if apart and out:
                out.append("")
            if code and comment:
                code = f"{code:<{column}}  {comment}"
            out.append((code or comment).rstrip())
    return "\n".join(out) + "\n" if out else ""


def _blocks(written: list[tuple[str, str, bool]]) -> Iterator[tuple[int, int]]:
    """Runs of neighbouring lines that all have code and a comment, and the lines between them one by one."""
    start = 0
    while start < len(written):
        end = start + 1
        if written[start][0] and written[start][1]:
            while end < len(written) and written[end][0] and written[end][1] and not written[end][2]:
                end += 1
        yield start, end
        start = end


# ---- the source, line by line


def _lines(text: str) -> Iterator[_Line]:
    tokens: list[Token] = []
    comment, apart, previous = "", False, 0
    empty = True
    for token in [*tokens_of(text), None]:
        at = len(text) if token is None else token.start_pos or 0
        for piece in _between(text[previous:at]):
            if piece == "\n":
                if tokens or comment:
                    yield _Line(tokens, comment, apart)
                    tokens, comment, apart = [], "", False
                    empty = False
                else:
                    apart = apart or not empty
            else:
                comment = piece.rstrip()
        if token is None:
            break
        previous = token.end_pos or 0
        if token.type == lines.NEWLINE:
            previous = at
            continue
        tokens.append(token)
    if tokens or comment:
        yield _Line(tokens, comment, apart)


def _opened(source: list[_Line]) -> Iterator[_Line]:
    """The lines, parted after the opening and before the closing brace of a body that has several."""
    after, before = _braces(source)
    for line in source:
        tokens: list[Token] = []
        apart = line.apart
        for token in line.tokens:
            if tokens and (id(token) in before or id(tokens[-1]) in after):
                yield _Line(tokens, "", apart)
                tokens, apart = [], False
            tokens.append(token)
        yield _Line(tokens, line.comment, apart)


def _braces(source: list[_Line]) -> tuple[set[int], set[int]]:
    """The braces, by identity, that open and that close a body of several lines; those of layouts are none."""
    after: set[int] = set()
    before: set[int] = set()
    stack: list[tuple[Token, int]] = []
    layout = False
    for number, line in enumerate(source):
        for place, token in enumerate(line.tokens):
            if not stack and place == 0 and token.value in lines.DECLARATION_WORDS:
                layout = token.value in _LAYOUTS
            if token.value in lines.OPENING:
                stack.append((token, number))
            elif token.value in lines.CLOSING and stack:
                opening, at = stack.pop()
                if opening.value == "{" and at != number and not layout:
                    after.add(id(opening))
                    before.add(id(token))
    return after, before


_LAYOUTS = frozenset({"header", "message"})
"""Declarations whose braces hold fields, and no statements."""


def _between(gap: str) -> Iterator[str]:
    """The comments and line ends of what lies between two tokens."""
    for found in re.finditer(r"//[^\n]*|\n", gap):
        yield found[0]


# ---- indentation


def _written(source: list[_Line]) -> Iterator[tuple[str, str, bool]]:
    """Each line's code with its indentation, its comment (indented, where it stands alone), and whether it is apart."""
    stack: list[int] = []  # what each open bracket adds
    previous: Token | None = None
    layers = False  # the statement is made of the headers of a packet
    in_head = False  # the line before is a clause of a handler's head
    for line in source:
        closing = 0
        for token in line.tokens:
            if token.value not in lines.CLOSING:
                break
            closing += 1
        level = sum(stack[: len(stack) - closing] if closing else stack)
        first = line.tokens[0] if line.tokens else None
        inside = bool(stack) and stack[-1] == 0
        head = first is not None and not stack and str(first) in _HEAD_CLAUSES
        if first is not None and not closing and not inside and _goes_on(previous, line.tokens):
            level += 2 if in_head and not head else 1
        in_head = head or (in_head and first is not None and first.value != "{")
        apart = line.apart and not _opens(previous) and not (first is not None and closing)
        added = False
        for token in line.tokens:
            if token.value in lines.OPENING:
                stack.append(0 if added else 1)
                added = True
            elif token.value in lines.CLOSING and stack and stack.pop():
                added = False
        if first is not None and not (closing or _goes_on(previous, line.tokens)):
            layers = first.value in _OF_LAYERS
        code = _spaced(line.tokens, padded=head, layers=layers)
        yield (INDENT * level + code if code else ""), (line.comment if code else INDENT * level + line.comment), apart
        previous = line.tokens[-1] if line.tokens else previous


def _opens(token: Token | None) -> bool:
    return token is not None and token.value in lines.OPENING


def _goes_on(previous: Token | None, tokens: list[Token]) -> bool:
    """Whether a line carries on the one before."""
    if previous is None or previous.value in lines.OPENING or tokens[0].value == "{":
        return False
    if previous.value == "}" and tokens[0].value == "else":  # of an `if` beside it
        return False
    if lines.joins(previous):
        return str(previous) != ","
    return lines.carries_on(tokens[0], tokens[1] if len(tokens) > 1 else None)


# ---- what stands between two words


_OF_LAYERS = frozenset({"packet", "template"})
"""What begins with these is headers, parted by `/`."""


def _spaced(tokens: list[Token], *, padded: bool, layers: bool) -> str:
    parts: list[str] = []
    depth = 0
    for place, token in enumerate(tokens):
        between = depth == 0 and "/" in (token.value, tokens[place - 1].value)
        if place and ((layers and between) or _apart(tokens[place - 1], token, tokens[0])):
            parts.append(" ")
        depth += (token.value in ("(", "[")) - (token.value in (")", "]"))
        layers = layers or (token.value == "sent" and tokens[0].value == "expect")
        parts.append(str(token))
        if padded and place == 0:
            parts.append(" " * (CLAUSE_WIDTH - len(token)))
    return "".join(parts)


def _apart(left: Token, right: Token, first: Token) -> bool:
    """Whether a space stands between two words of a line."""
    if left.value in _TIGHT_AFTER or right.value in _TIGHT_BEFORE:
        return False
    if right.value in ("[", "("):
        return left.type != "NAME" and left.value not in (")", "]") and not _calls(left)
    if first.value == "cost" and "SUM" in (left.type, right.type):  # a machine's name: dec5000-125
        return False
    if left.value == "/" and left.type == "PRODUCT":
        return left.end_pos != right.start_pos
    if right.value == "/" and right.type == "PRODUCT":
        return left.end_pos != right.start_pos
    return True


def _calls(word: Token) -> bool:
    return bool(word.value.isidentifier()) and word.value not in _BEFORE_VALUE
