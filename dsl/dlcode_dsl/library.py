"""The header library: `.ash` files that ship with the package, read once per process by the parser of all sources."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from .layout import Layout
from .module import module_of
from .source import Source
from .syntax.parse import parse


@cache
def library_sources() -> tuple[Source, ...]:
    """The shipped header files, by name."""
    found = [entry for entry in files(__package__).joinpath("headers").iterdir() if entry.name.endswith(".ash")]
    return tuple(
        Source(f"<headers>/{entry.name}", entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    )


@cache
def library() -> Mapping[str, Layout]:
    """The layouts of all shipped headers."""
    parsed = [parse(source) for source in library_sources()]
    module, wrong = module_of((declaration for each in parsed for declaration in each.declarations), {})
    assert not wrong, wrong
    assert not any(each.diagnostics for each in parsed), [each.diagnostics for each in parsed]
    return MappingProxyType(module.headers)
