#include "amounts.h"

#include <string.h>

#include "clock.h"

#define LONGEST_NS (UINT64_C(1000) * 3600 * NS_PER_S)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads `digits[.digits]` as a number times `scale`, digits past the scale being cut off.
 * Returns where the unit starts, NULL when there is no number or it is over `most`. */
static const char *read_scaled(const char *text, uint64_t scale, uint64_t most, uint64_t *out)
{
    if (!is_digit(*text)) return NULL;
    uint64_t value = 0;
    for (; is_digit(*text); text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (most / scale - digit) / 10) return NULL;
        value = value * 10 + digit;
    }
    value *= scale;
    if (*text == '.') {
        text++;
        if (!is_digit(*text)) return NULL;
        for (; is_digit(*text); text++) {
            scale /= 10;
            value += (uint64_t)(*text - '0') * scale;
        }
    }
    if (value > most) return NULL;
    *out = value;
    return text;
}

bool amounts_whole(const char *text, uint64_t most, uint64_t *out)
{
    if (strchr(text, '.')) return false;
    uint64_t value;
    const char *rest = read_scaled(text, 1, most + 10, &value);
    if (!rest || *rest != '\0' || value > most) return false;
    *out = value;
    return true;
}

bool amounts_duration(const char *text, uint64_t *out_ns)
{
    static const struct {
        const char *name;
        uint64_t unit_ns;
    } units[] = {
        {"us", NS_PER_US},    {"ms", NS_PER_MS},      {"s", NS_PER_S},
        {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S},
    };
    const char *unit = text + strspn(text, "0123456789.");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(unit, units[i].name) != 0) continue;
        uint64_t value_ns;
        if (read_scaled(text, units[i].unit_ns, LONGEST_NS, &value_ns) != unit) return false;
        *out_ns = value_ns;
        return true;
    }
    return false;
}

bool amounts_rate(const char *text, uint64_t most, uint64_t *out_per_s)
{
    if (strchr(text, '.')) return false;
    uint64_t value;
    const char *rest = read_scaled(text, 1, most + 10, &value);
    if (!rest || value > most) return false;
    if (*rest != '\0' && strcmp(rest, "/s") != 0) return false;
    *out_per_s = value;
    return true;
}

bool amounts_percent(const char *text, uint32_t *out_per_million)
{
    uint64_t value;
    const char *rest = read_scaled(text, 10000, 1000000, &value);
    if (!rest) return false;
    if (*rest != '\0' && strcmp(rest, "%") != 0) return false;
    *out_per_million = (uint32_t)value;
    return true;
}

bool amounts_bytes(const char *text, uint64_t most, uint64_t *out)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"B", 1}, {"KiB", 1024}, {"MiB", UINT64_C(1024) * 1024}};
    const char *unit = text + strspn(text, "0123456789");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        uint64_t value;
        if (strcmp(unit, units[i].name) != 0) continue;
        if (read_scaled(text, units[i].bytes, most + 10 * units[i].bytes, &value) != unit) break;
        if (value > most) break;
        *out = value;
        return true;
    }
    return false;
}
