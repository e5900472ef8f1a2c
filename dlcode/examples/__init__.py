"""The examples that ship with dlcode: sources that are good to read first, and that the experiments run."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def example(name: str) -> Path:
    """The path of an example by its name, without `.ash`. Raises KeyError, with the names there are."""
    path = FOLDER / f"{name}.ash"
    if not path.is_file():
        names = ", ".join(sorted(path.stem for path in FOLDER.glob("*.ash")))
        raise KeyError(f"no example is called {name!r}; there are {names}")
    return path
