"""Functions that lowered code calls inside its own module: wide division, and moving stretches of bytes.

They are in the module that uses them, so that an image has no reference to the outside: neither to a compiler's
run-time library (`__udivdi3`, `__udivti3`) nor to libc (`memcpy`).
"""

from __future__ import annotations

NATIVE_DIVISION = 32
"""Bits: what every target divides by itself."""


def division(bits: int, remainder: bool) -> tuple[str, str]:
    """Name and text of a function that divides two integers of `bits` bits, more than 32; the divisor is not zero.

    Operands that fit 32 bits are divided by the machine, others bit by bit (Knuth, TAOCP 2, 4.3.1, in base 2).
    """
    name = f"{'remainder' if remainder else 'quotient'}.i{bits}"
    native, wide, high, top = f"i{NATIVE_DIVISION}", f"i{bits}", NATIVE_DIVISION, bits - 1
    text = f"""
define internal {wide} @{name}({wide} %dividend, {wide} %divisor) noinline ATTRIBUTES {{
entry:
  %both = or {wide} %dividend, %divisor
  %upper = lshr {wide} %both, {high}
  %fits = icmp eq {wide} %upper, 0
  br i1 %fits, label %narrow, label %turn
narrow:
  %a = trunc {wide} %dividend to {native}
  %b = trunc {wide} %divisor to {native}
  %result = {"urem" if remainder else "udiv"} {native} %a, %b
  %widened = zext {native} %result to {wide}
  ret {wide} %widened
turn:
  %rest = phi {wide} [ 0, %entry ], [ %rest.after, %turn ]
  %digits = phi {wide} [ %dividend, %entry ], [ %digits.after, %turn ]
  %left = phi i32 [ {bits}, %entry ], [ %left.after, %turn ]
  %digit = lshr {wide} %digits, {top}
  %shifted = shl {wide} %rest, 1
  %next = or disjoint {wide} %shifted, %digit
  %over = icmp slt {wide} %rest, 0
  %enough = icmp uge {wide} %next, %divisor
  %goes = or i1 %over, %enough
  %less = sub {wide} %next, %divisor
  %rest.after = select i1 %goes, {wide} %less, {wide} %next
  %moved = shl {wide} %digits, 1
  %one = zext i1 %goes to {wide}
  %digits.after = or disjoint {wide} %moved, %one
  %left.after = sub nuw i32 %left, 1
  %done = icmp eq i32 %left.after, 0
  br i1 %done, label %end, label %turn
end:
  ret {wide} {"%rest.after" if remainder else "%digits.after"}
}}
"""
    return name, text


def move(word: int, source: int, target: int) -> tuple[str, str]:
    """Name and text of a function (target, source, count) that moves bytes which do not overlap, `word` at a time.

    `source` and `target` are the alignments, in bytes, that the two addresses are known to have.
    """
    name, type = f"move.{word}.{source}.{target}", f"i{word * 8}"
    text = f"""
define internal void @{name}(ptr noalias %to, ptr noalias %from, i32 %count) noinline ATTRIBUTES {{
entry:
  %tail = and i32 %count, {word - 1}
  %whole = xor i32 %count, %tail
  br label %words
words:
  %at = phi i32 [ 0, %entry ], [ %at.after, %word ]
  %more = icmp ult i32 %at, %whole
  br i1 %more, label %word, label %bytes
word:
  %word.from = getelementptr inbounds i8, ptr %from, i32 %at
  %word.to = getelementptr inbounds i8, ptr %to, i32 %at
  %taken = load {type}, ptr %word.from, align {source}
  store {type} %taken, ptr %word.to, align {target}
  %at.after = add nuw i32 %at, {word}
  br label %words
bytes:
  %place = phi i32 [ %whole, %words ], [ %place.after, %byte ]
  %some = icmp ult i32 %place, %count
  br i1 %some, label %byte, label %end
byte:
  %byte.from = getelementptr inbounds i8, ptr %from, i32 %place
  %byte.to = getelementptr inbounds i8, ptr %to, i32 %place
  %one = load i8, ptr %byte.from
  store i8 %one, ptr %byte.to
  %place.after = add nuw i32 %place, 1
  br label %bytes
end:
  ret void
}}
"""
    return name, text
