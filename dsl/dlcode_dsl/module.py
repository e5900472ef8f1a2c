"""What the names of one source mean: its headers, messages, constants and programs, and the header library's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from . import codes
from .constants import Known, evaluate
from .diagnostics import Diagnostic, Label
from .layout import Layout, layout_of
from .paths import Path
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
    paths: dict[tuple[str, str], tuple[Path, ...]] = field(default_factory=dict, compare=False, repr=False)


def module_of(
    declarations: Iterable[tree.Declaration], library: Mapping[str, Layout]
) -> tuple[Module, tuple[Diagnostic, ...]]:
    """The module that declarations make, and what is wrong with those that are left out of it."""
    found: list[Diagnostic] = []
    declared: dict[str, Span] = {}
    kept: list[tree.Declaration] = []
    for declaration in declarations:
        if isinstance(declaration, tree.Test):
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
            case tree.Pipe():
                module.pipes[declaration.name.text] = declaration
            case tree.Template():
                module.templates[declaration.name.text] = declaration
    module.conditions.update(_conditions(module.filters))
    return module, tuple(found)


DEEPEST_NAMING = 16
"""Most filters that name one another in a row."""

LARGEST_CONDITION = 20_000
"""Most parts of a condition, with those of the filters that it names written out."""


def _conditions(filters: Mapping[str, tree.Filter]) -> dict[str, tree.Expression]:
    """The filters that are one expression, which a filter that uses them can take in.

    None of them comes back to itself, and none, with the filters that it names written out, is deeper than an
    expression can be in a source, or larger than `LARGEST_CONDITION`.
    """
    conditions: dict[str, tree.Expression] = {}
    waiting: dict[str, list[str]] = {}  # the filters that each one names
    for name, declared in filters.items():
        if len(declared.body) == 1 and isinstance(answer := declared.body[0], tree.Evaluate):
            conditions[name] = answer.value
            used = [part.name.text for part in tree.parts(answer.value) if isinstance(part, tree.Use)]
            waiting[name] = [other for other in used if other in filters]
    extents: dict[str, tuple[int, int]] = {}  # size and depth of each one that can be taken in
    for _ in range(DEEPEST_NAMING):
        ready = [name for name, used in waiting.items() if all(other in extents for other in used)]
        for name in ready:
            inside = [extents[other] for other in waiting.pop(name)]
            size = len(tree.parts(conditions[name])) + sum(size for size, _ in inside)
            depth = tree.depth(conditions[name]) + max((depth for _, depth in inside), default=0)
            if size <= LARGEST_CONDITION and depth <= DEEPEST:
                extents[name] = size, depth
    return {name: conditions[name] for name in extents}
