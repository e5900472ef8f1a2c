define i32 @handler.division(ptr noalias readonly %packet, i32 range(i32 0, 129) %length, i32 %wire_length, ptr noalias readonly %lease) nounwind "no-builtins" {
entry:
  %t = icmp ugt i32 %length, 15
  br i1 %t, label %there, label %short
short:
  ret i32 0
there:
  %t$1 = getelementptr inbounds i8, ptr %packet, i64 0
  %t$2 = load i128, ptr %t$1, align 1
  %one = call i128 @llvm.bswap.i128(i128 %t$2)
  %t$3 = icmp ugt i32 %length, 31
  br i1 %t$3, label %there$1, label %short$1
short$1:
  ret i32 0
there$1:
  %t$4 = getelementptr inbounds i8, ptr %packet, i64 16
  %t$5 = load i128, ptr %t$4, align 1
  %other = call i128 @llvm.bswap.i128(i128 %t$5)
  %t$6 = icmp eq i128 %other, 0
  br i1 %t$6, label %then, label %end
then:
  ret i32 3
end:
  %quotient = call i128 @quotient.i128(i128 %one, i128 %other)
  %remainder = call i128 @remainder.i128(i128 %one, i128 %other)
  %t$7 = trunc i128 %quotient to i64
  %t$8 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$9 = load ptr, ptr %t$8, !invariant.load !0, !nonnull !0, !align !1
  %t$10 = getelementptr inbounds i64, ptr %t$9, i64 0
  store i64 %t$7, ptr %t$10
  %t$11 = lshr i128 %quotient, 64
  %t$12 = trunc i128 %t$11 to i64
  %t$13 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$14 = load ptr, ptr %t$13, !invariant.load !0, !nonnull !0, !align !1
  %t$15 = getelementptr inbounds i64, ptr %t$14, i64 1
  store i64 %t$12, ptr %t$15
  %t$16 = trunc i128 %remainder to i64
  %t$17 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$18 = load ptr, ptr %t$17, !invariant.load !0, !nonnull !0, !align !1
  %t$19 = getelementptr inbounds i64, ptr %t$18, i64 2
  store i64 %t$16, ptr %t$19
  %t$20 = lshr i128 %remainder, 64
  %t$21 = trunc i128 %t$20 to i64
  %t$22 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$23 = load ptr, ptr %t$22, !invariant.load !0, !nonnull !0, !align !1
  %t$24 = getelementptr inbounds i64, ptr %t$23, i64 3
  store i64 %t$21, ptr %t$24
  %small = trunc i128 %other to i64
  %t$25 = icmp ne i64 %small, 0
  br i1 %t$25, label %then$1, label %end$1
then$1:
  %t$26 = trunc i128 %one to i64
  %t$27 = udiv i64 %t$26, %small
  %t$28 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$29 = load ptr, ptr %t$28, !invariant.load !0, !nonnull !0, !align !1
  %t$30 = getelementptr inbounds i64, ptr %t$29, i64 4
  store i64 %t$27, ptr %t$30
  %t$31 = trunc i128 %one to i64
  %t$32 = urem i64 %t$31, %small
  %t$33 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$34 = load ptr, ptr %t$33, !invariant.load !0, !nonnull !0, !align !1
  %t$35 = getelementptr inbounds i64, ptr %t$34, i64 5
  store i64 %t$32, ptr %t$35
  br label %end$1
end$1:
  %odd = trunc i128 %other to i40
  %t$36 = icmp ne i40 %odd, 0
  br i1 %t$36, label %then$2, label %end$2
then$2:
  %t$37 = lshr i128 %one, 7
  %t$38 = trunc i128 %t$37 to i40
  %t$39 = udiv i40 %t$38, %odd
  %t$40 = zext i40 %t$39 to i64
  %t$41 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$42 = load ptr, ptr %t$41, !invariant.load !0, !nonnull !0, !align !1
  %t$43 = getelementptr inbounds i64, ptr %t$42, i64 6
  store i64 %t$40, ptr %t$43
  %t$44 = lshr i128 %one, 7
  %t$45 = trunc i128 %t$44 to i40
  %t$46 = urem i40 %t$45, 8
  %t$47 = zext i40 %t$46 to i64
  %t$48 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$49 = load ptr, ptr %t$48, !invariant.load !0, !nonnull !0, !align !1
  %t$50 = getelementptr inbounds i64, ptr %t$49, i64 7
  store i64 %t$47, ptr %t$50
  br label %end$2
end$2:
  ret i32 1
}

declare i128 @llvm.bswap.i128(i128)

define internal i128 @quotient.i128(i128 %dividend, i128 %divisor) noinline nounwind "no-builtins" {
entry:
  %both = or i128 %dividend, %divisor
  %upper = lshr i128 %both, 32
  %fits = icmp eq i128 %upper, 0
  br i1 %fits, label %narrow, label %turn
narrow:
  %a = trunc i128 %dividend to i32
  %b = trunc i128 %divisor to i32
  %result = udiv i32 %a, %b
  %widened = zext i32 %result to i128
  ret i128 %widened
turn:
  %rest = phi i128 [ 0, %entry ], [ %rest.after, %turn ]
  %digits = phi i128 [ %dividend, %entry ], [ %digits.after, %turn ]
  %left = phi i32 [ 128, %entry ], [ %left.after, %turn ]
  %digit = lshr i128 %digits, 127
  %shifted = shl i128 %rest, 1
  %next = or disjoint i128 %shifted, %digit
  %over = icmp slt i128 %rest, 0
  %enough = icmp uge i128 %next, %divisor
  %goes = or i1 %over, %enough
  %less = sub i128 %next, %divisor
  %rest.after = select i1 %goes, i128 %less, i128 %next
  %moved = shl i128 %digits, 1
  %one = zext i1 %goes to i128
  %digits.after = or disjoint i128 %moved, %one
  %left.after = sub nuw i32 %left, 1
  %done = icmp eq i32 %left.after, 0
  br i1 %done, label %end, label %turn
end:
  ret i128 %digits.after
}


define internal i128 @remainder.i128(i128 %dividend, i128 %divisor) noinline nounwind "no-builtins" {
entry:
  %both = or i128 %dividend, %divisor
  %upper = lshr i128 %both, 32
  %fits = icmp eq i128 %upper, 0
  br i1 %fits, label %narrow, label %turn
narrow:
  %a = trunc i128 %dividend to i32
  %b = trunc i128 %divisor to i32
  %result = urem i32 %a, %b
  %widened = zext i32 %result to i128
  ret i128 %widened
turn:
  %rest = phi i128 [ 0, %entry ], [ %rest.after, %turn ]
  %digits = phi i128 [ %dividend, %entry ], [ %digits.after, %turn ]
  %left = phi i32 [ 128, %entry ], [ %left.after, %turn ]
  %digit = lshr i128 %digits, 127
  %shifted = shl i128 %rest, 1
  %next = or disjoint i128 %shifted, %digit
  %over = icmp slt i128 %rest, 0
  %enough = icmp uge i128 %next, %divisor
  %goes = or i1 %over, %enough
  %less = sub i128 %next, %divisor
  %rest.after = select i1 %goes, i128 %less, i128 %next
  %moved = shl i128 %digits, 1
  %one = zext i1 %goes to i128
  %digits.after = or disjoint i128 %moved, %one
  %left.after = sub nuw i32 %left, 1
  %done = icmp eq i32 %left.after, 0
  br i1 %done, label %end, label %turn
end:
  ret i128 %rest.after
}

!0 = !{}
!1 = !{i64 8}
