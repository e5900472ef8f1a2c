define i32 @handler.mirror(ptr noalias readonly %packet, i32 range(i32 0, 257) %length, i32 %wire_length, ptr noalias readonly %lease) nounwind "no-builtins" "no-jump-tables"="true" {
entry:
  %effects = alloca i32
  %rest = alloca i64
  %move.at = alloca ptr
  %move.at$1 = alloca ptr
  %move.at$2 = alloca ptr
  %move.at$3 = alloca ptr
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
  %t$4 = getelementptr inbounds i8, ptr %packet, i32 0
  %t$5 = load i24, ptr %t$4, align 2
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
  %t$13 = getelementptr inbounds i8, ptr %packet, i32 3
  %t$14 = load i8, ptr %t$13, align 1
  %t$15 = zext i8 %t$14 to i64
  %t$16 = getelementptr inbounds i8, ptr %t$13, i32 1
  %t$17 = load i8, ptr %t$16, align 1
  %t$18 = zext i8 %t$17 to i64
  %t$19 = shl i64 %t$15, 8
  %t$20 = or disjoint i64 %t$19, %t$18
  %t$21 = getelementptr inbounds i8, ptr %t$13, i32 2
  %t$22 = load i8, ptr %t$21, align 1
  %t$23 = zext i8 %t$22 to i64
  %t$24 = shl i64 %t$20, 8
  %t$25 = or disjoint i64 %t$24, %t$23
  %t$26 = getelementptr inbounds i8, ptr %t$13, i32 3
  %t$27 = load i8, ptr %t$26, align 1
  %t$28 = zext i8 %t$27 to i64
  %t$29 = shl i64 %t$25, 8
  %t$30 = or disjoint i64 %t$29, %t$28
  %t$31 = getelementptr inbounds i8, ptr %t$13, i32 4
  %t$32 = load i8, ptr %t$31, align 1
  %t$33 = zext i8 %t$32 to i64
  %t$34 = shl i64 %t$30, 8
  %t$35 = or disjoint i64 %t$34, %t$33
  %t$36 = getelementptr inbounds i8, ptr %t$13, i32 5
  %t$37 = load i8, ptr %t$36, align 1
  %t$38 = zext i8 %t$37 to i64
  %t$39 = shl i64 %t$35, 8
  %t$40 = or disjoint i64 %t$39, %t$38
  %t$41 = getelementptr inbounds i8, ptr %t$13, i32 6
  %t$42 = load i8, ptr %t$41, align 1
  %t$43 = zext i8 %t$42 to i64
  %t$44 = shl i64 %t$40, 8
  %t$45 = or disjoint i64 %t$44, %t$43
  %t$46 = getelementptr inbounds i8, ptr %t$13, i32 7
  %t$47 = load i8, ptr %t$46, align 1
  %t$48 = zext i8 %t$47 to i64
  %t$49 = shl i64 %t$45, 8
  %t$50 = or disjoint i64 %t$49, %t$48
  %t$51 = icmp ugt i32 %length, 26
  br i1 %t$51, label %there$2, label %short$2
short$2:
  ret i32 0
there$2:
  %t$52 = getelementptr inbounds i8, ptr %packet, i32 11
  %t$53 = load i8, ptr %t$52, align 1
  %t$54 = zext i8 %t$53 to i128
  %t$55 = getelementptr inbounds i8, ptr %t$52, i32 1
  %t$56 = load i8, ptr %t$55, align 1
  %t$57 = zext i8 %t$56 to i128
  %t$58 = shl i128 %t$54, 8
  %t$59 = or disjoint i128 %t$58, %t$57
  %t$60 = getelementptr inbounds i8, ptr %t$52, i32 2
  %t$61 = load i8, ptr %t$60, align 1
  %t$62 = zext i8 %t$61 to i128
  %t$63 = shl i128 %t$59, 8
  %t$64 = or disjoint i128 %t$63, %t$62
  %t$65 = getelementptr inbounds i8, ptr %t$52, i32 3
  %t$66 = load i8, ptr %t$65, align 1
  %t$67 = zext i8 %t$66 to i128
  %t$68 = shl i128 %t$64, 8
  %t$69 = or disjoint i128 %t$68, %t$67
  %t$70 = getelementptr inbounds i8, ptr %t$52, i32 4
  %t$71 = load i8, ptr %t$70, align 1
  %t$72 = zext i8 %t$71 to i128
  %t$73 = shl i128 %t$69, 8
  %t$74 = or disjoint i128 %t$73, %t$72
  %t$75 = getelementptr inbounds i8, ptr %t$52, i32 5
  %t$76 = load i8, ptr %t$75, align 1
  %t$77 = zext i8 %t$76 to i128
  %t$78 = shl i128 %t$74, 8
  %t$79 = or disjoint i128 %t$78, %t$77
  %t$80 = getelementptr inbounds i8, ptr %t$52, i32 6
  %t$81 = load i8, ptr %t$80, align 1
  %t$82 = zext i8 %t$81 to i128
  %t$83 = shl i128 %t$79, 8
  %t$84 = or disjoint i128 %t$83, %t$82
  %t$85 = getelementptr inbounds i8, ptr %t$52, i32 7
  %t$86 = load i8, ptr %t$85, align 1
  %t$87 = zext i8 %t$86 to i128
  %t$88 = shl i128 %t$84, 8
  %t$89 = or disjoint i128 %t$88, %t$87
  %t$90 = getelementptr inbounds i8, ptr %t$52, i32 8
  %t$91 = load i8, ptr %t$90, align 1
  %t$92 = zext i8 %t$91 to i128
  %t$93 = shl i128 %t$89, 8
  %t$94 = or disjoint i128 %t$93, %t$92
  %t$95 = getelementptr inbounds i8, ptr %t$52, i32 9
  %t$96 = load i8, ptr %t$95, align 1
  %t$97 = zext i8 %t$96 to i128
  %t$98 = shl i128 %t$94, 8
  %t$99 = or disjoint i128 %t$98, %t$97
  %t$100 = getelementptr inbounds i8, ptr %t$52, i32 10
  %t$101 = load i8, ptr %t$100, align 1
  %t$102 = zext i8 %t$101 to i128
  %t$103 = shl i128 %t$99, 8
  %t$104 = or disjoint i128 %t$103, %t$102
  %t$105 = getelementptr inbounds i8, ptr %t$52, i32 11
  %t$106 = load i8, ptr %t$105, align 1
  %t$107 = zext i8 %t$106 to i128
  %t$108 = shl i128 %t$104, 8
  %t$109 = or disjoint i128 %t$108, %t$107
  %t$110 = getelementptr inbounds i8, ptr %t$52, i32 12
  %t$111 = load i8, ptr %t$110, align 1
  %t$112 = zext i8 %t$111 to i128
  %t$113 = shl i128 %t$109, 8
  %t$114 = or disjoint i128 %t$113, %t$112
  %t$115 = getelementptr inbounds i8, ptr %t$52, i32 13
  %t$116 = load i8, ptr %t$115, align 1
  %t$117 = zext i8 %t$116 to i128
  %t$118 = shl i128 %t$114, 8
  %t$119 = or disjoint i128 %t$118, %t$117
  %t$120 = getelementptr inbounds i8, ptr %t$52, i32 14
  %t$121 = load i8, ptr %t$120, align 1
  %t$122 = zext i8 %t$121 to i128
  %t$123 = shl i128 %t$119, 8
  %t$124 = or disjoint i128 %t$123, %t$122
  %t$125 = getelementptr inbounds i8, ptr %t$52, i32 15
  %t$126 = load i8, ptr %t$125, align 1
  %t$127 = zext i8 %t$126 to i128
  %t$128 = shl i128 %t$124, 8
  %t$129 = or disjoint i128 %t$128, %t$127
  %t$130 = icmp eq i64 %t$50, 0
  br i1 %t$130, label %then, label %end
then:
  ret i32 4
end:
  store i64 0, ptr %rest
  %t$131 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$132 = load ptr, ptr %t$131, !invariant.load !0, !nonnull !0, !align !1
  %t$133 = getelementptr inbounds i64, ptr %t$132, i32 1
  %t$134 = load i64, ptr %t$133, !alias.scope !5, !noalias !6
  %t$135 = call i64 @quotient.i64(i64 %t$134, i64 %t$50)
  store i64 %t$135, ptr %rest
  %t$136 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$137 = load ptr, ptr %t$136, !invariant.load !0, !nonnull !0, !align !1
  %t$138 = getelementptr inbounds i64, ptr %t$137, i32 1
  %t$139 = load i64, ptr %t$138, !alias.scope !5, !noalias !6
  %t$140 = call i64 @remainder.i64(i64 %t$139, i64 %t$50)
  %t$141 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$142 = load ptr, ptr %t$141, !invariant.load !0, !nonnull !0, !align !1
  %t$143 = getelementptr inbounds i64, ptr %t$142, i32 2
  store i64 %t$140, ptr %t$143, !alias.scope !5, !noalias !6
  %t$144 = trunc i128 %t$129 to i64
  %rest$1 = load i64, ptr %rest
  %t$145 = mul i64 %rest$1, 6364136223846793005
  %t$146 = xor i64 %t$144, %t$145
  %t$147 = getelementptr inbounds ptr, ptr %lease, i32 1
  %t$148 = load ptr, ptr %t$147, !invariant.load !0, !nonnull !0, !align !1
  %t$149 = getelementptr inbounds i64, ptr %t$148, i32 3
  store i64 %t$146, ptr %t$149, !alias.scope !5, !noalias !6
  %t$150 = trunc i64 %t$50 to i8
  %t$151 = call i64 @remainder.i64(i64 %t$50, i64 3)
  %t$152 = trunc i64 %t$151 to i32
  %t$153 = getelementptr inbounds ptr, ptr %lease, i32 2
  %t$154 = load ptr, ptr %t$153, !invariant.load !0, !nonnull !0, !align !1
  %t$155 = getelementptr inbounds i8, ptr %t$154, i32 %t$152
  store i8 %t$150, ptr %t$155, !alias.scope !7, !noalias !8
  %t$156 = icmp uge i32 %length, 40
  br i1 %t$156, label %and, label %else$1
and:
  %t$157 = icmp ne i32 %wire_length, 41
  br i1 %t$157, label %then$1, label %else$1
then$1:
  %t$158 = load i32, ptr %effects
  %t$159 = mul nuw i32 %t$158, 308
  %t$160 = add nuw i32 %t$159, 4
  %t$161 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$162 = load ptr, ptr %t$161, !invariant.load !0, !nonnull !0
  %entry$1 = getelementptr inbounds i8, ptr %t$162, i32 %t$160
  store i32 2, ptr %entry$1, align 4
  %t$163 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 0, ptr %t$163, align 4
  %t$164 = add nuw i32 %t$158, 1
  store i32 %t$164, ptr %effects
  %frame = getelementptr inbounds i8, ptr %entry$1, i32 8
  %t$165 = zext i24 %first to i32
  %t$166 = call i32 @llvm.bswap.i32(i32 %t$165)
  %t$167 = lshr i32 %t$166, 8
  %t$168 = trunc nuw i32 %t$167 to i24
  store i24 %t$168, ptr %frame, align 2
  %t$169 = getelementptr inbounds i8, ptr %frame, i32 3
  %t$170 = getelementptr inbounds i8, ptr %packet, i32 0
  %t$171 = load i32, ptr %t$170, align 2
  store i32 %t$171, ptr %t$169, align 1
  %t$172 = getelementptr inbounds i8, ptr %t$170, i32 4
  %t$173 = load i32, ptr %t$172, align 2
  %t$174 = getelementptr inbounds i8, ptr %t$169, i32 4
  store i32 %t$173, ptr %t$174, align 1
  %t$175 = getelementptr inbounds i8, ptr %t$170, i32 8
  %t$176 = load i32, ptr %t$175, align 2
  %t$177 = getelementptr inbounds i8, ptr %t$169, i32 8
  store i32 %t$176, ptr %t$177, align 1
  %t$178 = getelementptr inbounds i8, ptr %t$170, i32 12
  %t$179 = load i32, ptr %t$178, align 2
  %t$180 = getelementptr inbounds i8, ptr %t$169, i32 12
  store i32 %t$179, ptr %t$180, align 1
  %t$181 = getelementptr inbounds i8, ptr %t$170, i32 16
  %t$182 = load i32, ptr %t$181, align 2
  %t$183 = getelementptr inbounds i8, ptr %t$169, i32 16
  store i32 %t$182, ptr %t$183, align 1
  %t$184 = getelementptr inbounds i8, ptr %t$170, i32 20
  %t$185 = load i32, ptr %t$184, align 2
  %t$186 = getelementptr inbounds i8, ptr %t$169, i32 20
  store i32 %t$185, ptr %t$186, align 1
  %t$187 = getelementptr inbounds i8, ptr %t$170, i32 24
  %t$188 = load i32, ptr %t$187, align 2
  %t$189 = getelementptr inbounds i8, ptr %t$169, i32 24
  store i32 %t$188, ptr %t$189, align 1
  %t$190 = getelementptr inbounds i8, ptr %t$170, i32 28
  %t$191 = load i32, ptr %t$190, align 2
  %t$192 = getelementptr inbounds i8, ptr %t$169, i32 28
  store i32 %t$191, ptr %t$192, align 1
  %t$193 = getelementptr inbounds i8, ptr %t$170, i32 32
  %t$194 = load i32, ptr %t$193, align 2
  %t$195 = getelementptr inbounds i8, ptr %t$169, i32 32
  store i32 %t$194, ptr %t$195, align 1
  %t$196 = getelementptr inbounds i8, ptr %t$170, i32 36
  %t$197 = load i32, ptr %t$196, align 2
  %t$198 = getelementptr inbounds i8, ptr %t$169, i32 36
  store i32 %t$197, ptr %t$198, align 1
  %t$199 = getelementptr inbounds i8, ptr %t$169, i32 40
  %t$200 = sub nuw i32 %length, 8
  %t$201 = getelementptr inbounds i8, ptr %packet, i32 8
  %whole = and i32 %t$200, -4
  %t$202 = getelementptr inbounds i8, ptr %t$201, i32 %whole
  %t$203 = getelementptr inbounds i8, ptr %t$199, i32 %whole
  store ptr %t$201, ptr %move.at
  store ptr %t$199, ptr %move.at$1
  br label %move.head32
move.head32:
  %t$204 = load ptr, ptr %move.at
  %t$205 = load ptr, ptr %move.at$1
  %t$206 = icmp ne ptr %t$204, %t$202
  br i1 %t$206, label %move.word32, label %move.end32
move.word32:
  %t$207 = load i32, ptr %t$204, align 2
  store i32 %t$207, ptr %t$205, align 1
  %t$208 = getelementptr inbounds i8, ptr %t$204, i32 4
  store ptr %t$208, ptr %move.at
  %t$209 = getelementptr inbounds i8, ptr %t$205, i32 4
  store ptr %t$209, ptr %move.at$1
  br label %move.head32
move.end32:
  %whole$1 = and i32 %t$200, -1
  %t$210 = getelementptr inbounds i8, ptr %t$201, i32 %whole
  %t$211 = getelementptr inbounds i8, ptr %t$201, i32 %whole$1
  %t$212 = getelementptr inbounds i8, ptr %t$199, i32 %whole
  %t$213 = getelementptr inbounds i8, ptr %t$199, i32 %whole$1
  store ptr %t$210, ptr %move.at$2
  store ptr %t$212, ptr %move.at$3
  br label %move.head8
move.head8:
  %t$214 = load ptr, ptr %move.at$2
  %t$215 = load ptr, ptr %move.at$3
  %t$216 = icmp ne ptr %t$214, %t$211
  br i1 %t$216, label %move.word8, label %move.end8
move.word8:
  %t$217 = load i8, ptr %t$214, align 1
  store i8 %t$217, ptr %t$215, align 1
  %t$218 = getelementptr inbounds i8, ptr %t$214, i32 1
  store ptr %t$218, ptr %move.at$2
  %t$219 = getelementptr inbounds i8, ptr %t$215, i32 1
  store ptr %t$219, ptr %move.at$3
  br label %move.head8
move.end8:
  %t$220 = getelementptr inbounds i8, ptr %t$199, i32 %t$200
  %t$221 = zext i24 %first to i32
  %t$222 = call i32 @llvm.bswap.i32(i32 %t$221)
  %t$223 = lshr i32 %t$222, 8
  %t$224 = trunc nuw i32 %t$223 to i24
  %t$225 = lshr i24 %t$224, 16
  %t$226 = trunc i24 %t$225 to i8
  store i8 %t$226, ptr %t$220
  %t$227 = lshr i24 %t$224, 8
  %t$228 = trunc i24 %t$227 to i8
  %t$229 = getelementptr inbounds i8, ptr %t$220, i32 1
  store i8 %t$228, ptr %t$229
  %t$230 = lshr i24 %t$224, 0
  %t$231 = trunc i24 %t$230 to i8
  %t$232 = getelementptr inbounds i8, ptr %t$220, i32 2
  store i8 %t$231, ptr %t$232
  %t$233 = getelementptr inbounds i8, ptr %t$220, i32 3
  %t$234 = add nuw i32 %t$200, 46
  %t$235 = getelementptr inbounds i8, ptr %entry$1, i32 4
  store i32 %t$234, ptr %t$235, align 4
  %t$236 = load i32, ptr %effects
  %t$237 = mul nuw i32 %t$236, 308
  %t$238 = add nuw i32 %t$237, 4
  %t$239 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$240 = load ptr, ptr %t$239, !invariant.load !0, !nonnull !0
  %entry$2 = getelementptr inbounds i8, ptr %t$240, i32 %t$238
  store i32 3, ptr %entry$2, align 4
  %t$241 = getelementptr inbounds i8, ptr %entry$2, i32 4
  store i32 0, ptr %t$241, align 4
  %t$242 = add nuw i32 %t$236, 1
  store i32 %t$242, ptr %effects
  br label %end$1
else$1:
  %t$243 = load i32, ptr %effects
  %t$244 = mul nuw i32 %t$243, 308
  %t$245 = add nuw i32 %t$244, 4
  %t$246 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$247 = load ptr, ptr %t$246, !invariant.load !0, !nonnull !0
  %entry$3 = getelementptr inbounds i8, ptr %t$247, i32 %t$245
  store i32 65537, ptr %entry$3, align 4
  %t$248 = getelementptr inbounds i8, ptr %entry$3, i32 4
  store i32 0, ptr %t$248, align 4
  %t$249 = add nuw i32 %t$243, 1
  store i32 %t$249, ptr %effects
  %frame$1 = getelementptr inbounds i8, ptr %entry$3, i32 8
  %t$250 = lshr i128 %t$129, 3
  %t$251 = trunc i128 %t$250 to i48
  %t$252 = call i48 @llvm.bswap.i48(i48 %t$251)
  store i48 %t$252, ptr %frame$1, align 4
  %t$253 = getelementptr inbounds i8, ptr %frame$1, i32 6
  %t$254 = getelementptr inbounds i8, ptr %entry$3, i32 4
  store i32 6, ptr %t$254, align 4
  br label %end$1
end$1:
  %t$255 = load i32, ptr %effects
  %t$256 = getelementptr inbounds ptr, ptr %lease, i32 0
  %t$257 = load ptr, ptr %t$256, !invariant.load !0, !nonnull !0
  store i32 %t$255, ptr %t$257, align 4
  ret i32 1
}

declare i32 @llvm.bswap.i32(i32)

define internal i64 @quotient.i64(i64 %dividend, i64 %divisor) noinline nounwind "no-builtins" "no-jump-tables"="true" {
entry:
  %both = or i64 %dividend, %divisor
  %upper = lshr i64 %both, 32
  %fits = icmp eq i64 %upper, 0
  br i1 %fits, label %narrow, label %turn
narrow:
  %a = trunc i64 %dividend to i32
  %b = trunc i64 %divisor to i32
  %result = udiv i32 %a, %b
  %widened = zext i32 %result to i64
  ret i64 %widened
turn:
  %rest = phi i64 [ 0, %entry ], [ %rest.after, %turn ]
  %digits = phi i64 [ %dividend, %entry ], [ %digits.after, %turn ]
  %left = phi i32 [ 64, %entry ], [ %left.after, %turn ]
  %digit = lshr i64 %digits, 63
  %shifted = shl i64 %rest, 1
  %next = or disjoint i64 %shifted, %digit
  %over = icmp slt i64 %rest, 0
  %enough = icmp uge i64 %next, %divisor
  %goes = or i1 %over, %enough
  %less = sub i64 %next, %divisor
  %rest.after = select i1 %goes, i64 %less, i64 %next
  %moved = shl i64 %digits, 1
  %one = zext i1 %goes to i64
  %digits.after = or disjoint i64 %moved, %one
  %left.after = sub nuw i32 %left, 1
  %done = icmp eq i32 %left.after, 0
  br i1 %done, label %end, label %turn
end:
  ret i64 %digits.after
}


define internal i64 @remainder.i64(i64 %dividend, i64 %divisor) noinline nounwind "no-builtins" "no-jump-tables"="true" {
entry:
  %both = or i64 %dividend, %divisor
  %upper = lshr i64 %both, 32
  %fits = icmp eq i64 %upper, 0
  br i1 %fits, label %narrow, label %turn
narrow:
  %a = trunc i64 %dividend to i32
  %b = trunc i64 %divisor to i32
  %result = urem i32 %a, %b
  %widened = zext i32 %result to i64
  ret i64 %widened
turn:
  %rest = phi i64 [ 0, %entry ], [ %rest.after, %turn ]
  %digits = phi i64 [ %dividend, %entry ], [ %digits.after, %turn ]
  %left = phi i32 [ 64, %entry ], [ %left.after, %turn ]
  %digit = lshr i64 %digits, 63
  %shifted = shl i64 %rest, 1
  %next = or disjoint i64 %shifted, %digit
  %over = icmp slt i64 %rest, 0
  %enough = icmp uge i64 %next, %divisor
  %goes = or i1 %over, %enough
  %less = sub i64 %next, %divisor
  %rest.after = select i1 %goes, i64 %less, i64 %next
  %moved = shl i64 %digits, 1
  %one = zext i1 %goes to i64
  %digits.after = or disjoint i64 %moved, %one
  %left.after = sub nuw i32 %left, 1
  %done = icmp eq i32 %left.after, 0
  br i1 %done, label %end, label %turn
end:
  ret i64 %rest.after
}

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
