"""Sources with one mistake each, made from good ones: the examples and the hard programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from dlcode_dsl import Source
from dlcode_dsl.source import Span
from dlcode_dsl.syntax import tree
from dlcode_dsl.syntax.parse import parse

ROOT = Path(__file__).parents[1]
EXAMPLES = [path for path in sorted((ROOT / "dlcode" / "examples").glob("*.ash")) if not path.stem.endswith("broken")]
HARD = sorted((ROOT / "tests" / "data" / "hard").glob("*.ash"))

OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
LONG = 60
"""Characters of source text that are shown."""


def sources() -> dict[str, Source]:
    """The sources that mutants are made of, by name."""
    return {path.stem: Source(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in (*EXAMPLES, *HARD)}


@dataclass(frozen=True)
class Mutant:
    """A source with one mistake: `text` stands where `span` was."""

    kind: str
    span: Span
    text: str
    about: Span | None = None  # what of `span` is computed, where it is less than all

    @property
    def source(self) -> Source:
        """The source with the mistake."""
        whole, span = self.span.source.text, self.span
        return Source(span.source.name, whole[: span.start] + self.text + whole[span.end :])

    @property
    def change(self) -> str:
        """What it changes, in a line."""
        return f"{quoted(self.span.text)} -> {'nothing' if self.is_missing else quoted(self.text)}"

    @property
    def is_missing(self) -> bool:
        """Whether nothing stands where something was."""
        return not self.text.strip()

    @property
    def place(self) -> Span:
        """The changed text in the source with the mistake; in the good source, where it is missing."""
        if self.is_missing:
            return self.about or self.span
        left = len(self.text) - len(self.text.lstrip())
        return Span(self.source, self.span.start + left, self.span.start + len(self.text.rstrip()))

    def came_from(self, span: Span) -> Span:
        """Where a stretch of the source with the mistake begins in the good one: empty, and only for its line."""
        if span.source.text != self.source.text:
            return span
        gone = len(self.span.text) - len(self.text)
        start = span.start + gone if span.start >= self.span.start + len(self.text) else span.start
        return Span(self.span.source, start, start)

    def stands(self, span: Span) -> tuple[str, int]:
        """The file of a stretch, where it is another one, and its line in the good source."""
        here = span.source.name == self.span.source.name
        return "" if here else f"{Path(span.source.name).name}, ", self.came_from(span).line


def quoted(text: str) -> str:
    """Source text in a line, cut where it is long."""
    line = " ".join(text.split())
    return f"`{line if len(line) <= LONG else line[:LONG] + ' …'}`"


def mutants(source: Source) -> Iterator[Mutant]:
    """Every mutant of a source, in the order of its text. Tests are left alone."""
    for declaration in parse(source).declarations:
        if isinstance(declaration, tree.Filter | tree.Handler | tree.Function | tree.Pipe):
            for node in _nodes(declaration):
                yield from (change for change in _changes(node) if change.text != change.span.text)


def _nodes(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        for part in node:
            yield from _nodes(part)
    elif is_dataclass(node) and not isinstance(node, Span | Source):
        yield node
        for part in fields(node):
            if part.name != "span":
                yield from _nodes(getattr(node, part.name))


def _changes(node: object) -> Iterator[Mutant]:
    match node:
        case tree.Compare(operator, left, right):
            between = Span(left.span.source, left.span.end, right.span.start)
            yield Mutant("another comparison", between, between.text.replace(operator, OTHER[operator], 1))
        case tree.Number(value):
            yield Mutant("one more", node.span, str(value + 1))
            if value:
                yield Mutant("one less", node.span, str(value - 1))
        case tree.Otherwise(value):
            yield Mutant("a missing else", Span(node.span.source, value.span.end, node.span.end), "")
        case tree.If(condition, (tree.Verdict() | tree.Return() | tree.Break() | tree.Continue(),), ()):
            yield Mutant("a missing test", node.span, "", condition.span)
        case tree.When(condition) | tree.Requires(condition):
            yield Mutant("a missing clause", node.span, "", condition.span)
        case tree.May():
            yield Mutant("an effect not asked for", node.span, "")
        case tree.Owns(_, _, "shared", where) if where is not None:
            yield Mutant("memory that is not tested", where.span, "true")
        case tree.Assign(_, operator):
            yield Mutant("a missing assignment", node.span, "")
            if operator in ("+%", "-%", "*%"):
                whole = node.span.text
                yield Mutant("a sum that wraps", node.span, whole.replace(f"{operator}=", f"{operator[0]}=", 1))
        case tree.Junction(_, terms):
            for place, term in enumerate(terms):
                other = terms[place - 1] if place else terms[1]
                low, high = (other.span.end, term.span.end) if place else (term.span.start, other.span.start)
                yield Mutant("a missing term", Span(term.span.source, low, high), "", term.span)
        case tree.Index(_, index):
            yield Mutant("the next one", index.span, f"{index.span.text} + 1")
        case tree.Slice(_, _, end) if end is not None:
            yield Mutant("one byte more", end.span, f"{end.span.text} + 1")
        case tree.As(_, type, True):
            span = Span(node.span.source, node.span.text.rindex("whole") + node.span.start, type.span.start)
            yield Mutant("a part that is not asked for", span, "")
        case tree.Verdict("consume"):
            yield Mutant("an abort in its place", node.span, "abort")
        case tree.Break():
            yield Mutant("a missing break", node.span, "")
        case tree.Limit():
            yield Mutant("a missing limit", node.span, "")
