#include "base/bytes.h"

#include <math.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool bytes_same_nocase(struct bytes a, struct bytes b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.at[i]) != lower(b.at[i])) return false;
    }
    return true;
}

struct bytes bytes_trim(struct bytes a)
{
    while (a.len > 0 && (a.at[0] == ' ' || a.at[0] == '\t')) a = bytes_from(a, 1);
    while (a.len > 0 && (a.at[a.len - 1] == ' ' || a.at[a.len - 1] == '\t')) a.len--;
    return a;
}

size_t bytes_find(struct bytes a, struct bytes needle)
{
    if (needle.len == 0) return 0;
    if (a.len < needle.len) return SIZE_MAX;
    const char *hit = memmem(a.at, a.len, needle.at, needle.len);
    return hit ? (size_t)(hit - a.at) : SIZE_MAX;
}

bool bytes_to_u64(struct bytes a, uint64_t *out)
{
    uint64_t value = 0;
    if (a.len == 0) return false;
    for (size_t i = 0; i < a.len; i++) {
        if (!bytes_is_digit(a.at[i])) return false;
        if (__builtin_mul_overflow(value, UINT64_C(10), &value)) return false;
        if (__builtin_add_overflow(value, (uint64_t)(a.at[i] - '0'), &value)) return false;
    }
    *out = value;
    return true;
}

bool bytes_to_double(struct bytes a, double *out)
{
    size_t i = 0;
    double value = 0;
    int scale = 0;
    bool negative = false, digits = false;
    if (i < a.len && (a.at[i] == '-' || a.at[i] == '+')) negative = a.at[i++] == '-';
    for (; i < a.len && bytes_is_digit(a.at[i]); i++, digits = true)
        value = value * 10 + (a.at[i] - '0');
    if (i < a.len && a.at[i] == '.') {
        for (i++; i < a.len && bytes_is_digit(a.at[i]); i++, digits = true) {
            value = value * 10 + (a.at[i] - '0');
            scale--;
        }
    }
    if (!digits) return false;
    if (i < a.len && (a.at[i] == 'e' || a.at[i] == 'E')) {
        bool down = false;
        int exponent = 0;
        i++;
        if (i < a.len && (a.at[i] == '-' || a.at[i] == '+')) down = a.at[i++] == '-';
        if (i >= a.len) return false;
        for (; i < a.len && bytes_is_digit(a.at[i]); i++) {
            if (exponent < 10000) exponent = exponent * 10 + (a.at[i] - '0');
        }
        scale += down ? -exponent : exponent;
    }
    if (i != a.len) return false;
    /* Divide by an exact power of ten rather than multiply by an inexact one: 0.1 stays 0.1. */
    if (scale < 0) value /= pow(10, -scale);
    else if (scale > 0) value *= pow(10, scale);
    *out = negative ? -value : value;
    return isfinite(value) != 0;
}
