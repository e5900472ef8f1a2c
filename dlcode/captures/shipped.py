"""The captures that come with dlcode, made by tests/captures/craft.py: something to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "files"


def shipped(name: str | None = None) -> Path:
    """The path of a shipped capture by its file name, or of the folder that holds them all. Raises KeyError, with
    the names there are, for a name that isn't one."""
    if name is None:
        return FOLDER
    if (FOLDER / name) not in FOLDER.iterdir():
        names = ", ".join(sorted(path.name for path in FOLDER.iterdir()))
        raise KeyError(f"no shipped capture is called {name!r}; there are {names}")
    return FOLDER / name
