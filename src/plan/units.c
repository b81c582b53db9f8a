#include "plan/units.h"

#include "base/ns.h"
#include "base/text.h"

#define BYTES_MAX (UINT64_C(1) << 60)

struct unit {
    const char *name;
    uint64_t scale;
};

/* Reads digits with an optional fraction from `in` at `*i`: value = whole + frac / 10^9. */
static bool read_number(struct bytes in, size_t *i, uint64_t *whole, uint64_t *billionths)
{
    size_t start = *i;
    size_t digits = 0;
    while (*i < in.len && bytes_is_digit(in.at[*i])) (*i)++, digits++;
    *whole = *billionths = 0;
    if (digits > 0 && !bytes_to_u64((struct bytes){in.at + start, digits}, whole)) return false;
    if (*i < in.len && in.at[*i] == '.') {
        uint64_t place = 100000000;
        size_t first = ++*i;
        while (*i < in.len && bytes_is_digit(in.at[*i])) {
            *billionths += (uint64_t)(in.at[*i] - '0') * place;
            place /= 10;
            (*i)++;
        }
        if (*i == first) return false;
        digits += *i - first;
    }
    return digits > 0;
}

/* The letters at `*i` as one of `units`; NULL: none. */
static const struct unit *read_unit(struct bytes in, size_t *i, const struct unit *units,
                                    size_t count)
{
    size_t start = *i;
    while (*i < in.len && ((in.at[*i] | 0x20) >= 'a' && (in.at[*i] | 0x20) <= 'z')) (*i)++;
    struct bytes word = {in.at + start, *i - start};
    for (size_t u = 0; u < count; u++) {
        if (bytes_is(word, units[u].name)) return &units[u];
    }
    return NULL;
}

/* whole.billionths * scale, false when it does not fit 63 bits. */
static bool scaled(uint64_t whole, uint64_t billionths, uint64_t scale, uint64_t *out)
{
    uint64_t value = 0;
    if (__builtin_mul_overflow(whole, scale, &value)) return false;
    double part = (double)billionths * 1e-9 * (double)scale;
    if (__builtin_add_overflow(value, (uint64_t)(part + 0.5), &value)) return false;
    *out = value;
    return value <= INT64_MAX;
}

/* The commonest mistake gets its own words, rather than a lesson in the form. */
static bool is_negative(struct bytes in)
{
    return in.len > 1 && in.at[0] == '-' && bytes_is_digit(in.at[1]);
}

bool units_duration(struct bytes in, uint64_t *out_ns, const char **why)
{
    static const struct unit units[] = {
        {"ns", 1},
        {"us", NS_PER_US},
        {"ms", NS_PER_MS},
        {"s", NS_PER_S},
        {"m", 60 * NS_PER_S},
        {"h", 3600 * NS_PER_S},
        {"d", 86400 * NS_PER_S},
    };
    uint64_t total = 0;
    uint64_t last_scale = UINT64_MAX;
    size_t i = 0;
    do {
        uint64_t whole = 0;
        uint64_t billionths = 0;
        uint64_t part = 0;
        if (!read_number(in, &i, &whole, &billionths)) {
            *why = is_negative(in) ? "a duration cannot be negative"
                                   : "a duration is a number and its unit: 100ms, 30s, 1m30s";
            return false;
        }
        size_t letters = i;
        const struct unit *unit = read_unit(in, &i, units, COUNT_OF(units));
        if (!unit) {
            *why = i == letters ? "a duration needs its unit: 100ms, 30s, 5m"
                                : "a duration has a unit of ns, us, ms, s, m, h or d";
            return false;
        }
        bool descending = unit->scale < last_scale;
        last_scale = unit->scale;
        if (!descending || !scaled(whole, billionths, unit->scale, &part)
            || __builtin_add_overflow(total, part, &total) || total > INT64_MAX) {
            *why = descending ? "a duration of more than 290 years"
                              : "the units of a duration go from large to small: 1m30s";
            return false;
        }
    } while (i < in.len);
    *out_ns = total;
    return true;
}

bool units_rate(struct bytes in, double *out_per_s, const char **why)
{
    static const struct unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}};
    size_t slash = bytes_find(in, BYTES_LIT("/"));
    double value = 0;
    if (slash == SIZE_MAX) {
        *why = "a rate needs its unit: 500/s, 30/m";
        return false;
    }
    size_t i = slash + 1;
    const struct unit *unit = read_unit(in, &i, units, COUNT_OF(units));
    bool plain = slash > 0 && in.at[0] != '-' && in.at[0] != '+';
    if (!plain || !unit || i != in.len || !bytes_to_double((struct bytes){in.at, slash}, &value)) {
        *why = is_negative(in) ? "a rate cannot be negative"
                               : "a rate is a number and /s, /m or /h: 500/s";
        return false;
    }
    *out_per_s = value / (double)unit->scale;
    return true;
}

bool units_share(struct bytes in, double *out, const char **why)
{
    double value = 0;
    if (in.len == 0 || in.at[in.len - 1] != '%') {
        *why = "a share needs its percent sign: 0.1%";
        return false;
    }
    struct bytes number = {in.at, in.len - 1};
    bool plain = number.len > 0 && number.at[0] != '-' && number.at[0] != '+';
    if (!plain || !bytes_to_double(number, &value) || value > 100) {
        *why = "a share is between 0% and 100%";
        return false;
    }
    *out = value / 100;
    return true;
}

bool units_count(struct bytes in, uint64_t *out, const char **why)
{
    if (bytes_to_u64(in, out)) return true;
    *why = is_negative(in) ? "a count cannot be negative"
                           : "a count is a whole number without a unit: 100";
    return false;
}

bool units_bytes(struct bytes in, double *out, const char **why)
{
    static const struct unit units[] = {
        {"B", 1},
        {"KiB", UINT64_C(1) << 10},
        {"MiB", UINT64_C(1) << 20},
        {"GiB", UINT64_C(1) << 30},
        {"TiB", UINT64_C(1) << 40},
        {"kB", 1000},
        {"KB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", UINT64_C(1000000000000)},
    };
    uint64_t whole = 0;
    uint64_t billionths = 0;
    uint64_t bytes = 0;
    size_t i = 0;
    if (!read_number(in, &i, &whole, &billionths)) {
        *why = is_negative(in) ? "an amount of bytes cannot be negative"
                               : "an amount of bytes is a number and its unit: 512MiB";
        return false;
    }
    size_t letters = i;
    const struct unit *unit = read_unit(in, &i, units, COUNT_OF(units));
    if (!unit || i != in.len) {
        *why = letters == in.len
                   ? "an amount of bytes needs its unit: 512MiB, 2GB"
                   : "an amount of bytes has a unit of B, KiB, MiB, GiB, kB, MB or GB";
        return false;
    }
    if (!scaled(whole, billionths, unit->scale, &bytes) || bytes > BYTES_MAX) {
        *why = "more bytes than there can be";
        return false;
    }
    *out = (double)bytes;
    return true;
}

bool units_bytes_rate(struct bytes in, double *out_per_s, const char **why)
{
    static const struct {
        const char *end;
        double seconds;
    } ends[] = {{"/s", 1}, {"/m", 60}, {"/min", 60}, {"/h", 3600}};
    struct bytes amount = in;
    double seconds = 0;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct bytes end = bytes_of(ends[i].end);
        if (in.len <= end.len || !bytes_equal(bytes_from(in, in.len - end.len), end)) continue;
        amount.len = in.len - end.len;
        seconds = ends[i].seconds;
    }
    if (!units_bytes(amount, out_per_s, why)) return false;
    *why = "bytes by time need their /s, /m or /h: 10MiB/s, 1MiB/h";
    if (seconds <= 0) return false;
    *out_per_s /= seconds;
    return true;
}

bool units_number(struct bytes in, double *out, const char **why)
{
    bool sign = in.len > 1 && in.at[0] == '-';
    bool digit = in.len > sign && bytes_is_digit(in.at[sign]);
    if (digit && bytes_to_double(in, out)) return true;
    *why = "it is counted without a unit: 2, 0.5";
    return false;
}

void units_add_duration(struct text *out, uint64_t ns)
{
    static const struct unit units[] = {
        {"h", 3600 * NS_PER_S}, {"m", 60 * NS_PER_S}, {"s", NS_PER_S},
        {"ms", NS_PER_MS},      {"us", NS_PER_US},    {"ns", 1},
    };
    size_t u = 0;
    while (ns % units[u].scale != 0) u++;
    if (ns == 0) u = 2; /* 0s */
    text_addf(out, "%llu%s", (unsigned long long)(ns / units[u].scale), units[u].name);
}

void units_add_number(struct text *out, double value)
{
    char array[40];
    struct text t = text_in(array, sizeof array);
    for (int digits = 12; digits <= 17; digits++) {
        double back = 0;
        text_clear(&t);
        text_addf(&t, "%.*g", digits, value);
        if (bytes_to_double(text_bytes(&t), &back) && !(back < value || back > value)) break;
    }
    text_add(out, text_bytes(&t));
}

void units_add_rate(struct text *out, double per_s)
{
    static const struct unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}};
    char arrays[COUNT_OF(units)][48];
    size_t best = 0;
    size_t best_len = sizeof arrays[0] + 4;
    for (size_t u = 0; u < COUNT_OF(units); u++) {
        struct text t = text_in(arrays[u], sizeof arrays[u]);
        double scale = (double)units[u].scale;
        bool exact = !(per_s * scale / scale < per_s) && !(per_s * scale / scale > per_s);
        units_add_number(&t, per_s * scale);
        if (!exact || t.len + 4 > best_len) continue; /* only where it is much shorter */
        best = u;
        best_len = t.len;
    }
    text_addf(out, "%s/%s", arrays[best], units[best].name);
}
