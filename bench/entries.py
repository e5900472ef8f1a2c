"""Entry points called again and again by a native loop, so that what is timed is the entry point and not Python.

Whatever has the handler ABI can be called so: an image's code, and C compiled to the same signature.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import Any

from dlcode_jit import native

_LOOP = """
define void @repeat(ptr %entry.point, ptr %packets, i64 %stride, i32 %length, ptr %leases, i64 %words, i64 %count)
    nounwind {
entry:
  br label %head
head:
  %number = phi i64 [ 0, %entry ], [ %next, %run ]
  %more = icmp ult i64 %number, %count
  br i1 %more, label %run, label %end
run:
  %far = mul i64 %number, %stride
  %packet = getelementptr i8, ptr %packets, i64 %far
  %which = mul i64 %number, %words
  %lease = getelementptr ptr, ptr %leases, i64 %which
  %queue = load ptr, ptr %lease
  store i32 0, ptr %queue
  %verdict = call i32 %entry.point(ptr %packet, i32 %length, i32 %length, ptr %lease)
  %next = add i64 %number, 1
  br label %head
end:
  ret void
}
"""


@cache
def _repeat() -> tuple[Any, native.Loaded]:
    code = native.load(native.compile_object(_LOOP), ("repeat",), {})
    pointer, wide, word = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32
    prototype = ctypes.CFUNCTYPE(None, pointer, pointer, wide, word, pointer, wide, wide)
    return prototype(code.addresses["repeat"]), code


class Bed:
    """Packets and leases in memory: `copies` of a packet, each in a place of its own, each with regions of its own.

    One copy stays in the first-level cache; enough of them to fill more than the last-level cache are cold each time.
    A packet's place has `place` bytes, if that is more than it needs.
    """

    def __init__(self, data: bytes, sizes: Sequence[int], queue: int, copies: int = 1, place: int = 0) -> None:
        self.length, self.copies = len(data), copies
        self._stride = -(-max(len(data), place) // 64) * 64
        steps = [-(-size // 64) * 64 for size in (queue, *sizes)]
        self._packets = ctypes.create_string_buffer(data.ljust(self._stride, b"\0") * copies, self._stride * copies)
        self._memory = [ctypes.create_string_buffer(step * copies + 64) for step in steps]
        starts = [-(-ctypes.addressof(memory) // 64) * 64 for memory in self._memory]
        self._words = len(steps)
        self._leases = (ctypes.c_uint64 * (self._words * copies))()
        for copy in range(copies):
            for word, (start, step) in enumerate(zip(starts, steps, strict=True)):
                self._leases[copy * self._words + word] = start + copy * step
        self._sizes = sizes

    def run(self, entry: int, times: int) -> None:
        """Call an entry point `times` times on the one packet, or, if there are more, once on each of so many."""
        assert self.copies in (1, times)
        stride, words = (0, 0) if self.copies == 1 else (self._stride, self._words)
        packets, leases = ctypes.addressof(self._packets), ctypes.addressof(self._leases)
        _repeat()[0](entry, packets, stride, self.length, leases, words, times)

    def regions(self, copy: int = 0) -> list[bytes]:
        """The regions of one lease."""
        starts = self._leases[copy * self._words + 1 : (copy + 1) * self._words]
        return [ctypes.string_at(start, size) for start, size in zip(starts, self._sizes, strict=True)]
