"""What the names of one source mean: its headers, messages, constants and programs, and the header library's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from . import codes
from .constants import Known, evaluate
from .diagnostics import Diagnostic, Label
from .layout import Layout, layout_of
from .paths import Path, with_paths
from .source import Span
from .syntax import tree
from .syntax.lines import DEEPEST
from .wrong import Wrong, wrong


@dataclass(frozen=True)
class Module:
    """Declarations by name. The headers of a source stand in place of the library's of the same name.

    `paths` remembers the ways from a link to a header that have been asked for.
    """

    headers: dict[str, Layout] = field(default_factory=dict)
    messages: dict[str, Layout] = field(default_factory=dict)
    constants: dict[str, Known] = field(default_factory=dict)
    filters: dict[str, tree.Filter] = field(default_factory=dict)
    handlers: dict[str, tree.Handler] = field(default_factory=dict)
    conditions: dict[str, tree.Expression] = field(default_factory=dict)  # filters that can be used inside others
    pipes: dict[str, tree.Pipe] = field(default_factory=dict)
    templates: dict[str, tree.Template] = field(default_factory=dict)
    functions: dict[str, tree.Function] = field(default_factory=dict)
    calls: dict[str, Extent] = field(default_factory=dict)  # functions that can be called
    called: set[str] = field(default_factory=set, compare=False, repr=False)  # functions that a program has called
    paths: dict[tuple[str, str], tuple[Path, ...]] = field(default_factory=dict, compare=False, repr=False)


def module_of(
    declarations: Iterable[tree.Declaration], library: Mapping[str, Layout]
) -> tuple[Module, tuple[Diagnostic, ...]]:
    """The module that declarations make, and what is wrong with those that are left out of it."""
    found: list[Diagnostic] = []
    declared: dict[str, Span] = {}
    kept: list[tree.Declaration] = []
    for declaration in declarations:
        if isinstance(declaration, tree.Test | tree.Import):
            continue
        name = declaration.name
        if name.text in declared:
            labels = (Label(declared[name.text], "here first"),)
            found.append(wrong(codes.DECLARED_TWICE, name.span, labels=labels, name=name.text).diagnostic)
            continue
        declared[name.text] = name.span
        kept.append(declaration)
    module = Module(headers=dict(library))
    for constant in (declaration for declaration in kept if isinstance(declaration, tree.Constant)):
        try:
            module.constants[constant.name.text] = evaluate(constant.value, module.constants)
        except Wrong as error:
            found.append(error.diagnostic)
            module.constants[constant.name.text] = tree.Number(0, span=constant.span)  # so that its uses are not blamed
    for declaration in kept:
        match declaration:
            case tree.Header() | tree.Message():
                try:
                    layout = layout_of(declaration, module.constants)
                except Wrong as error:
                    found.append(error.diagnostic)
                else:
                    (module.headers if layout.kind == "header" else module.messages)[layout.name] = layout
            case tree.Filter():
                module.filters[declaration.name.text] = declaration
            case tree.Handler():
                module.handlers[declaration.name.text] = declaration
            case tree.Function():
                module.functions[declaration.name.text] = declaration
            case tree.Pipe():
                module.pipes[declaration.name.text] = declaration
            case tree.Template():
                module.templates[declaration.name.text] = declaration
    hidden = module.filters.keys() | module.constants.keys()
    module.filters.update({name: with_paths(each, module.headers, hidden) for name, each in module.filters.items()})
    module.handlers.update({name: with_paths(each, module.headers, hidden) for name, each in module.handlers.items()})
    module.functions.update({name: with_paths(each, module.headers, hidden) for name, each in module.functions.items()})
    module.calls.update(_calls(module.functions))
    for pipe in list(module.pipes.values()):
        if extent(pipe, module.calls).depth > DEEPEST:
            remark = "with what it calls written out"
            found.append(wrong(codes.TOO_DEEP, pipe.name.span, remark, limit=DEEPEST).diagnostic)
            del module.pipes[pipe.name.text]
    module.conditions.update(_conditions(module.filters, module.calls))
    return module, tuple(found)


DEEPEST_NAMING = 16
"""Most filters that name one another in a row."""

LEVELS_OF_A_CALL = 4
"""Levels that a call counts as, besides those of the function's body."""

LARGEST_WRITTEN_OUT = 20_000
"""Most parts of a condition or function, with those of what it names written out."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many nodes a piece of a source has, and how many levels of them, with the functions that it calls."""

    size: int
    depth: int


def extent(node: Any, calls: Mapping[str, Extent]) -> Extent:
    """The extent of a piece of a source."""
    size, deepest = 0, 0
    waiting: list[tuple[Any, int]] = [(node, 0)]
    while waiting:
        part, depth = waiting.pop()
        if isinstance(part, tuple):
            waiting.extend((each, depth) for each in part)
        elif is_dataclass(part) and not isinstance(part, tree.Name | Span):
            inside = calls.get(part.name.text) if isinstance(part, tree.Call) else None
            size += 1 + (inside.size if inside else 0)
            deepest = max(deepest, depth + (inside.depth if inside else 0))
            waiting.extend((getattr(part, each.name), depth + 1) for each in fields(part) if each.name != "span")
    return Extent(size, deepest)


def _calls(functions: Mapping[str, tree.Function]) -> dict[str, Extent]:
    """The functions that can be written out where they are called, with those that they call.

    None of them comes back to itself, and none is deeper than a source can be, or larger than `LARGEST_WRITTEN_OUT`.
    """
    calls: dict[str, Extent] = {}
    waiting = {name: _called(function) & functions.keys() for name, function in functions.items()}
    while ready := [name for name, used in waiting.items() if used <= calls.keys()]:
        for name in ready:
            del waiting[name]
            found = extent(functions[name].body, calls)
            if found.depth + LEVELS_OF_A_CALL <= DEEPEST and found.size <= LARGEST_WRITTEN_OUT:
                calls[name] = Extent(found.size, found.depth + LEVELS_OF_A_CALL)
    return calls


def _called(node: object) -> set[str]:
    """The names of what a piece of a source calls."""
    return {part.name.text for part in tree.nodes(node) if isinstance(part, tree.Call)}


def _conditions(filters: Mapping[str, tree.Filter], calls: Mapping[str, Extent]) -> dict[str, tree.Expression]:
    """The filters that are one expression, which a filter that uses them can take in.

    None of them comes back to itself, and none, with the filters that it names written out, is deeper than an
    expression can be in a source, or larger than `LARGEST_WRITTEN_OUT`.
    """
    conditions: dict[str, tree.Expression] = {}
    waiting: dict[str, list[str]] = {}  # the filters that each one names
    for name, declared in filters.items():
        if len(declared.body) == 1 and isinstance(answer := declared.body[0], tree.Evaluate):
            conditions[name] = answer.value
            used = [part.name.text for part in tree.parts(answer.value) if isinstance(part, tree.Use)]
            waiting[name] = [other for other in used if other in filters]
    extents: dict[str, Extent] = {}  # of each one that can be taken in
    for _ in range(DEEPEST_NAMING):
        ready = [name for name, used in waiting.items() if all(other in extents for other in used)]
        for name in ready:
            inside = [extents[other] for other in waiting.pop(name)]
            found = extent(conditions[name], calls)
            size = found.size + sum(each.size for each in inside)
            depth = found.depth + max((each.depth for each in inside), default=0)
            if size <= LARGEST_WRITTEN_OUT and depth <= DEEPEST:
                extents[name] = Extent(size, depth)
    return {name: conditions[name] for name in extents}
