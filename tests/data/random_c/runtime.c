/* What GCC calls, and what random programs print with. Written for MIPS I: Debian's libgcc is for MIPS32. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;

s32 write(s32 descriptor, const void *bytes, u32 size);

void *memcpy(void *to, const void *from, u32 size)
{
    u8 *out = to;
    const u8 *in = from;
    while (size--)
        *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, u32 size)
{
    u8 *out = to;
    const u8 *in = from;
    if (out <= in)
        return memcpy(to, from, size);
    while (size--)
        out[size] = in[size];
    return to;
}

void *memset(void *to, int value, u32 size)
{
    u8 *out = to;
    while (size--)
        *out++ = (u8)value;
    return to;
}

/* Shift and subtract. The divisor is not zero. */
static u64 divide(u64 value, u64 divisor, u64 *remainder)
{
    u64 quotient = 0, rest = 0;
    s32 bit = 63;
    if (!(value >> 32)) {
        if (!(divisor >> 32)) {
            *remainder = (u32)value % (u32)divisor;
            return (u32)value / (u32)divisor;
        }
        *remainder = value;
        return 0;
    }
    for (; bit >= 0; bit--) {
        u32 carry = (u32)(rest >> 63);
        rest = rest << 1 | (value >> bit & 1);
        if (carry || rest >= divisor) {
            rest -= divisor;
            quotient |= 1ULL << bit;
        }
    }
    *remainder = rest;
    return quotient;
}

u64 __udivdi3(u64 a, u64 b)
{
    u64 rest;
    return divide(a, b, &rest);
}

u64 __umoddi3(u64 a, u64 b)
{
    u64 rest;
    divide(a, b, &rest);
    return rest;
}

s64 __divdi3(s64 a, s64 b)
{
    u64 rest;
    u64 quotient = divide(a < 0 ? -(u64)a : (u64)a, b < 0 ? -(u64)b : (u64)b, &rest);
    return (s64)((a < 0) != (b < 0) ? -quotient : quotient);
}

s64 __moddi3(s64 a, s64 b)
{
    u64 rest;
    divide(a < 0 ? -(u64)a : (u64)a, b < 0 ? -(u64)b : (u64)b, &rest);
    return (s64)(a < 0 ? -rest : rest);
}

union halves {
    u64 whole;
    struct {
        u32 low, high;
    } half;
};

u64 __ashldi3(u64 value, s32 count)
{
    union halves in, out;
    in.whole = value;
    if (!count)
        return value;
    out.half.low = count < 32 ? in.half.low << count : 0;
    out.half.high = count < 32 ? in.half.high << count | in.half.low >> (32 - count) : in.half.low << (count - 32);
    return out.whole;
}

u64 __lshrdi3(u64 value, s32 count)
{
    union halves in, out;
    in.whole = value;
    if (!count)
        return value;
    out.half.high = count < 32 ? in.half.high >> count : 0;
    out.half.low = count < 32 ? in.half.low >> count | in.half.high << (32 - count) : in.half.high >> (count - 32);
    return out.whole;
}

s64 __ashrdi3(s64 value, s32 count)
{
    union halves in, out;
    in.whole = (u64)value;
    if (!count)
        return value;
    out.half.high = (u32)((s32)in.half.high >> (count < 32 ? count : 31));
    out.half.low =
        count < 32 ? in.half.low >> count | in.half.high << (32 - count) : (u32)((s32)in.half.high >> (count - 32));
    return (s64)out.whole;
}

/* 0, 1 or 2: less, equal, greater. */
s32 __ucmpdi2(u64 left, u64 right)
{
    union halves a, b;
    a.whole = left, b.whole = right;
    if (a.half.high != b.half.high)
        return a.half.high < b.half.high ? 0 : 2;
    return a.half.low < b.half.low ? 0 : a.half.low == b.half.low ? 1 : 2;
}

s32 __cmpdi2(s64 left, s64 right)
{
    return __ucmpdi2((u64)left ^ 1ULL << 63, (u64)right ^ 1ULL << 63);
}

/* The checksum that programs mix their results into, and its line. */
u32 checksum = 0x811c9dc5;

void mix(u64 value)
{
    s32 i;
    for (i = 0; i < 8; i++)
        checksum = (checksum ^ (u8)(value >> (8 * i))) * 0x01000193;
}

void mix_bytes(const void *bytes, u32 size)
{
    const u8 *in = bytes;
    while (size--)
        checksum = (checksum ^ *in++) * 0x01000193;
}

void report(void)
{
    u8 line[9];
    s32 i;
    for (i = 0; i < 8; i++)
        line[i] = (u8)"0123456789abcdef"[checksum >> (28 - 4 * i) & 15];
    line[8] = '\n';
    write(1, line, 9);
}
