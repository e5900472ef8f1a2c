"""One LLVM function as text while it is written: names, basic blocks, and slots for what changes.

It knows LLVM's syntax and nothing of core programs. Text, rather than objects of llvmlite, so that lowering needs no
LLVM and its result can be read and compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_PLAIN = re.compile(r"[-a-zA-Z$._][-a-zA-Z$._0-9]*")


def symbol(name: str) -> str:
    """The global name of a function."""
    return "@" + _quoted(name)


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else f'"{name}"'


class Function:
    """The body of a function: instructions go to the end of the current block."""

    def __init__(self, parameters: Iterable[str] = ()) -> None:
        self._slots: list[str] = []
        self._lines: list[str] = []
        self._targets: set[str] = set()
        self._used = Counter(["entry", *parameters])
        self.block = "entry"
        self.open = True  # whether the current block still lacks its last instruction
        self.note = ""  # metadata of every instruction from here on

    def _unique(self, name: str) -> str:
        number = self._used[name]
        self._used[name] += 1
        return f"{name}${number}" if number else name  # no name of the core form holds a $

    def local(self, name: str) -> str:
        """A fresh local value's name."""
        return "%" + _quoted(self._unique(name))

    def label(self, name: str) -> str:
        """A fresh block's name, to branch to and to `start` once."""
        return _quoted(self._unique(name))

    def slot(self, name: str, type: str) -> str:
        """Memory for a value that changes, in the entry block, where LLVM makes a register of it."""
        slot = self.local(name)
        self._slots.append(f"  {slot} = alloca {type}")
        return slot

    def emit(self, text: str) -> None:
        """An instruction without a result."""
        assert self.open, "the block has ended"
        self._lines.append(f"  {text}{self.note}")

    def value(self, text: str, name: str = "t") -> str:
        """An instruction with a result, and the result's name."""
        result = self.local(name)
        self.emit(f"{result} = {text}")
        return result

    def finish(self, value: str) -> None:
        """End the function here."""
        self.emit(f"ret {value}")
        self.open = False

    def jump(self, label: str, note: str = "") -> None:
        """End the current block by going to another; `note` is metadata of the jump."""
        self.emit(f"br label %{label}{note}")
        self._targets.add(label)
        self.open = False

    def branch(self, condition: str, yes: str, no: str) -> None:
        """End the current block by going to one of two."""
        self.emit(f"br i1 {condition}, label %{yes}, label %{no}")
        self._targets |= {yes, no}
        self.open = False

    def aimed_at(self, label: str) -> bool:
        """Whether some block goes there."""
        return label in self._targets

    def start(self, label: str) -> None:
        """Begin a block; the one before goes on to it unless it has ended."""
        if self.open:
            self.jump(label)
        self._lines.append(f"{label}:")
        self.block, self.open = label, True

    def text(self, head: str) -> str:
        """The whole function under its `define …` line."""
        assert not self.open, "the last block has not ended"
        return "\n".join([f"{head} {{", "entry:", *self._slots, *self._lines, "}"]) + "\n"
