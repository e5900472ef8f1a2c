define i32 @handler.mirror(ptr noalias readonly %packet, i32 range(i32 0, 257) %length, i32 %wire_length, ptr noalias readonly %lease) nounwind "no-builtins" {
entry:
  %effects = alloca i32
  %rest = alloca i64
  %move.at = alloca i64
  store i32 0, ptr %effects
  %t = icmp ugt i32 %length, 2
  br i1 %t, label %there, label %short
short:
  %t$1 = load i32, ptr %effects
  %t$2 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$3 = load ptr, ptr %t$2, !invariant.load !0, !nonnull !0
  store i32 %t$1, ptr %t$3, align 4
  ret i32 2
there:
  %t$4 = getelementptr inbounds i8, ptr %packet, i64 0
  %t$5 = load i24, ptr %t$4, align 1
  %t$6 = zext i24 %t$5 to i32
  %t$7 = call i32 @llvm.bswap.i32(i32 %t$6)
  %t$8 = lshr i32 %t$7, 8
  %first = trunc nuw i32 %t$8 to i24
  %t$9 = icmp ugt i32 %length, 10
  br i1 %t$9, label %there$1, label %short$1
short$1:
  %t$10 = load i32, ptr %effects
  %t$11 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$12 = load ptr, ptr %t$11, !invariant.load !0, !nonnull !0
  store i32 %t$10, ptr %t$12, align 4
  ret i32 3
there$1:
  %t$13 = getelementptr inbounds i8, ptr %packet, i64 3
  %t$14 = load i64, ptr %t$13, align 1
  %key = call i64 @llvm.bswap.i64(i64 %t$14)
  %t$15 = icmp ugt i32 %length, 26
  br i1 %t$15, label %there$2, label %short$2
short$2:
  ret i32 0
there$2:
  %t$16 = getelementptr inbounds i8, ptr %packet, i64 11
  %t$17 = load i128, ptr %t$16, align 1
  %address = call i128 @llvm.bswap.i128(i128 %t$17)
  %t$18 = icmp eq i64 %key, 0
  br i1 %t$18, label %then, label %end
then:
  ret i32 4
end:
  store i64 0, ptr %rest
  %t$19 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$20 = load ptr, ptr %t$19, !invariant.load !0, !nonnull !0, !align !1
  %t$21 = getelementptr inbounds i64, ptr %t$20, i64 1
  %t$22 = load i64, ptr %t$21
  %t$23 = udiv i64 %t$22, %key
  store i64 %t$23, ptr %rest
  %t$24 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$25 = load ptr, ptr %t$24, !invariant.load !0, !nonnull !0, !align !1
  %t$26 = getelementptr inbounds i64, ptr %t$25, i64 1
  %t$27 = load i64, ptr %t$26
  %t$28 = urem i64 %t$27, %key
  %t$29 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$30 = load ptr, ptr %t$29, !invariant.load !0, !nonnull !0, !align !1
  %t$31 = getelementptr inbounds i64, ptr %t$30, i64 2
  store i64 %t$28, ptr %t$31
  %t$32 = trunc i128 %address to i64
  %rest$1 = load i64, ptr %rest
  %t$33 = mul i64 %rest$1, 6364136223846793005
  %t$34 = xor i64 %t$32, %t$33
  %t$35 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$36 = load ptr, ptr %t$35, !invariant.load !0, !nonnull !0, !align !1
  %t$37 = getelementptr inbounds i64, ptr %t$36, i64 3
  store i64 %t$34, ptr %t$37
  %t$38 = trunc i64 %key to i8
  %t$39 = getelementptr inbounds ptr, ptr %lease, i32 2
  %t$40 = load ptr, ptr %t$39, !invariant.load !0, !nonnull !0, !align !1
  %t$41 = urem i64 %key, 3
  %t$42 = trunc i64 %t$41 to i32
  %t$43 = zext i32 %t$42 to i64
  %t$44 = getelementptr inbounds i8, ptr %t$40, i64 %t$43
  store i8 %t$38, ptr %t$44
  %t$45 = icmp uge i32 %length, 40
  br i1 %t$45, label %and, label %else$1
and:
  %t$46 = icmp ne i32 %wire_length, 41
  br i1 %t$46, label %then$1, label %else$1
then$1:
  %t$47 = load i32, ptr %effects
  %t$48 = mul nuw i32 %t$47, 308
  %t$49 = add nuw i32 %t$48, 4
  %t$50 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$51 = load ptr, ptr %t$50, !invariant.load !0, !nonnull !0
  %entry$1 = getelementptr inbounds i8, ptr %t$51, i32 %t$49
  store i32 2, ptr %entry$1, align 4
  %t$52 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 0, ptr %t$52, align 4
  %t$53 = add nuw i32 %t$47, 1
  store i32 %t$53, ptr %effects
  %frame = getelementptr inbounds i8, ptr %entry$1, i32 8
  %t$54 = zext i24 %first to i32
  %t$55 = call i32 @llvm.bswap.i32(i32 %t$54)
  %t$56 = lshr i32 %t$55, 8
  %t$57 = trunc nuw i32 %t$56 to i24
  store i24 %t$57, ptr %frame, align 2
  %t$58 = getelementptr inbounds i8, ptr %frame, i32 3
  %t$59 = getelementptr inbounds i8, ptr %packet, i64 0
  %t$60 = load i64, ptr %t$59, align 1
  store i64 %t$60, ptr %t$58, align 1
  %t$61 = getelementptr inbounds i8, ptr %t$59, i32 8
  %t$62 = load i64, ptr %t$61, align 1
  %t$63 = getelementptr inbounds i8, ptr %t$58, i32 8
  store i64 %t$62, ptr %t$63, align 1
  %t$64 = getelementptr inbounds i8, ptr %t$59, i32 16
  %t$65 = load i64, ptr %t$64, align 1
  %t$66 = getelementptr inbounds i8, ptr %t$58, i32 16
  store i64 %t$65, ptr %t$66, align 1
  %t$67 = getelementptr inbounds i8, ptr %t$59, i32 24
  %t$68 = load i64, ptr %t$67, align 1
  %t$69 = getelementptr inbounds i8, ptr %t$58, i32 24
  store i64 %t$68, ptr %t$69, align 1
  %t$70 = getelementptr inbounds i8, ptr %t$59, i32 32
  %t$71 = load i64, ptr %t$70, align 1
  %t$72 = getelementptr inbounds i8, ptr %t$58, i32 32
  store i64 %t$71, ptr %t$72, align 1
  %t$73 = getelementptr inbounds i8, ptr %t$58, i32 40
  %t$74 = getelementptr inbounds i8, ptr %packet, i64 8
  %t$75 = sub nuw i32 %length, 8
  %count = zext i32 %t$75 to i64
  store i64 0, ptr %move.at
  %whole = and i64 %count, -64
  br label %move.head8
move.head8:
  %t$76 = load i64, ptr %move.at
  %t$77 = icmp ult i64 %t$76, %whole
  br i1 %t$77, label %move.word8, label %move.end8
move.word8:
  %t$78 = getelementptr inbounds i8, ptr %t$74, i64 %t$76
  %t$79 = load i8, ptr %t$78, align 1
  %t$80 = getelementptr inbounds i8, ptr %t$73, i64 %t$76
  store i8 %t$79, ptr %t$80, align 1
  %t$81 = add nuw i64 %t$76, 1
  store i64 %t$81, ptr %move.at
  br label %move.head8, !llvm.loop !2
move.end8:
  %whole$1 = and i64 %count, -16
  br label %move.head8$1
move.head8$1:
  %t$82 = load i64, ptr %move.at
  %t$83 = icmp ult i64 %t$82, %whole$1
  br i1 %t$83, label %move.word8$1, label %move.end8$1
move.word8$1:
  %t$84 = getelementptr inbounds i8, ptr %t$74, i64 %t$82
  %t$85 = load i8, ptr %t$84, align 1
  %t$86 = getelementptr inbounds i8, ptr %t$73, i64 %t$82
  store i8 %t$85, ptr %t$86, align 1
  %t$87 = add nuw i64 %t$82, 1
  store i64 %t$87, ptr %move.at
  br label %move.head8$1, !llvm.loop !4
move.end8$1:
  %whole$2 = and i64 %count, -1
  br label %move.head8$2
move.head8$2:
  %t$88 = load i64, ptr %move.at
  %t$89 = icmp ult i64 %t$88, %whole$2
  br i1 %t$89, label %move.word8$2, label %move.end8$2
move.word8$2:
  %t$90 = getelementptr inbounds i8, ptr %t$74, i64 %t$88
  %t$91 = load i8, ptr %t$90, align 1
  %t$92 = getelementptr inbounds i8, ptr %t$73, i64 %t$88
  store i8 %t$91, ptr %t$92, align 1
  %t$93 = add nuw i64 %t$88, 1
  store i64 %t$93, ptr %move.at
  br label %move.head8$2, !llvm.loop !7
move.end8$2:
  %t$94 = getelementptr inbounds i8, ptr %t$73, i32 %t$75
  %t$95 = zext i24 %first to i32
  %t$96 = call i32 @llvm.bswap.i32(i32 %t$95)
  %t$97 = lshr i32 %t$96, 8
  %t$98 = trunc nuw i32 %t$97 to i24
  %t$99 = zext i24 %t$98 to i32
  %t$100 = call i32 @llvm.bswap.i32(i32 %t$99)
  %t$101 = lshr i32 %t$100, 8
  %t$102 = trunc nuw i32 %t$101 to i24
  store i24 %t$102, ptr %t$94, align 1
  %t$103 = getelementptr inbounds i8, ptr %t$94, i32 3
  %t$104 = add nuw i32 %t$75, 46
  %t$105 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 %t$104, ptr %t$105, align 4
  %t$106 = load i32, ptr %effects
  %t$107 = mul nuw i32 %t$106, 308
  %t$108 = add nuw i32 %t$107, 4
  %t$109 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$110 = load ptr, ptr %t$109, !invariant.load !0, !nonnull !0
  %entry$2 = getelementptr inbounds i8, ptr %t$110, i32 %t$108
  store i32 3, ptr %entry$2, align 4
  %t$111 = getelementptr inbounds i8, ptr %entry$2, i32 4
  store i32 0, ptr %t$111, align 4
  %t$112 = add nuw i32 %t$106, 1
  store i32 %t$112, ptr %effects
  br label %end$1
else$1:
  %t$113 = load i32, ptr %effects
  %t$114 = mul nuw i32 %t$113, 308
  %t$115 = add nuw i32 %t$114, 4
  %t$116 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$117 = load ptr, ptr %t$116, !invariant.load !0, !nonnull !0
  %entry$3 = getelementptr inbounds i8, ptr %t$117, i32 %t$115
  store i32 65537, ptr %entry$3, align 4
  %t$118 = getelementptr inbounds i8, ptr %entry$3, i32 4
  store i32 0, ptr %t$118, align 4
  %t$119 = add nuw i32 %t$113, 1
  store i32 %t$119, ptr %effects
  %frame$1 = getelementptr inbounds i8, ptr %entry$3, i32 8
  %t$120 = lshr i128 %address, 3
  %t$121 = trunc i128 %t$120 to i48
  %t$122 = call i48 @llvm.bswap.i48(i48 %t$121)
  store i48 %t$122, ptr %frame$1, align 4
  %t$123 = getelementptr inbounds i8, ptr %frame$1, i32 6
  %t$124 = getelementptr inbounds i8, ptr %entry$3, i32 4
  store i32 6, ptr %t$124, align 4
  br label %end$1
end$1:
  %t$125 = load i32, ptr %effects
  %t$126 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$127 = load ptr, ptr %t$126, !invariant.load !0, !nonnull !0
  store i32 %t$125, ptr %t$127, align 4
  ret i32 1
}

declare i32 @llvm.bswap.i32(i32)
declare i64 @llvm.bswap.i64(i64)
declare i128 @llvm.bswap.i128(i128)
declare i48 @llvm.bswap.i48(i48)
!0 = !{}
!1 = !{i64 8}
!2 = distinct !{!2, !3}
!3 = !{!"llvm.loop.interleave.count", i32 1}
!4 = distinct !{!4, !5, !6}
!5 = !{!"llvm.loop.interleave.count", i32 1}
!6 = !{!"llvm.loop.vectorize.width", i32 16}
!7 = distinct !{!7, !8, !9}
!8 = !{!"llvm.loop.interleave.count", i32 1}
!9 = !{!"llvm.loop.vectorize.width", i32 1}
