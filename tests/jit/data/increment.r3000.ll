define i32 @handler.increment(ptr noalias readonly %packet, i32 range(i32 0, 1515) %length, i32 %wire_length, ptr noalias readonly %lease) nounwind "no-builtins" "no-jump-tables"="true" {
entry:
  %effects = alloca i32
  store i32 0, ptr %effects
  %t = icmp ugt i32 %length, 13
  br i1 %t, label %there, label %short
short:
  ret i32 0
there:
  %t$1 = getelementptr inbounds i8, ptr %packet, i32 12
  %t$2 = load i16, ptr %t$1, align 2
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
  %t$5 = getelementptr inbounds i8, ptr %packet, i32 14
  %t$6 = load i8, ptr %t$5, align 1
  %t$7 = icmp ugt i32 %length, 17
  br i1 %t$7, label %there$2, label %short$2
short$2:
  ret i32 0
there$2:
  %t$8 = getelementptr inbounds i8, ptr %packet, i32 16
  %t$9 = load i16, ptr %t$8, align 2
  %slot = call i16 @llvm.bswap.i16(i16 %t$9)
  %t$10 = icmp ugt i32 %length, 21
  br i1 %t$10, label %there$3, label %short$3
short$3:
  ret i32 0
there$3:
  %t$11 = getelementptr inbounds i8, ptr %packet, i32 18
  %t$12 = load i32, ptr %t$11, align 4
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
  %t$19 = getelementptr inbounds i32, ptr %t$18, i32 %t$16
  %t$20 = load i32, ptr %t$19
  %t$21 = add i32 %t$20, %delta
  %t$22 = zext i16 %slot to i32
  %t$23 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$24 = load ptr, ptr %t$23, !invariant.load !0, !nonnull !0, !align !1
  %t$25 = getelementptr inbounds i32, ptr %t$24, i32 %t$22
  store i32 %t$21, ptr %t$25
  %t$26 = getelementptr inbounds i8, ptr %packet, i32 6
  %t$27 = load i48, ptr %t$26, align 4
  %to = call i48 @llvm.bswap.i48(i48 %t$27)
  %t$28 = getelementptr inbounds i8, ptr %packet, i32 0
  %t$29 = load i48, ptr %t$28, align 2
  %from = call i48 @llvm.bswap.i48(i48 %t$29)
  %t$30 = load i32, ptr %effects
  %t$31 = mul nuw i32 %t$30, 308
  %t$32 = add nuw i32 %t$31, 4
  %t$33 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$34 = load ptr, ptr %t$33, !invariant.load !0, !nonnull !0
  %entry$1 = getelementptr inbounds i8, ptr %t$34, i32 %t$32
  store i32 1, ptr %entry$1, align 4
  %t$35 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 0, ptr %t$35, align 4
  %t$36 = add nuw i32 %t$30, 1
  store i32 %t$36, ptr %effects
  %frame = getelementptr inbounds i8, ptr %entry$1, i32 8
  %t$37 = call i48 @llvm.bswap.i48(i48 %to)
  store i48 %t$37, ptr %frame, align 4
  %t$38 = getelementptr inbounds i8, ptr %frame, i32 6
  %t$39 = call i48 @llvm.bswap.i48(i48 %from)
  store i48 %t$39, ptr %t$38, align 2
  %t$40 = getelementptr inbounds i8, ptr %t$38, i32 6
  %t$41 = call i16 @llvm.bswap.i16(i16 4660)
  store i16 %t$41, ptr %t$40, align 2
  %t$42 = getelementptr inbounds i8, ptr %t$40, i32 2
  %t$43 = call i16 @llvm.bswap.i16(i16 512)
  store i16 %t$43, ptr %t$42, align 2
  %t$44 = getelementptr inbounds i8, ptr %t$42, i32 2
  %t$45 = call i16 @llvm.bswap.i16(i16 %slot)
  store i16 %t$45, ptr %t$44, align 2
  %t$46 = getelementptr inbounds i8, ptr %t$44, i32 2
  %t$47 = zext i16 %slot to i32
  %t$48 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$49 = load ptr, ptr %t$48, !invariant.load !0, !nonnull !0, !align !1
  %t$50 = getelementptr inbounds i32, ptr %t$49, i32 %t$47
  %t$51 = load i32, ptr %t$50
  %t$52 = call i32 @llvm.bswap.i32(i32 %t$51)
  store i32 %t$52, ptr %t$46, align 2
  %t$53 = getelementptr inbounds i8, ptr %t$46, i32 4
  %t$54 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 22, ptr %t$54, align 4
  %t$55 = load i32, ptr %effects
  %t$56 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$57 = load ptr, ptr %t$56, !invariant.load !0, !nonnull !0
  store i32 %t$55, ptr %t$57, align 4
  ret i32 1
}

declare i16 @llvm.bswap.i16(i16)
declare i32 @llvm.bswap.i32(i32)
declare i48 @llvm.bswap.i48(i48)
!0 = !{}
!1 = !{i64 8}
