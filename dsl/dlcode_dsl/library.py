"""The header library: `.ash` files that ship with the package, read once per process by the parser of all sources."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from .layout import Layout
from .module import module_of
from .source import Source
from .syntax import tree
from .syntax.parse import Parsed, parse


@cache
def library_sources() -> tuple[Source, ...]:
    """The shipped header files, by name."""
    found = [entry for entry in files(__package__).joinpath("headers").iterdir() if entry.name.endswith(".ash")]
    return tuple(
        Source(f"<headers>/{entry.name}", entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    )


@cache
def _parsed() -> Mapping[str, Parsed]:
    """Each shipped file by its name without folder and ending."""
    found = {source.name.split("/")[-1].removesuffix(".ash"): parse(source) for source in library_sources()}
    assert not any(each.diagnostics for each in found.values()), [each.diagnostics for each in found.values()]
    return found


@cache
def library() -> Mapping[str, Layout]:
    """The layouts of all shipped headers."""
    declared = (declaration for each in _parsed().values() for declaration in each.declarations)
    module, wrong = module_of((each for each in declared if isinstance(each, tree.Header | tree.Constant)), {})
    assert not wrong, wrong
    return MappingProxyType(module.headers)


def library_names() -> list[str]:
    """What `use` can name without quotes."""
    return list(_parsed())


def giver(name: str) -> str | None:
    """The shipped file whose function or pipe has the name, for `use`; None where there is none."""
    for file, parsed in _parsed().items():
        for declared in parsed.declarations:
            if isinstance(declared, tree.Function | tree.Pipe) and declared.name.text == name:
                return file
    return None


def library_file(name: str) -> Parsed | None:
    """The shipped file of that name, for `use`; None where there is none."""
    return _parsed().get(name)
