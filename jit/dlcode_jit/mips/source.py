"""Assembly source as lines: what an error points at, and the macros, which are text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

MACRO_DEPTH: Final = 32
"""How deep macros and blocks may nest: deeper is taken to be endless."""

MOST_LINES: Final = 200_000
"""How many lines a source may become."""


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
    """Source that can't be assembled: where, why, and where that is known what would help."""

    def __init__(self, line: SourceLine, column: int, reason: str, help: str = "") -> None:
        self.line, self.column, self.reason, self.help = line, column, reason, help
        pad = "".join(character if character == "\t" else " " for character in line.text[:column])
        use = f"\n  in a macro used at {line.use}" if line.use else ""
        advice = f"\nhelp: {help}" if help else ""
        super().__init__(f"{line}:{column + 1}: {reason}\n  {line.text}\n  {pad}^{use}{advice}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "addu"?` if something like it is known, else nothing."""
    close = get_close_matches(word[:40], known, 1)
    return f'did you mean "{close[0]}"?' if close else ""


@dataclass(frozen=True, slots=True)
class _Macro:
    parameters: tuple[tuple[str, str | None], ...]  # name and default
    body: tuple[SourceLine, ...]


Condition = Callable[[SourceLine, int], int]
"""Value of the constant expression that begins at a column of a line; raises AssemblyError if it is not known yet."""


def expand_macros(text: str, name: str, condition: Condition, defined: Callable[[str], bool]) -> Iterator[SourceLine]:
    r"""Lines of the source with macros, repetitions and conditions taken out and what they stand for put in.

    A macro is `.macro NAME a, b=default`, its body, `.endm`; in the body `\a` stands for the argument and `\@` for a
    number that no other use has. `.rept N` repeats what is before `.endr`; `.irp NAME, a, b` does with `\NAME` as each
    of them. Of `.if E`, `.elseif E`, `.else` the first that holds is kept, up to `.endif`; `.ifdef NAME` and
    `.ifndef NAME` ask whether a line before this has defined a name. Lines are asked for one by one, so that
    `condition` and `defined` know of all that came before.
    """
    lines = [SourceLine(name, number, line) for number, line in enumerate(text.splitlines(), 1)]
    return _Expansion(condition, defined).expand(lines, 0)


_HEAD: Final = re.compile(r"\s*(?P<labels>(?:[\w.$]+:\s*)*)(?P<word>[.\w]+)?\s*(?P<rest>.*)")
_REPETITIONS: Final = (".rept", ".irp")
_CONDITIONS: Final = (".if", ".ifdef", ".ifndef")
_PARTS: Final = (".elseif", ".else")
_ENDS: Final = {".macro": (".endm", ".endmacro"), **dict.fromkeys(_REPETITIONS, (".endr",)),
                **dict.fromkeys(_CONDITIONS, (".endif",))}  # fmt: skip
_NEED: Final = {end: begin for begin, ends in _ENDS.items() for end in ends} | dict.fromkeys(_PARTS, ".if")
BLOCK_WORDS: Final = (*_ENDS, *_NEED)
"""The directives that this module takes out."""


def _head(line: SourceLine) -> re.Match[str]:
    head = _HEAD.match(line.text)
    assert head is not None, "every part of the pattern may be empty"
    return head


class _Expansion:
    def __init__(self, condition: Condition, defined: Callable[[str], bool]) -> None:
        self.condition, self.defined = condition, defined
        self.macros: dict[str, _Macro] = {}
        self.uses = 0
        self.lines = 0

    def expand(self, lines: Iterable[SourceLine], depth: int) -> Iterator[SourceLine]:
        """Lines without blocks; definitions are kept for the lines that follow."""
        remaining = iter(lines)
        for line in remaining:
            self.lines += 1
            head = _head(line)
            word = head["word"]
            if self.lines > MOST_LINES:
                raise AssemblyError(line, 0, f"macros and repetitions make more than {MOST_LINES} lines")
            if word in _NEED:
                raise AssemblyError(line, head.start("word"), f"{word} without {_NEED[word].replace('.irp', '.rept')}")
            if word not in _ENDS and word not in self.macros:
                yield line
                continue
            if head["labels"]:
                yield SourceLine(line.name, line.number, line.text[: head.end("labels")], line.use)
            if depth == MACRO_DEPTH:
                raise AssemblyError(line, head.start("word"), f"macros and blocks nested over {MACRO_DEPTH} deep")
            if word == ".macro":
                self.define(line, head["rest"], self.block(line, word, remaining))
            elif word in _ENDS:
                block = self.block(line, word, remaining)
                kept = self.repeated(line, head, block) if word in _REPETITIONS else self.chosen(line, block)
                yield from self.expand(kept, depth + 1)
            else:
                yield from self.expand(self.body(line, head, self.macros[word]), depth + 1)

    def block(self, line: SourceLine, word: str, remaining: Iterator[SourceLine]) -> list[SourceLine]:
        """The lines up to the end of the block that `line` begins; those of blocks within belong to it."""
        found: list[SourceLine] = []
        open_blocks = [word]
        for inner in remaining:
            here = _head(inner)["word"]
            if here in _ENDS:
                open_blocks.append(here)
            elif here in _ENDS[open_blocks[-1]]:
                open_blocks.pop()
                if not open_blocks:
                    return found
            elif here in _NEED and here not in _PARTS:
                raise AssemblyError(
                    inner,
                    _head(inner).start("word"),
                    f"{here} before the {_ENDS[open_blocks[-1]][0]} of {open_blocks[-1]}",
                )
            found.append(inner)
        raise AssemblyError(line, _head(line).start("word"), f"{word} has no {_ENDS[word][0]}")

    def define(self, line: SourceLine, rest: str, body: list[SourceLine]) -> None:
        words = [word for word in re.split(r"[,\s]+", rest.split("#")[0].strip()) if word]
        if not words:
            raise AssemblyError(line, len(line.text), ".macro needs a name")
        parameters = []
        for word in words[1:]:
            parameter, equals, default = word.partition("=")
            parameters.append((parameter, default if equals else None))
        self.macros[words[0]] = _Macro(tuple(parameters), tuple(body))

    def repeated(self, line: SourceLine, head: re.Match[str], body: list[SourceLine]) -> Iterator[SourceLine]:
        """A block again and again; lines are made as they are asked for, so that a huge number costs nothing yet."""
        if head["word"] == ".rept":
            count = self.condition(line, head.start("rest"))
            if count < 0:
                raise AssemblyError(line, head.start("rest"), f"to be repeated {count} times")
            return (inner for _ in range(count) for inner in body or [_nothing(line)])
        name, *values = split_arguments(head["rest"]) or [""]
        if not re.fullmatch(r"\w+", name):
            raise AssemblyError(line, head.start("rest"), ".irp takes a name and what it stands for, one after another")
        return (
            SourceLine(inner.name, inner.number, _put_in(inner.text, {name: value}), inner.use)
            for value in values
            for inner in body
        )

    def chosen(self, line: SourceLine, block: list[SourceLine]) -> list[SourceLine]:
        """The part of a condition that holds."""
        holds, chosen, taken = self.holds(line), list[SourceLine](), False
        depth, last = 0, ""
        for inner in block:
            head = _head(inner)
            word = head["word"]
            if depth == 0 and word in _PARTS:
                if last == ".else":
                    raise AssemblyError(inner, head.start("word"), f"{word} after .else")
                taken, last = taken or holds, word
                holds = not taken and (word == ".else" or bool(self.condition(inner, head.start("rest"))))
                continue
            depth += (word in _CONDITIONS) - (word == ".endif")
            if holds:
                chosen.append(inner)
        return chosen

    def holds(self, line: SourceLine) -> bool:
        head = _head(line)
        if head["word"] == ".if":
            return bool(self.condition(line, head.start("rest")))
        name = head["rest"].split("#")[0].strip()
        if not re.fullmatch(r"[A-Za-z_.][\w.$]*", name):
            raise AssemblyError(line, head.start("rest"), f"{head['word']} takes a name")
        return self.defined(name) == (head["word"] == ".ifdef")

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


def _nothing(line: SourceLine) -> SourceLine:
    return SourceLine(line.name, line.number, "", line.use)


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
