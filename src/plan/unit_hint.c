#include "plan/unit_hint.h"

#include "plan/units.h"

static const struct {
    const char *word, *ours;
    bool rate; /* of rates alone */
} words[] = {
    {"milliseconds", "ms", false},
    {"millis", "ms", false},
    {"msec", "ms", false},
    {"microseconds", "us", false},
    {"usec", "us", false},
    {"\xc2\xb5", "u", false}, /* micro sign, and the Greek letter */
    {"\xce\xbc", "u", false},
    {"seconds", "s", false},
    {"second", "s", false},
    {"secs", "s", false},
    {"sec", "s", false},
    {"minutes", "m", false},
    {"minute", "m", false},
    {"mins", "m", false},
    {"min", "m", false},
    {"hours", "h", false},
    {"hour", "h", false},
    {"hrs", "h", false},
    {"hr", "h", false},
    {"days", "d", false},
    {"day", "d", false},
    {"percent", "%", false},
    {"requests", "", true},
    {"request", "", true},
    {"reqs", "", true},
    {"req", "", true},
    {"iterations", "", true},
    {"per", "/", true},
    {"rps", "/s", true},
    {"rpm", "/m", true},
    {"qps", "/s", true},
    {"tps", "/s", true},
};

static size_t find_word(struct bytes in, bool rate)
{
    size_t i = 0;
    for (; i < COUNT_OF(words); i++) {
        size_t len = strlen(words[i].word);
        bool same =
            in.len >= len && bytes_same_nocase((struct bytes){in.at, len}, bytes_of(words[i].word));
        if (same && (rate || !words[i].rate)) break;
    }
    return i;
}

static size_t count_digits(struct bytes in)
{
    size_t n = 0;
    while (n < in.len && bytes_is_digit(in.at[n])) n++;
    return n;
}

/* The number at the start of `*in`, passed: thousands without their commas, a decimal comma as a
 * point, `k` as three noughts. False: it may mean more than one thing. */
static bool add_number(struct text *out, struct bytes *in)
{
    size_t whole = count_digits(*in);
    bool nought = in->at[0] == '0';
    bool grouped = false;
    bool fraction = false;
    text_add(out, (struct bytes){in->at, whole});
    *in = bytes_from(*in, whole);
    while (in->len > 1 && (in->at[0] == ',' || in->at[0] == '.') && !fraction) {
        struct bytes digits = bytes_from(*in, 1);
        size_t n = count_digits(digits);
        bool group = in->at[0] == ',' && n == 3 && whole <= 3 && !nought;
        if (n == 0 || (grouped && in->at[0] == ',' && !group)) return false;
        if (group) grouped = true;
        else fraction = true;
        if (!group) text_adds(out, ".");
        text_add(out, (struct bytes){digits.at, n});
        *in = bytes_from(digits, n);
    }
    bool kilo = in->len > 0 && (in->at[0] | 0x20) == 'k';
    if (!kilo) return true;
    text_adds(out, "000");
    *in = bytes_from(*in, 1);
    return !fraction;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool add_amount(struct text *out, struct bytes in, bool rate)
{
    while (in.len > 0) {
        size_t word = find_word(in, rate);
        if (bytes_is_digit(in.at[0])) {
            if (!add_number(out, &in)) return false;
            continue;
        }
        if (word < COUNT_OF(words)) text_adds(out, words[word].ours);
        else if (in.at[0] != ' ') text_addc(out, lower(in.at[0]), 1);
        in = bytes_from(in, word < COUNT_OF(words) ? strlen(words[word].word) : 1);
    }
    return true;
}

static bool reads(struct bytes text, enum objective_unit unit)
{
    const char *why = "";
    uint64_t whole = 0;
    double number = 0;
    switch (unit) {
    case UNIT_TIME:
        return units_duration(text, &whole, &why);
    case UNIT_SHARE:
        return units_share(text, &number, &why);
    case UNIT_RATE:
        return units_rate(text, &number, &why);
    case UNIT_COUNT:
        return units_count(text, &whole, &why);
    case UNIT_BYTES:
        return units_bytes(text, &number, &why);
    case UNIT_BYTES_RATE:
        return units_bytes_rate(text, &number, &why);
    case UNIT_NUMBER:
        return units_number(text, &number, &why);
    }
    return false;
}

/* `512 mb`, `512M`, `512` as they are written; what has no B is meant in powers of two. */
static bool add_bytes(struct text *out, struct bytes in, bool rate)
{
    static const struct {
        const char *word, *ours;
    } sizes[] = {{"b", "B"},     {"k", "KiB"},   {"kib", "KiB"}, {"kb", "kB"},   {"m", "MiB"},
                 {"mib", "MiB"}, {"mb", "MB"},   {"g", "GiB"},   {"gib", "GiB"}, {"gb", "GB"},
                 {"t", "TiB"},   {"tib", "TiB"}, {"tb", "TB"},   {"", "MiB"}};
    size_t digits = 0;
    while (digits < in.len && (bytes_is_digit(in.at[digits]) || in.at[digits] == '.')) digits++;
    struct bytes unit = bytes_trim(bytes_from(in, digits));
    struct bytes end = BYTES_LIT("/s");
    if (unit.len >= end.len && bytes_equal(bytes_from(unit, unit.len - end.len), end))
        unit.len -= end.len;
    for (size_t i = 0; i < COUNT_OF(sizes) && digits > 0; i++) {
        if (!bytes_same_nocase(unit, bytes_of(sizes[i].word))) continue;
        text_addf(out, "%.*s%s%s", (int)digits, in.at, sizes[i].ours, rate ? "/s" : "");
        return true;
    }
    return false;
}

bool unit_hint_find(struct text *out, struct bytes in, enum objective_unit unit)
{
    static const char *const usual[] = {[UNIT_TIME] = "ms",
                                        [UNIT_SHARE] = "%",
                                        [UNIT_RATE] = "/s",
                                        [UNIT_COUNT] = "",
                                        [UNIT_NUMBER] = ""};
    char array[80];
    struct text amount = text_in(array, sizeof array);
    double number = 0;
    bool bytes = unit == UNIT_BYTES || unit == UNIT_BYTES_RATE;
    if (bytes) {
        if (!add_bytes(&amount, in, unit == UNIT_BYTES_RATE)) return false;
    } else if (!add_amount(&amount, in, unit == UNIT_RATE)) return false;
    if (!bytes && bytes_to_double(text_bytes(&amount), &number)) text_adds(&amount, usual[unit]);
    if (amount.cut || !reads(text_bytes(&amount), unit)) return false;
    text_add(out, text_bytes(&amount));
    return true;
}
