"""`use`: declarations from files of the header library, and from files beside the source, which the caller reads.

What is used is declared in the source itself, as if it stood there, after what it uses in turn. Nothing here opens a
file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

from . import codes
from .diagnostics import Diagnostic
from .library import library_file, library_names
from .source import Source
from .syntax import tree
from .syntax.parse import LONGEST_SOURCE, Parsed, parse
from .wrong import Wrong, unknown, wrong

Loader = Callable[[str], Source]
"""Reads a file whose path is relative to the folder of the main source, with `/` between its parts and no `..` in it.
Raises OSError where it cannot be read."""

DEEPEST_USE = 16
"""Most files that use one another in a row."""

MOST_USED = 64
"""Most files that one source uses, directly or not. All of them together are no longer than one source may be."""

ENDING = ".ash"

_TAKEN = (tree.Header, tree.Message, tree.Constant, tree.Function, tree.Pipe, tree.Template, tree.Filter)
"""What is taken from a used file. Its handlers and tests are not."""


@dataclass
class Used:
    """What the files that a source uses come to."""

    declarations: list[tree.Declaration] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)  # names of declarations that could not be read


def used_by(parsed: Parsed, load: Loader | None = None) -> Used:
    """What a source uses, directly or not, each file once. What is wrong with it is in the result."""
    found = Used()
    _Reader(load, found).follow(parsed, folder="", way=())
    return found


class _Reader:
    def __init__(self, load: Loader | None, found: Used) -> None:
        self.load = load
        self.found = found
        self.done: set[str] = set()
        self.characters = 0

    def follow(self, parsed: Parsed, folder: str | None, way: tuple[str, ...]) -> None:
        """Use what a source asks for. Paths in it are relative to `folder`; the library's files (None) have none."""
        for item in parsed.declarations:
            if isinstance(item, tree.Import):
                try:
                    self.use(item, folder, way)
                except Wrong as error:
                    self.found.diagnostics.append(error.diagnostic)

    def use(self, item: tree.Import, folder: str | None, way: tuple[str, ...]) -> None:
        name = item.name
        path = f"<{name}>" if not item.quoted else _path(name, folder)
        if path in way:
            raise _refused(name, f"it uses itself: {' uses '.join([*way[way.index(path) :], path])}")
        if path in self.done:
            return
        if len(way) == DEEPEST_USE or len(self.done) == MOST_USED:
            raise _refused(name, f"at most {MOST_USED} files, {DEEPEST_USE} in a row, use one another")
        self.done.add(path)
        if not item.quoted:
            library = library_file(name.text)
            if library is None:
                raise unknown("file of the library", name, library_names())
            self.follow(library, None, (*way, path))
            self.take(library, (tree.Constant, tree.Function, tree.Pipe))  # its headers are known anyway
            return
        parsed = parse(self.read(name, path))
        self.found.diagnostics += parsed.diagnostics
        self.found.unread |= parsed.unread
        self.found.sources.append(parsed.source)
        self.follow(parsed, posixpath.dirname(path), (*way, path))
        self.take(parsed, _TAKEN)

    def take(self, parsed: Parsed, kinds: tuple[type, ...]) -> None:
        self.found.declarations += [item for item in parsed.declarations if isinstance(item, kinds)]

    def read(self, name: tree.Name, path: str) -> Source:
        if self.load is None:
            raise _refused(name, "this source is not a file, and no file is beside it")
        try:
            source = self.load(path)
        except OSError as error:
            raise _refused(name, error.strerror or "it cannot be read") from None
        self.characters += len(source.text)
        if self.characters > LONGEST_SOURCE:
            remark = "with the others that are used"
            raise wrong(codes.TOO_LARGE, name.span, remark, limit=LONGEST_SOURCE, what="characters")
        return source


def _path(name: tree.Name, folder: str | None) -> str:
    """The path of a file that is named in a source in `folder`, relative to the main source's. Raises Wrong."""
    if folder is None or not name.text.endswith(ENDING):
        raise _refused(name, f"a file that is used ends in `{ENDING}`")
    if name.text.startswith("/") or set(name.text) & set('\\:\0'):
        raise _refused(name, "a path is relative, with `/` between its parts")
    path = posixpath.normpath(posixpath.join(folder, name.text))
    if path.startswith("../"):
        raise _refused(name, "it leads out of the folder of the source")
    return path


def _refused(name: tree.Name, remark: str) -> Wrong:
    return wrong(codes.CANNOT_USE, name.span, remark, name=name)
