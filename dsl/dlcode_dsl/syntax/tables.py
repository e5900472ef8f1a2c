"""The grammar's tables, kept between processes: making them takes longer than all else of a small source.

What is kept (`kept.py`) is plain data, made of the grammar, the release of the parser generator and Python's.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcode_dsl import kept

if TYPE_CHECKING:
    from lark import Lark

FORMAT = 1
"""Version of the kept form."""


def parser_of(grammar: str, make: Callable[[], Lark]) -> Lark:
    """The parser of a grammar: from tables that were kept, or else as `make` makes it, whose tables are kept then."""
    place = _place(grammar)
    if place is None:
        return make()
    tables = _read(place)
    if tables is not None:
        return _loaded(tables)
    made = make()
    kept.write(place, marshal.dumps(_plain(_tables(made))))
    return made


def _place(grammar: str) -> Path | None:
    """The file of a grammar's tables; None where no home is known."""
    import lark

    return kept.place("grammar", str(FORMAT), lark.__version__, str(sys.implementation.cache_tag), grammar)


def _tables(parser: Lark) -> tuple[Any, Any]:
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, shared = parser.memo_serialize([TerminalDef, Rule])
    data["options"] = {**data["options"], "postlex": None}  # it says which terminals to keep, and they are kept by now
    return data, shared


def _loaded(tables: tuple[Any, Any]) -> Lark:
    from lark import Lark

    data, shared = tables
    parser: Lark = Lark.load({"data": data, "memo": shared})
    return parser


def _plain(value: Any) -> Any:
    """The same of no class but Python's own, which `marshal` takes."""
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return str(value) if isinstance(value, str) else value


def _read(place: Path) -> tuple[Any, Any] | None:
    data = kept.read(place)
    if data is None:
        return None
    tables: tuple[Any, Any] = marshal.loads(data)
    return tables
