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
  %t$22 = load i64, ptr %t$21, !alias.scope !5, !noalias !6
  %t$23 = udiv i64 %t$22, %key
  store i64 %t$23, ptr %rest
  %t$24 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$25 = load ptr, ptr %t$24, !invariant.load !0, !nonnull !0, !align !1
  %t$26 = getelementptr inbounds i64, ptr %t$25, i64 1
  %t$27 = load i64, ptr %t$26, !alias.scope !5, !noalias !6
  %t$28 = urem i64 %t$27, %key
  %t$29 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$30 = load ptr, ptr %t$29, !invariant.load !0, !nonnull !0, !align !1
  %t$31 = getelementptr inbounds i64, ptr %t$30, i64 2
  store i64 %t$28, ptr %t$31, !alias.scope !5, !noalias !6
  %t$32 = trunc i128 %address to i64
  %rest$1 = load i64, ptr %rest
  %t$33 = mul i64 %rest$1, 6364136223846793005
  %t$34 = xor i64 %t$32, %t$33
  %t$35 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$36 = load ptr, ptr %t$35, !invariant.load !0, !nonnull !0, !align !1
  %t$37 = getelementptr inbounds i64, ptr %t$36, i64 3
  store i64 %t$34, ptr %t$37, !alias.scope !5, !noalias !6
  %t$38 = trunc i64 %key to i8
  %t$39 = urem i64 %key, 3
  %t$40 = trunc i64 %t$39 to i32
  %t$41 = getelementptr inbounds ptr, ptr %lease, i32 2
  %t$42 = load ptr, ptr %t$41, !invariant.load !0, !nonnull !0, !align !1
  %t$43 = zext i32 %t$40 to i64
  %t$44 = getelementptr inbounds i8, ptr %t$42, i64 %t$43
  store i8 %t$38, ptr %t$44, !alias.scope !7, !noalias !8
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
  %t$62 = getelementptr inbounds i8, ptr %t$58, i32 8
  %t$63 = load i64, ptr %t$61, align 1
  store i64 %t$63, ptr %t$62, align 1
  %t$64 = getelementptr inbounds i8, ptr %t$59, i32 16
  %t$65 = getelementptr inbounds i8, ptr %t$58, i32 16
  %t$66 = load i64, ptr %t$64, align 1
  store i64 %t$66, ptr %t$65, align 1
  %t$67 = getelementptr inbounds i8, ptr %t$59, i32 24
  %t$68 = getelementptr inbounds i8, ptr %t$58, i32 24
  %t$69 = load i64, ptr %t$67, align 1
  store i64 %t$69, ptr %t$68, align 1
  %t$70 = getelementptr inbounds i8, ptr %t$59, i32 32
  %t$71 = getelementptr inbounds i8, ptr %t$58, i32 32
  %t$72 = load i64, ptr %t$70, align 1
  store i64 %t$72, ptr %t$71, align 1
  %t$73 = getelementptr inbounds i8, ptr %t$58, i32 40
  %t$74 = sub nuw i32 %length, 8
  %t$75 = getelementptr inbounds i8, ptr %packet, i64 8
  %count = zext i32 %t$74 to i64
  %whole = and i64 %count, -1
  store i64 0, ptr %move.at
  br label %move.head8
move.head8:
  %t$76 = load i64, ptr %move.at
  %t$77 = icmp ult i64 %t$76, %whole
  br i1 %t$77, label %move.word8, label %move.end8
move.word8:
  %t$78 = getelementptr inbounds i8, ptr %t$75, i64 %t$76
  %t$79 = load i8, ptr %t$78, align 1
  %t$80 = getelementptr inbounds i8, ptr %t$73, i64 %t$76
  store i8 %t$79, ptr %t$80, align 1
  %t$81 = add nuw i64 %t$76, 1
  store i64 %t$81, ptr %move.at
  br label %move.head8, !llvm.loop !9
move.end8:
  %t$82 = getelementptr inbounds i8, ptr %t$73, i32 %t$74
  %t$83 = zext i24 %first to i32
  %t$84 = call i32 @llvm.bswap.i32(i32 %t$83)
  %t$85 = lshr i32 %t$84, 8
  %t$86 = trunc nuw i32 %t$85 to i24
  %t$87 = zext i24 %t$86 to i32
  %t$88 = call i32 @llvm.bswap.i32(i32 %t$87)
  %t$89 = lshr i32 %t$88, 8
  %t$90 = trunc nuw i32 %t$89 to i24
  store i24 %t$90, ptr %t$82, align 1
  %t$91 = getelementptr inbounds i8, ptr %t$82, i32 3
  %t$92 = add nuw i32 %t$74, 46
  %t$93 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 %t$92, ptr %t$93, align 4
  %t$94 = load i32, ptr %effects
  %t$95 = mul nuw i32 %t$94, 308
  %t$96 = add nuw i32 %t$95, 4
  %t$97 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$98 = load ptr, ptr %t$97, !invariant.load !0, !nonnull !0
  %entry$2 = getelementptr inbounds i8, ptr %t$98, i32 %t$96
  store i32 3, ptr %entry$2, align 4
  %t$99 = getelementptr inbounds i8, ptr %entry$2, i32 4
  store i32 0, ptr %t$99, align 4
  %t$100 = add nuw i32 %t$94, 1
  store i32 %t$100, ptr %effects
  br label %end$1
else$1:
  %t$101 = load i32, ptr %effects
  %t$102 = mul nuw i32 %t$101, 308
  %t$103 = add nuw i32 %t$102, 4
  %t$104 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$105 = load ptr, ptr %t$104, !invariant.load !0, !nonnull !0
  %entry$3 = getelementptr inbounds i8, ptr %t$105, i32 %t$103
  store i32 65537, ptr %entry$3, align 4
  %t$106 = getelementptr inbounds i8, ptr %entry$3, i32 4
  store i32 0, ptr %t$106, align 4
  %t$107 = add nuw i32 %t$101, 1
  store i32 %t$107, ptr %effects
  %frame$1 = getelementptr inbounds i8, ptr %entry$3, i32 8
  %t$108 = lshr i128 %address, 3
  %t$109 = trunc i128 %t$108 to i48
  %t$110 = call i48 @llvm.bswap.i48(i48 %t$109)
  store i48 %t$110, ptr %frame$1, align 4
  %t$111 = getelementptr inbounds i8, ptr %frame$1, i32 6
  %t$112 = getelementptr inbounds i8, ptr %entry$3, i32 4
  store i32 6, ptr %t$112, align 4
  br label %end$1
end$1:
  %t$113 = load i32, ptr %effects
  %t$114 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$115 = load ptr, ptr %t$114, !invariant.load !0, !nonnull !0
  store i32 %t$113, ptr %t$115, align 4
  ret i32 1
}

declare i32 @llvm.bswap.i32(i32)
declare i64 @llvm.bswap.i64(i64)
declare i128 @llvm.bswap.i128(i128)
declare i48 @llvm.bswap.i48(i48)
!0 = !{}
!1 = !{i64 8}
!2 = distinct !{!2}
!3 = distinct !{!3, !2}
!4 = distinct !{!4, !2}
!5 = !{!3}
!6 = !{!4}
!7 = !{!4}
!8 = !{!3}
!9 = distinct !{!9, !10}
!10 = !{!"llvm.loop.interleave.count", i32 1}
