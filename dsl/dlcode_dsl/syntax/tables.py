"""The grammar's tables, kept in the user's cache folder: making them takes longer than all else of a small source.

What is kept is plain data, behind its digest, in a file whose name says what it was made of: the grammar, the release
of the parser generator, Python's. Nothing depends on it. Where there is none, or it is torn or somebody else's, the
tables are made; where it cannot be written, they are made each time.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

FORMAT = 1
"""Version of the kept form."""

_DIGEST = sha256().digest_size


def parser_of(grammar: str, make: Callable[[], Lark]) -> Lark:
    """The parser of a grammar: from tables that were kept, or else as `make` makes it, whose tables are kept then."""
    place = _place(grammar)
    if place is None:
        return make()
    kept = _read(place)
    if kept is not None:
        return _loaded(kept)
    made = make()
    _write(place, _plain(_tables(made)))
    return made


def _place(grammar: str) -> Path | None:
    """The file of a grammar's tables; None where no home is known."""
    import lark

    made_of = (str(FORMAT), lark.__version__, str(sys.implementation.cache_tag), grammar)
    name = f"grammar-{sha256(chr(0).join(made_of).encode()).hexdigest()[:32]}"
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dlcode" / name
    except RuntimeError:
        return None


def _tables(parser: Lark) -> tuple[Any, Any]:
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, shared = parser.memo_serialize([TerminalDef, Rule])
    data["options"] = {**data["options"], "postlex": None}  # it says which terminals to keep, and they are kept by now
    return data, shared


def _loaded(kept: tuple[Any, Any]) -> Lark:
    from lark import Lark

    data, shared = kept
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
    """The tables in a whole file of this user's own."""
    try:
        with place.open("rb") as file:
            if os.fstat(file.fileno()).st_uid != os.geteuid():
                return None
            digest, data = file.read(_DIGEST), file.read()
    except OSError:
        return None
    if sha256(data).digest() != digest:
        return None
    kept: tuple[Any, Any] = marshal.loads(data)
    return kept


def _write(place: Path, tables: tuple[Any, Any]) -> None:
    """Keep tables, whole or not at all, in the place of those of older grammars."""
    data = marshal.dumps(tables)
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(sha256(data).digest() + data)
        os.replace(file.name, place)
        for old in place.parent.glob("grammar-*"):
            if old != place:
                old.unlink()
