define i32 @filter.port_80(ptr noalias readonly %packet, i32 range(i32 0, 262145) %length, i32 %wire_length, ptr noalias readonly %lease) nounwind "no-builtins" "no-jump-tables"="true" {
entry:
  %t = icmp ugt i32 %length, 13
  br i1 %t, label %there, label %short
short:
  br label %no
there:
  %t$1 = getelementptr inbounds i8, ptr %packet, i32 12
  %t$2 = load i16, ptr %t$1, align 2
  %type = call i16 @llvm.bswap.i16(i16 %t$2)
  %t$3 = icmp ne i16 %type, 2048
  br i1 %t$3, label %then, label %end
then:
  br label %no
end:
  %t$4 = icmp ugt i32 %length, 23
  br i1 %t$4, label %there$1, label %short$1
short$1:
  br label %no
there$1:
  %t$5 = getelementptr inbounds i8, ptr %packet, i32 23
  %t$6 = load i8, ptr %t$5, align 1
  %t$7 = icmp ne i8 %t$6, 6
  br i1 %t$7, label %then$1, label %end$1
then$1:
  br label %no
end$1:
  %t$8 = icmp ugt i32 %length, 21
  br i1 %t$8, label %there$2, label %short$2
short$2:
  br label %no
there$2:
  %t$9 = getelementptr inbounds i8, ptr %packet, i32 20
  %t$10 = load i16, ptr %t$9, align 2
  %fragment = call i16 @llvm.bswap.i16(i16 %t$10)
  %t$11 = and i16 %fragment, 8191
  %t$12 = icmp ne i16 %t$11, 0
  br i1 %t$12, label %then$2, label %end$2
then$2:
  br label %no
end$2:
  %t$13 = icmp ugt i32 %length, 14
  br i1 %t$13, label %there$3, label %short$3
short$3:
  br label %no
there$3:
  %t$14 = getelementptr inbounds i8, ptr %packet, i32 14
  %t$15 = load i8, ptr %t$14, align 1
  %t$16 = and i8 %t$15, 15
  %t$17 = zext i8 %t$16 to i32
  %t$18 = shl i32 %t$17, 2
  %at = add nuw i32 14, %t$18
  %t$19 = call i32 @llvm.usub.sat.i32(i32 %length, i32 1)
  %t$20 = icmp ult i32 %at, %t$19
  br i1 %t$20, label %there$4, label %short$4
short$4:
  br label %source
there$4:
  %t$21 = getelementptr inbounds i8, ptr %packet, i32 %at
  %t$22 = load i16, ptr %t$21, align 2
  %sport = call i16 @llvm.bswap.i16(i16 %t$22)
  %t$23 = icmp eq i16 %sport, 80
  br i1 %t$23, label %then$3, label %end$3
then$3:
  ret i32 1
end$3:
  br label %source
source:
  %t$24 = add nuw i32 %at, 2
  %t$25 = call i32 @llvm.usub.sat.i32(i32 %length, i32 1)
  %t$26 = icmp ult i32 %t$24, %t$25
  br i1 %t$26, label %there$5, label %short$5
short$5:
  br label %no
there$5:
  %t$27 = add nuw i32 %at, 2
  %t$28 = getelementptr inbounds i8, ptr %packet, i32 %t$27
  %t$29 = load i16, ptr %t$28, align 2
  %dport = call i16 @llvm.bswap.i16(i16 %t$29)
  %t$30 = icmp eq i16 %dport, 80
  br i1 %t$30, label %then$4, label %end$4
then$4:
  ret i32 1
end$4:
  br label %no
no:
  ret i32 0
}

declare i16 @llvm.bswap.i16(i16)
declare i32 @llvm.usub.sat.i32(i32, i32)
!0 = !{}
!1 = !{i64 8}
