"""LLVM code of the ways into a merged set's code on the host, and of the one store by which tables change.

Both ways check what the entry point trusts: that the packet is bytes, lies in its buffer, and is not too long.
"""

from __future__ import annotations

from dlcode_dsl.core.form import MAXIMUM_PACKET

from ..assembly import symbol
from .merging import ENTRY

BUILTIN = "dlcode.set.match"
SCAN = "dlcode.set.scan"
STORE = "dlcode.set.store"

PYTHON_FUNCTIONS = ("PyBytes_AsString", "PyBytes_AsStringAndSize", "PyErr_Clear", "PyLong_FromLong",
                    "PyObject_CallFunctionObjArgs")  # fmt: skip
"""What the builtin calls, all of Python's stable ABI."""

MATCH_TEXT = f"""
declare ptr @PyBytes_AsString(ptr)
declare i32 @PyBytes_AsStringAndSize(ptr, ptr, ptr)
declare void @PyErr_Clear()
declare ptr @PyLong_FromLong(i64)
declare ptr @PyObject_CallFunctionObjArgs(ptr, ...)

define ptr @{BUILTIN}(ptr %self, ptr %packet) nounwind {{
  %start.slot = alloca ptr
  %length.slot = alloca i64
  %failed = call i32 @PyBytes_AsStringAndSize(ptr %packet, ptr %start.slot, ptr %length.slot)
  %other = icmp ne i32 %failed, 0
  br i1 %other, label %no.bytes, label %bytes
no.bytes:
  call void @PyErr_Clear()
  br label %slowly
bytes:
  %start = load ptr, ptr %start.slot
  %length = load i64, ptr %length.slot
  %fits = icmp ule i64 %length, {MAXIMUM_PACKET}
  br i1 %fits, label %match, label %slowly
match:
  %short = trunc i64 %length to i32
  %place = call ptr @PyBytes_AsString(ptr %self)
  %tables = load ptr, ptr %place, align 1
  %owner = call i32 {symbol(ENTRY)}(ptr %start, i32 %short, i32 %short, ptr %tables)
  %long = zext i32 %owner to i64
  %answer = call ptr @PyLong_FromLong(i64 %long)
  ret ptr %answer
slowly:
  %result = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %self, ptr %packet, ptr null)
  ret ptr %result
}}
"""
"""`PyObject *match(PyObject *self, PyObject *packet)`, to be made a builtin with METH_O.

`self` is a `bytes` object of the address of the array of tables, which can be called with what is not matched here:
anything but a `bytes` object that is not too long.
"""

SCAN_TEXT = f"""
define i64 @{SCAN}(ptr readonly %buffer, i64 %size, ptr %offsets, ptr %lengths, ptr %wires,
    i64 %count, ptr %owners, ptr %tables) nounwind {{
entry:
  br label %head
head:
  %record = phi i64 [ 0, %entry ], [ %next, %run ]
  %more = icmp ult i64 %record, %count
  br i1 %more, label %check, label %end
check:
  %offset.place = getelementptr inbounds i64, ptr %offsets, i64 %record
  %offset = load volatile i64, ptr %offset.place
  %length.place = getelementptr inbounds i32, ptr %lengths, i64 %record
  %length = load volatile i32, ptr %length.place
  %wire.place = getelementptr inbounds i32, ptr %wires, i64 %record
  %wire = load volatile i32, ptr %wire.place
  %long = zext i32 %length to i64
  %room = sub i64 %size, %offset
  %inside = icmp ule i64 %offset, %size
  %whole = icmp ule i64 %long, %room
  %allowed = icmp ule i32 %length, {MAXIMUM_PACKET}
  %lies = and i1 %inside, %whole
  %good = and i1 %lies, %allowed
  br i1 %good, label %run, label %end
run:
  %packet = getelementptr inbounds i8, ptr %buffer, i64 %offset
  %owner = call i32 {symbol(ENTRY)}(ptr %packet, i32 %length, i32 %wire, ptr %tables)
  %owner.place = getelementptr inbounds i32, ptr %owners, i64 %record
  store i32 %owner, ptr %owner.place
  %next = add nuw i64 %record, 1
  br label %head
end:
  ret i64 %record
}}
"""
"""`u64 scan(buffer, size, u64 offsets[], u32 lengths[], u32 wire_lengths[], u64 count, u32 owners[], tables)`.

As `dlcode_jit.calls.scan`, with the owner's number for each record.
"""

STORE_TEXT = f"""
define void @{STORE}(ptr %word, i32 %value) nounwind {{
  store atomic i32 %value, ptr %word release, align 4
  ret void
}}
"""
"""`void store(u32 *word, u32 value)`: who sees the value sees all that was stored before."""
