"""Memory that an environment lends to handlers, and reads what they did."""

from __future__ import annotations

import ctypes
import sys
from threading import RLock
from typing import Any, Literal

from ..bindings.checks import Lent
from ..bindings.errors import BindCode, BindError

Mode = Literal["plain", "shared", "scratch"]

_FORMATS = {8: "B", 16: "H", 32: "I", 64: "Q"}


class Region:
    """`count` cells of `bits` bits, numbered like a list.

    Reading is always allowed. While a handler holds it as plain or scratch memory, writing is refused; as shared
    memory, it may be written between runs. Made by `Environment.region` over fresh memory, or over a buffer of the
    caller's, which then should be touched through the region only.
    """

    def __init__(self, view: memoryview, lock: RLock) -> None:
        self._view, self._lock = view, lock
        self.holders: list[Mode] = []  # one for each binding that it is lent to
        self._live = True

    @property
    def live(self) -> bool:
        """Whether it has not been given back or repossessed."""
        return self._live

    def give_back(self) -> None:
        """Give the region back to the core. Raises PermissionError while a handler holds it; once more does nothing."""
        with self._lock:
            if self.holders:
                raise PermissionError("a handler holds this region")
            self._live = False

    def require_live(self) -> None:
        """Raise BindError (`REVOKED`) if it has been given back or repossessed."""
        if not self._live:
            raise BindError(BindCode.REVOKED, "the region is the core's again")

    @property
    def lent(self) -> Lent:
        """Where it lies, and its shape."""
        place = ctypes.addressof((ctypes.c_char * self._view.nbytes).from_buffer(self._view))
        return Lent(place, self._view.itemsize * 8, len(self._view))

    @property
    def view(self) -> memoryview:
        """The memory itself, to be written by handlers only."""
        self.require_live()
        return self._view

    def __len__(self) -> int:
        return len(self._view)

    def __getitem__(self, index: int) -> int:
        self.require_live()
        return int(self._view[index])

    def __setitem__(self, index: int, value: int) -> None:
        with self._lock:
            self.require_live()
            if any(mode != "shared" for mode in self.holders):
                raise PermissionError("a handler holds this region, and does not share it")
            self._view[index] = value

    def cells(self) -> list[int]:
        """All cells, as they are between two runs."""
        with self._lock:
            self.require_live()
            return list(self._view)


def fresh(bits: int, count: int, lock: RLock) -> Region:
    """Zeroed memory of its own. Raises ValueError for a shape that no program can own."""
    if bits not in _FORMATS or count < 1:
        raise ValueError("a region is one or more cells of 8, 16, 32 or 64 bits")
    words = (ctypes.c_uint64 * -(-count * bits // 64))()  # aligned for the widest cell
    return Region(memoryview(words).cast("B")[: count * bits // 8].cast(_FORMATS[bits]), lock)  # type: ignore[call-overload]


def over(buffer: Any, name: str, lock: RLock) -> Region:
    """The region that lies in a buffer: an array of unsigned integers, or bytes that can be written.

    Raises BindError (`SHAPE`) for a buffer that is no such thing.
    """
    try:
        view = memoryview(buffer)
    except TypeError:
        raise BindError(BindCode.SHAPE, f"{name} is lent {type(buffer).__name__}, which has no memory") from None
    unsigned = view.format in ("B", "H", "I", "L", "Q") and view.ndim == 1
    if view.readonly or not unsigned or not view.c_contiguous or sys.byteorder != "little":
        raise BindError(BindCode.SHAPE, f"{name} is lent no writable row of unsigned integers")
    return Region(view, lock)
