define i32 @handler.mirror(ptr noalias readonly %packet, i32 range(i32 0, 257) %length, i32 %wire_length, ptr noalias readonly %lease) nounwind "no-builtins" {
entry:
  %effects = alloca i32
  %rest = alloca i64
  %move.at = alloca ptr
  %move.at$1 = alloca ptr
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
  %t$74 = sub nuw i32 %length, 8
  %t$75 = getelementptr inbounds i8, ptr %packet, i64 8
  %count = zext i32 %t$74 to i64
  %whole = and i64 %count, -1
  %t$76 = getelementptr inbounds i8, ptr %t$75, i64 %whole
  %t$77 = getelementptr inbounds i8, ptr %t$73, i64 %whole
  store ptr %t$75, ptr %move.at
  store ptr %t$73, ptr %move.at$1
  br label %move.head8
move.head8:
  %t$78 = load ptr, ptr %move.at
  %t$79 = load ptr, ptr %move.at$1
  %t$80 = icmp ne ptr %t$78, %t$76
  br i1 %t$80, label %move.word8, label %move.end8
move.word8:
  %t$81 = load i8, ptr %t$78, align 1
  store i8 %t$81, ptr %t$79, align 1
  %t$82 = getelementptr inbounds i8, ptr %t$78, i32 1
  store ptr %t$82, ptr %move.at
  %t$83 = getelementptr inbounds i8, ptr %t$79, i32 1
  store ptr %t$83, ptr %move.at$1
  br label %move.head8, !llvm.loop !9
move.end8:
  %t$84 = getelementptr inbounds i8, ptr %t$73, i32 %t$74
  %t$85 = zext i24 %first to i32
  %t$86 = call i32 @llvm.bswap.i32(i32 %t$85)
  %t$87 = lshr i32 %t$86, 8
  %t$88 = trunc nuw i32 %t$87 to i24
  %t$89 = zext i24 %t$88 to i32
  %t$90 = call i32 @llvm.bswap.i32(i32 %t$89)
  %t$91 = lshr i32 %t$90, 8
  %t$92 = trunc nuw i32 %t$91 to i24
  store i24 %t$92, ptr %t$84, align 1
  %t$93 = getelementptr inbounds i8, ptr %t$84, i32 3
  %t$94 = add nuw i32 %t$74, 46
  %t$95 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 %t$94, ptr %t$95, align 4
  %t$96 = load i32, ptr %effects
  %t$97 = mul nuw i32 %t$96, 308
  %t$98 = add nuw i32 %t$97, 4
  %t$99 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$100 = load ptr, ptr %t$99, !invariant.load !0, !nonnull !0
  %entry$2 = getelementptr inbounds i8, ptr %t$100, i32 %t$98
  store i32 3, ptr %entry$2, align 4
  %t$101 = getelementptr inbounds i8, ptr %entry$2, i32 4
  store i32 0, ptr %t$101, align 4
  %t$102 = add nuw i32 %t$96, 1
  store i32 %t$102, ptr %effects
  br label %end$1
else$1:
  %t$103 = load i32, ptr %effects
  %t$104 = mul nuw i32 %t$103, 308
  %t$105 = add nuw i32 %t$104, 4
  %t$106 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$107 = load ptr, ptr %t$106, !invariant.load !0, !nonnull !0
  %entry$3 = getelementptr inbounds i8, ptr %t$107, i32 %t$105
  store i32 65537, ptr %entry$3, align 4
  %t$108 = getelementptr inbounds i8, ptr %entry$3, i32 4
  store i32 0, ptr %t$108, align 4
  %t$109 = add nuw i32 %t$103, 1
  store i32 %t$109, ptr %effects
  %frame$1 = getelementptr inbounds i8, ptr %entry$3, i32 8
  %t$110 = lshr i128 %address, 3
  %t$111 = trunc i128 %t$110 to i48
  %t$112 = call i48 @llvm.bswap.i48(i48 %t$111)
  store i48 %t$112, ptr %frame$1, align 4
  %t$113 = getelementptr inbounds i8, ptr %frame$1, i32 6
  %t$114 = getelementptr inbounds i8, ptr %entry$3, i32 4
  store i32 6, ptr %t$114, align 4
  br label %end$1
end$1:
  %t$115 = load i32, ptr %effects
  %t$116 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$117 = load ptr, ptr %t$116, !invariant.load !0, !nonnull !0
  store i32 %t$115, ptr %t$117, align 4
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
