"""Functions that lowered code calls inside its own module: wide division.

They are in the module that uses them, so that an image has no reference to the outside: neither to a compiler's
run-time library (`__udivdi3`, `__udivti3`).
"""

from __future__ import annotations

NATIVE_DIVISION = 32
"""Bits: what every target divides by itself."""


def division(bits: int, remainder: bool) -> tuple[str, str]:
    """Name and text of a function that divides two integers of `bits` bits, more than 32; the divisor is not zero.

    Operands that fit 32 bits are divided by the machine, others bit by bit (Knuth, TAOCP 2, 4.3.1, in base 2): the loop
    turns `bits` times. Two words are for the caller to fill in: ATTRIBUTES, and TURN, a line at the start of a turn.
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
TURN  %digit = lshr {wide} %digits, {top}
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
