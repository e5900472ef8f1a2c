"""LLVM code of the ways into a filter's image besides its entry point: a Python builtin, and a loop over records.

Both check what the entry point trusts: that the packet is bytes, lies in its buffer, and is not longer than the
program's maximum.
"""

from __future__ import annotations

from .assembly import symbol

BUILTIN = "dlcode.match"
SCAN = "dlcode.scan"

PYTHON_FUNCTIONS = ("PyBytes_AsStringAndSize", "PyErr_Clear", "PyObject_CallFunctionObjArgs", "PyBool_FromLong")
"""What the builtin calls, all of Python's stable ABI."""


def builtin(entry: str, maximum: int) -> str:
    """`PyObject *match(PyObject *slow, PyObject *packet)`, to be made a builtin with METH_O.

    A `bytes` object that is not too long is matched here. Anything else is given to `slow`, a Python callable.
    """
    return f"""
declare i32 @PyBytes_AsStringAndSize(ptr, ptr, ptr)
declare void @PyErr_Clear()
declare ptr @PyObject_CallFunctionObjArgs(ptr, ...)
declare ptr @PyBool_FromLong(i64)

define ptr @{BUILTIN}(ptr %slow, ptr %packet) nounwind {{
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
  %fits = icmp ule i64 %length, {maximum}
  br i1 %fits, label %match, label %slowly
match:
  %short = trunc i64 %length to i32
  %verdict = call i32 {symbol(entry)}(ptr %start, i32 %short, i32 %short, ptr null)
  %long = zext i32 %verdict to i64
  %answer = call ptr @PyBool_FromLong(i64 %long)
  ret ptr %answer
slowly:
  %result = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %slow, ptr %packet, ptr null)
  ret ptr %result
}}
"""


def scan(entry: str, maximum: int) -> str:
    """`u64 scan(buffer, size, u64 offsets[], u32 lengths[], u32 wire_lengths[], u64 count, u8 verdicts[])`.

    Runs the filter on each record and stores its verdict. The result is `count`, or the number of the first record
    that does not lie in the buffer or is too long, at which it stopped. The arrays may change meanwhile: each number is
    loaded once (hence `volatile`), checked, and used.
    """
    return f"""
define i64 @{SCAN}(ptr readonly %buffer, i64 %size, ptr %offsets, ptr %lengths, ptr %wires,
    i64 %count, ptr %verdicts) nounwind {{
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
  %allowed = icmp ule i32 %length, {maximum}
  %lies = and i1 %inside, %whole
  %good = and i1 %lies, %allowed
  br i1 %good, label %run, label %end
run:
  %packet = getelementptr inbounds i8, ptr %buffer, i64 %offset
  %verdict = call i32 {symbol(entry)}(ptr %packet, i32 %length, i32 %wire, ptr null)
  %byte = trunc i32 %verdict to i8
  %verdict.place = getelementptr inbounds i8, ptr %verdicts, i64 %record
  store i8 %byte, ptr %verdict.place
  %next = add nuw i64 %record, 1
  br label %head
end:
  ret i64 %record
}}
"""
