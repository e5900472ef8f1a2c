"""From a source to core programs: parse, give names their meaning, lower, and check what came out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import codes
from .core.check import assert_well_formed
from .core.form import Program
from .diagnostics import Diagnostic, diagnostic
from .imports import Loader, used_by
from .library import library
from .lower import functions
from .lower.emit import LARGEST_PROGRAM, TooLarge
from .lower.filters import lower_filter
from .lower.handlers import lower_handler
from .lower.pipes import judge_pipes
from .lower.templates import judge_templates
from .module import Module, extent, module_of
from .packets import Recorded
from .source import Source
from .syntax import tree
from .syntax.lines import DEEPEST
from .syntax.parse import parse
from .testing import TestCase, test_cases
from .unseen import warnings_of


@dataclass(frozen=True)
class Compiled:
    """What a source came to: the programs that nothing is wrong with, its tests, and what is wrong."""

    source: Source
    programs: tuple[Program, ...]
    tests: tuple[TestCase, ...]
    diagnostics: tuple[Diagnostic, ...]
    used: tuple[Source, ...] = ()  # the files that it uses, the library's apart

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics for which the source is refused."""
        return tuple(found for found in self.diagnostics if found.severity == "error")

    def program(self, name: str) -> Program:
        """The filter or handler of that name. Raises KeyError where there is none, or it has an error."""
        for program in self.programs:
            if program.name == name:
                return program
        raise KeyError(name)


def compile_source(
    source: Source, *, include: Iterable[Source] = (), load: Loader | None = None, read: Recorded | None = None
) -> Compiled:
    """Compile a source. What is wrong with it is in the result; bad input never raises.

    The headers, messages and constants of `include` are declared before it, beside the header library. `load` reads the
    files that it uses; without one it can use those of the library. `read` reads the packets of captures that its tests
    are about; without one they are about none.
    """
    found: list[Diagnostic] = []
    declarations: list[tree.Declaration] = []
    unread: set[str] = set()
    for each in include:
        parsed = parse(each)
        found += parsed.diagnostics
        unread |= parsed.unread
        declarations += [part for part in parsed.declarations if not isinstance(part, tree.Test)]
    parsed = parse(source)
    found += parsed.diagnostics
    used = used_by(parsed, load)
    found += used.diagnostics
    unread |= parsed.unread | used.unread
    declarations += [*used.declarations, *parsed.declarations]
    module, wrong = module_of(declarations, library())
    unread |= _layouts(declarations) - module.headers.keys() - module.messages.keys()
    found += wrong
    found += judge_pipes(module) + judge_templates(module)
    programs: dict[str, Program] = {}
    declared_programs: list[tree.Filter | tree.Handler] = [*module.filters.values(), *module.handlers.values()]
    blocks = [part for part in parsed.declarations if isinstance(part, tree.Test)]
    tested = {block.program.text for block in blocks}
    elsewhere = {id(declaration) for declaration in used.declarations}
    for declared in declared_programs:
        if id(declared) in elsewhere and declared.name.text not in tested:
            continue
        program, diagnostics = lower(module, declared)
        found += diagnostics
        if program is not None:
            assert_well_formed(program)
            programs[program.name] = program
    found += functions.judge(module)
    own = [program for program in programs.values() if program.span.source not in used.sources]
    in_order = sorted(own, key=lambda program: program.span.start)
    tests, refused = test_cases(module, programs, blocks, read)
    found += refused
    if not any(each.severity == "error" for each in found):
        found += warnings_of(parsed.declarations)
    said = [each for each in found if not _follows(each, unread, used.diagnostics)]
    return Compiled(source, tuple(in_order), tests, tuple(_in_order(said)), tuple(used.sources))


def compile_bytes(
    data: bytes,
    name: str,
    *,
    include: Iterable[Source] = (),
    load: Loader | None = None,
    read: Recorded | None = None,
) -> Compiled:
    """Compile the bytes of a file that is shown under `name`; that they are no UTF-8 is a diagnostic as well."""
    return compile_source(Source.from_bytes(name, data), include=include, load=load, read=read)


def lower(module: Module, declared: tree.Filter | tree.Handler) -> tuple[Program | None, list[Diagnostic]]:
    """The core program of a filter or handler, and what is to be said of it."""
    try:
        if extent(declared, module.calls).depth > DEEPEST:
            help = "with what it calls written out"
            return None, [diagnostic(codes.TOO_DEEP, declared.name.span, help, limit=DEEPEST)]
        if isinstance(declared, tree.Filter):
            return lower_filter(module, declared)
        return lower_handler(module, declared)
    except TooLarge:
        name = declared.name
        return None, [diagnostic(codes.PROGRAM_TOO_LARGE, name.span, name=name, limit=LARGEST_PROGRAM)]


def _layouts(declarations: list[tree.Declaration]) -> set[str]:
    return {each.name.text for each in declarations if isinstance(each, tree.Header | tree.Message)}


def _follows(found: Diagnostic, unread: set[str], of_files: list[Diagnostic]) -> bool:
    """Whether it may only be said because a declaration, or a whole file that is used, could not be read."""
    if found.code is not codes.UNKNOWN_NAME or found in of_files:
        return False
    missing = any(each.code in (codes.CANNOT_USE, codes.UNKNOWN_NAME) for each in of_files)
    return missing or found.primary.span.text in unread


def _in_order(found: list[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once, by place."""
    unique = list(dict.fromkeys(found))
    return sorted(unique, key=lambda each: (each.primary.span.source.name, each.primary.span.start))
