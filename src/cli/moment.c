#include "cli/moment.h"

#include <time.h>

#include "base/clock.h"
#include "plan/units.h"

#define MONTHS 12
#define WRITTEN "written 2d (days ago), 2026-11-01 or '2026-11-01 14:30'"

/* `count` digits at the start of what is left. */
static bool take_number(struct bytes *left, size_t count, int *out)
{
    *out = 0;
    if (left->len < count) return false;
    for (size_t i = 0; i < count; i++) {
        if (!bytes_is_digit(left->at[i])) return false;
        *out = *out * 10 + left->at[i] - '0';
    }
    *left = bytes_from(*left, count);
    return true;
}

static bool take_sign(struct bytes *left, const char *signs)
{
    if (left->len == 0 || !strchr(signs, left->at[0])) return false;
    *left = bytes_from(*left, 1);
    return true;
}

/* `:30`, `:30.250`: the fraction is read and left out. */
static bool take_seconds(struct bytes *left, struct tm *tm)
{
    if (!take_sign(left, ":")) return true;
    if (!take_number(left, 2, &tm->tm_sec)) return false;
    int digit;
    if (take_sign(left, ".") && !take_number(left, 1, &digit)) return false;
    while (take_number(left, 1, &digit)) continue;
    return true;
}

/* `2026-11-01`, `2026-11-01 14:30`, `2026-11-01T14:30:05Z`. */
static bool take_day(struct bytes in, struct tm *tm, bool *utc)
{
    struct bytes left = in;
    *tm = (struct tm){.tm_isdst = -1};
    if (!take_number(&left, 4, &tm->tm_year) || !take_sign(&left, "-")) return false;
    if (!take_number(&left, 2, &tm->tm_mon) || !take_sign(&left, "-")) return false;
    if (!take_number(&left, 2, &tm->tm_mday)) return false;
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    if (take_sign(&left, " T")) {
        if (!take_number(&left, 2, &tm->tm_hour) || !take_sign(&left, ":")) return false;
        if (!take_number(&left, 2, &tm->tm_min) || !take_seconds(&left, tm)) return false;
    }
    *utc = take_sign(&left, "Z");
    return left.len == 0;
}

static bool to_ns(struct tm *tm, bool utc, uint64_t *out_ns)
{
    struct tm asked = *tm;
    time_t at = utc ? timegm(tm) : mktime(tm);
    if (at < 0) return false;
    *out_ns = (uint64_t)at * NS_PER_S;
    /* What there is not, as the 30th of February, is turned into another day. */
    return tm->tm_mon == asked.tm_mon && tm->tm_mday == asked.tm_mday && asked.tm_hour < 24
           && asked.tm_min < 60 && asked.tm_sec < 60;
}

/* Midnight at the start of the day `back` days before now. */
static bool day_back(uint64_t now_ns, int back, uint64_t *out_ns)
{
    time_t now = (time_t)(now_ns / NS_PER_S);
    struct tm tm;
    if (!localtime_r(&now, &tm)) return false;
    tm.tm_mday -= back;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    time_t at = mktime(&tm);
    *out_ns = (uint64_t)at * NS_PER_S;
    return at >= 0;
}

bool moment_read(struct bytes in, uint64_t now_ns, uint64_t *out_ns, const char **why)
{
    struct tm tm;
    bool utc;
    *why = "a moment is " WRITTEN;
    if (bytes_is(in, "today")) return day_back(now_ns, 0, out_ns);
    if (bytes_is(in, "yesterday")) return day_back(now_ns, 1, out_ns);
    if (bytes_find(in, BYTES_LIT("-")) != SIZE_MAX) {
        if (!take_day(in, &tm, &utc)) return false;
        *why = "there is no such day or hour";
        return to_ns(&tm, utc, out_ns);
    }
    uint64_t ago_ns;
    if (in.len == 0 || !bytes_is_digit(in.at[0]) || !units_duration(in, &ago_ns, why)) return false;
    *out_ns = ago_ns < now_ns ? now_ns - ago_ns : 0;
    return true;
}

int64_t moment_utc_offset_s(void)
{
    time_t now = (time_t)(clock_wall_ns() / NS_PER_S);
    struct tm local;
    return localtime_r(&now, &local) ? local.tm_gmtoff : 0;
}
