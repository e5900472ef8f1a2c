/* What csmith's programs need of csmith.h, without a C library. safe_math.h is csmith's own. */

typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
typedef unsigned int size_t;

#define INT8_MIN (-128)
#define INT8_MAX 127
#define UINT8_MAX 255
#define INT16_MIN (-32768)
#define INT16_MAX 32767
#define UINT16_MAX 65535
#define INT32_MIN (-2147483647 - 1)
#define INT32_MAX 2147483647
#define UINT32_MAX 4294967295U
#define INT64_MIN (-9223372036854775807LL - 1)
#define INT64_MAX 9223372036854775807LL
#define UINT64_MAX 18446744073709551615ULL
#define CHAR_BIT 8
#define INT_MIN INT32_MIN
#define INT_MAX INT32_MAX
#define UINT_MAX UINT32_MAX

/* Floating point is declared there and never used. */
#define FLT_MAX 3.40282346638528859812e+38F
#define DBL_MAX 1.79769313486231570815e+308
float fabsf(float);
double fabs(double);
float ldexpf(float, int);
double ldexp(double, int);

#define STATIC static
#define UNDEFINED(value) (value)
#define LOG_INDEX
#define LOG_EXEC
#define FUNC_NAME(name) (safe_##name)
#include "safe_math.h"

#define printf(...) ((void)0) /* of an index, and never reached: transparent_crc's flag is 0 */

void mix(unsigned long long value);
void report(void);
void *memcpy(void *, const void *, uint32_t);
void *memset(void *, int, uint32_t);
static const uint32_t crc32_context = 0;

static void platform_main_begin(void)
{
}

static void crc32_gentab(void)
{
}

static void transparent_crc(uint64_t value, char *name, int flag)
{
    mix(value);
}

static void platform_main_end(uint32_t value, int flag)
{
    report();
}
