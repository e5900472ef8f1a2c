define i32 @handler.increment(ptr noalias readonly %packet, i32 range(i32 0, 1515) %length, i32 %wire_length, ptr noalias readonly %lease) nounwind "no-builtins" {
entry:
  %effects = alloca i32
  store i32 0, ptr %effects
  %t = icmp ugt i32 %length, 13
  br i1 %t, label %there, label %short
short:
  ret i32 0
there:
  %t$1 = getelementptr inbounds i8, ptr %packet, i64 12
  %t$2 = load i16, ptr %t$1, align 1
  %type = call i16 @llvm.bswap.i16(i16 %t$2)
  %t$3 = icmp ne i16 %type, 4660
  br i1 %t$3, label %then, label %end
then:
  ret i32 0
end:
  %t$4 = icmp ugt i32 %length, 14
  br i1 %t$4, label %there$1, label %short$1
short$1:
  ret i32 0
there$1:
  %t$5 = getelementptr inbounds i8, ptr %packet, i64 14
  %t$6 = load i8, ptr %t$5, align 1
  %t$7 = icmp ugt i32 %length, 17
  br i1 %t$7, label %there$2, label %short$2
short$2:
  ret i32 0
there$2:
  %t$8 = getelementptr inbounds i8, ptr %packet, i64 16
  %t$9 = load i16, ptr %t$8, align 1
  %slot = call i16 @llvm.bswap.i16(i16 %t$9)
  %t$10 = icmp ugt i32 %length, 21
  br i1 %t$10, label %there$3, label %short$3
short$3:
  ret i32 0
there$3:
  %t$11 = getelementptr inbounds i8, ptr %packet, i64 18
  %t$12 = load i32, ptr %t$11, align 1
  %delta = call i32 @llvm.bswap.i32(i32 %t$12)
  %t$13 = icmp ne i8 %t$6, 1
  br i1 %t$13, label %then$1, label %or
or:
  %t$14 = zext i16 %slot to i32
  %t$15 = icmp uge i32 %t$14, 256
  br i1 %t$15, label %then$1, label %end$1
then$1:
  ret i32 0
end$1:
  %t$16 = zext i16 %slot to i32
  %t$17 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$18 = load ptr, ptr %t$17, !invariant.load !0, !nonnull !0, !align !1
  %t$19 = zext i32 %t$16 to i64
  %t$20 = getelementptr inbounds i32, ptr %t$18, i64 %t$19
  %t$21 = load i32, ptr %t$20
  %t$22 = add i32 %t$21, %delta
  %t$23 = zext i16 %slot to i32
  %t$24 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$25 = load ptr, ptr %t$24, !invariant.load !0, !nonnull !0, !align !1
  %t$26 = zext i32 %t$23 to i64
  %t$27 = getelementptr inbounds i32, ptr %t$25, i64 %t$26
  store i32 %t$22, ptr %t$27
  %t$28 = getelementptr inbounds i8, ptr %packet, i64 6
  %t$29 = load i48, ptr %t$28, align 1
  %to = call i48 @llvm.bswap.i48(i48 %t$29)
  %t$30 = getelementptr inbounds i8, ptr %packet, i64 0
  %t$31 = load i48, ptr %t$30, align 1
  %from = call i48 @llvm.bswap.i48(i48 %t$31)
  %t$32 = load i32, ptr %effects
  %t$33 = mul nuw i32 %t$32, 308
  %t$34 = add nuw i32 %t$33, 4
  %t$35 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$36 = load ptr, ptr %t$35, !invariant.load !0, !nonnull !0
  %entry$1 = getelementptr inbounds i8, ptr %t$36, i32 %t$34
  store i32 1, ptr %entry$1, align 4
  %t$37 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 0, ptr %t$37, align 4
  %t$38 = add nuw i32 %t$32, 1
  store i32 %t$38, ptr %effects
  %frame = getelementptr inbounds i8, ptr %entry$1, i32 8
  %t$39 = call i48 @llvm.bswap.i48(i48 %to)
  store i48 %t$39, ptr %frame, align 4
  %t$40 = getelementptr inbounds i8, ptr %frame, i32 6
  %t$41 = call i48 @llvm.bswap.i48(i48 %from)
  store i48 %t$41, ptr %t$40, align 2
  %t$42 = getelementptr inbounds i8, ptr %t$40, i32 6
  %t$43 = call i16 @llvm.bswap.i16(i16 4660)
  store i16 %t$43, ptr %t$42, align 2
  %t$44 = getelementptr inbounds i8, ptr %t$42, i32 2
  %t$45 = call i16 @llvm.bswap.i16(i16 512)
  store i16 %t$45, ptr %t$44, align 2
  %t$46 = getelementptr inbounds i8, ptr %t$44, i32 2
  %t$47 = call i16 @llvm.bswap.i16(i16 %slot)
  store i16 %t$47, ptr %t$46, align 2
  %t$48 = getelementptr inbounds i8, ptr %t$46, i32 2
  %t$49 = zext i16 %slot to i32
  %t$50 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$51 = load ptr, ptr %t$50, !invariant.load !0, !nonnull !0, !align !1
  %t$52 = zext i32 %t$49 to i64
  %t$53 = getelementptr inbounds i32, ptr %t$51, i64 %t$52
  %t$54 = load i32, ptr %t$53
  %t$55 = call i32 @llvm.bswap.i32(i32 %t$54)
  store i32 %t$55, ptr %t$48, align 2
  %t$56 = getelementptr inbounds i8, ptr %t$48, i32 4
  %t$57 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 22, ptr %t$57, align 4
  %t$58 = load i32, ptr %effects
  %t$59 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$60 = load ptr, ptr %t$59, !invariant.load !0, !nonnull !0
  store i32 %t$58, ptr %t$60, align 4
  ret i32 1
}

declare i16 @llvm.bswap.i16(i16)
declare i32 @llvm.bswap.i32(i32)
declare i48 @llvm.bswap.i48(i48)
!0 = !{}
!1 = !{i64 8}
