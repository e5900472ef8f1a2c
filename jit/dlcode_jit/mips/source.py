"""Assembly source as lines: what an error points at, and the macros, which are text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

MACRO_DEPTH: Final = 32
"""How deep macros may call macros: deeper is taken to be endless."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of source. In a macro's expansion it is the body's line, its parameters put in, and the use is named."""

    name: str
    number: int
    text: str
    use: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.number}"


class AssemblyError(ValueError):
    """Source that can't be assembled: where, and why."""

    def __init__(self, line: SourceLine, column: int, reason: str) -> None:
        self.line, self.column, self.reason = line, column, reason
        pad = "".join(character if character == "\t" else " " for character in line.text[:column])
        use = f"\n  in a macro used at {line.use}" if line.use else ""
        super().__init__(f"{line}:{column + 1}: {reason}\n  {line.text}\n  {pad}^{use}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "addu"?` if something like it is known, else nothing."""
    close = get_close_matches(word, known, 1)
    return f'; did you mean "{close[0]}"?' if close else ""


@dataclass(frozen=True, slots=True)
class _Macro:
    parameters: tuple[tuple[str, str | None], ...]  # name and default
    body: tuple[SourceLine, ...]


def expand_macros(text: str, name: str) -> Iterator[SourceLine]:
    r"""Lines of the source with macros taken out and their uses replaced.

    A macro is `.macro NAME a, b=default`, its body, `.endm`; in the body `\a` stands for the argument and `\@` for a
    number that no other use has.
    """
    lines = [SourceLine(name, number, line) for number, line in enumerate(text.splitlines(), 1)]
    return _Expansion().expand(lines, 0)


_HEAD: Final = re.compile(r"\s*(?P<labels>(?:[\w.$]+:\s*)*)(?P<word>[.\w]+)?\s*(?P<rest>.*)")


class _Expansion:
    def __init__(self) -> None:
        self.macros: dict[str, _Macro] = {}
        self.uses = 0

    def expand(self, lines: list[SourceLine], depth: int) -> Iterator[SourceLine]:
        """Lines without macros; definitions are kept for the lines that follow."""
        remaining = iter(lines)
        for line in remaining:
            head = _HEAD.match(line.text)
            assert head is not None, "every part of the pattern may be empty"
            word = head["word"]
            if word == ".macro":
                self.define(line, head["rest"], remaining)
            elif word in (".endm", ".endmacro"):
                raise AssemblyError(line, head.start("word"), f"{word} without .macro")
            elif word in self.macros:
                if head["labels"]:
                    yield SourceLine(line.name, line.number, line.text[: head.end("labels")], line.use)
                if depth == MACRO_DEPTH:
                    raise AssemblyError(line, head.start("word"), f"macros nested over {MACRO_DEPTH} deep")
                yield from self.expand(self.body(line, head, self.macros[word]), depth + 1)
            else:
                yield line

    def define(self, line: SourceLine, rest: str, remaining: Iterator[SourceLine]) -> None:
        """Read a definition up to its end."""
        words = [word for word in re.split(r"[,\s]+", rest.split("#")[0].strip()) if word]
        if not words:
            raise AssemblyError(line, len(line.text), ".macro needs a name")
        parameters = []
        for word in words[1:]:
            parameter, equals, default = word.partition("=")
            parameters.append((parameter, default if equals else None))
        body: list[SourceLine] = []
        for inner in remaining:
            head = _HEAD.match(inner.text)
            if head and head["word"] in (".endm", ".endmacro"):
                self.macros[words[0]] = _Macro(tuple(parameters), tuple(body))
                return
            body.append(inner)
        raise AssemblyError(line, 0, f'macro "{words[0]}" has no .endm')

    def body(self, line: SourceLine, head: re.Match[str], macro: _Macro) -> list[SourceLine]:
        """The body with the arguments of one use put in."""
        arguments = split_arguments(head["rest"])
        if len(arguments) > len(macro.parameters):
            raise AssemblyError(
                line, head.start("rest"), f"{len(arguments)} arguments for {len(macro.parameters)} parameters"
            )
        values = {"@": str(self.uses)}
        self.uses += 1
        for index, (parameter, default) in enumerate(macro.parameters):
            value = arguments[index] if index < len(arguments) else default
            if value is None:
                raise AssemblyError(line, head.start("word"), f'no argument for parameter "{parameter}"')
            values[parameter] = value
        use = f"{line}, {line.use}" if line.use else str(line)
        return [SourceLine(inner.name, inner.number, _put_in(inner.text, values), use) for inner in macro.body]


def _put_in(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\\(@|\w+)", lambda match: values.get(match[1], match[0]), text)


def split_arguments(text: str) -> list[str]:
    """Arguments of a macro's use: split at commas outside brackets and quotes; a comment ends them."""
    pieces = re.findall(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|[^"\']|["\']', text)
    arguments, current, depth = [], "", 0
    for piece in pieces:
        if piece == "#":
            break
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "," and depth == 0:
            arguments.append(current.strip())
            current = ""
        else:
            current += piece
    if current.strip() or arguments:
        arguments.append(current.strip())
    return arguments
