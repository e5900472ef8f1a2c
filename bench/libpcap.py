"""The peer: libpcap's compiler and interpreter, run over the same records by a native loop like our own."""

from __future__ import annotations

import ctypes
from typing import Any

from dlcode_jit import native

LIBRARY = "libpcap.so.0.8"
"""As Debian and Ubuntu call it (package libpcap0.8)."""

_LONGEST = 262_144  # libpcap's MAXIMUM_SNAPLEN
_ETHERNET = 1  # DLT_EN10MB
_OPTIMIZED, _NO_NETMASK = 1, 0xFFFFFFFF


class _Program(ctypes.Structure):
    """struct bpf_program of pcap/bpf.h."""

    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.c_void_p))


_LOOP = """
declare i32 @bpf_filter(ptr, ptr, i32, i32)

define i64 @count(ptr %program, ptr %buffer, ptr %offsets, ptr %lengths, ptr %wires, i64 %count) nounwind {
entry:
  br label %head
head:
  %record = phi i64 [ 0, %entry ], [ %next, %run ]
  %matched = phi i64 [ 0, %entry ], [ %sum, %run ]
  %more = icmp ult i64 %record, %count
  br i1 %more, label %run, label %end
run:
  %offset.place = getelementptr inbounds i64, ptr %offsets, i64 %record
  %offset = load i64, ptr %offset.place
  %length.place = getelementptr inbounds i32, ptr %lengths, i64 %record
  %length = load i32, ptr %length.place
  %wire.place = getelementptr inbounds i32, ptr %wires, i64 %record
  %wire = load i32, ptr %wire.place
  %packet = getelementptr inbounds i8, ptr %buffer, i64 %offset
  %verdict = call i32 @bpf_filter(ptr %program, ptr %packet, i32 %wire, i32 %length)
  %match = icmp ne i32 %verdict, 0
  %one = zext i1 %match to i64
  %sum = add i64 %matched, %one
  %next = add i64 %record, 1
  br label %head
end:
  ret i64 %matched
}
"""


class LibpcapFilter:
    """A filter in tcpdump's words. Raises OSError where libpcap is not installed, ValueError for words it refuses."""

    def __init__(self, words: str) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._library.pcap_open_dead.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(self._library.pcap_open_dead(_ETHERNET, _LONGEST))
        self._program = _Program()
        address = ctypes.byref(self._program)
        failed = self._library.pcap_compile(handle, address, words.encode(), _OPTIMIZED, ctypes.c_uint(_NO_NETMASK))
        self._library.pcap_close(handle)
        if failed:
            raise ValueError(f"libpcap refuses {words!r}")
        interpreter = ctypes.cast(self._library.bpf_filter, ctypes.c_void_p).value
        assert interpreter is not None
        self._code = native.load(native.compile_object(_LOOP), ("count",), {"bpf_filter": interpreter})
        pointer, number = ctypes.c_void_p, ctypes.c_uint64
        prototype = ctypes.CFUNCTYPE(number, pointer, pointer, pointer, pointer, pointer, number)
        self._count = prototype(self._code.addresses["count"])

    def count(self, records: Any) -> int:
        """How many of the records match. They are trusted to lie in their buffer."""
        columns = [numbers.buffer_info()[0] for numbers in (records.offsets, records.lengths, records.wire_lengths)]
        return int(self._count(self._program.instructions, records.buffer, *columns, len(records.offsets)))
