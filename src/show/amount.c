#include "show/amount.h"

#include <math.h>
#include <time.h>

#include "base/attr.h"
#include "base/clock.h"

#define NS_PER_MS_F 1e6
#define NS_PER_S_F 1e9

static bool none(struct text *out, double value)
{
    if (!isnan(value)) return false;
    text_adds(out, AMOUNT_NONE);
    return true;
}

/* A number with so many decimals and a comma at each thousand. */
static void add_grouped(struct text *out, double value, uint32_t decimals)
{
    char array[64];
    struct text digits = text_in(array, sizeof array);
    text_addf(&digits, "%.*f", (int)decimals, value);
    struct bytes all = text_bytes(&digits);
    size_t point = bytes_find(all, BYTES_LIT("."));
    size_t whole = point < all.len ? point : all.len;
    size_t sign = all.len > 0 && all.at[0] == '-';
    for (size_t i = 0; i < all.len; i++) {
        if (i > sign && i < whole && (whole - i) % 3 == 0) text_addc(out, ',', 1);
        text_addc(out, all.at[i], 1);
    }
}

/* Decimals that leave `digits` significant ones, at least 0 and at most 6. */
static uint32_t decimals_for(double value, int digits)
{
    if (!(value > 0)) return 0;
    int decimals = digits - 1 - (int)floor(log10(value));
    return decimals < 0 ? 0 : decimals > 6 ? 6 : (uint32_t)decimals;
}

void amount_ms(struct text *out, double ns, uint32_t decimals)
{
    if (!none(out, ns)) add_grouped(out, ns / NS_PER_MS_F, decimals);
}

uint32_t amount_ms_decimals(double least_ns, double most_ns)
{
    if (!(most_ns > 0)) return 0;
    uint32_t fine = decimals_for(least_ns / NS_PER_MS_F, 3);
    uint32_t coarse = decimals_for(most_ns / NS_PER_MS_F, 4);
    uint32_t needed = decimals_for(least_ns / NS_PER_MS_F, 2);
    uint32_t decimals = fine < coarse ? fine : coarse;
    if (decimals < needed) decimals = needed;
    return decimals > 3 ? 3 : decimals;
}

void amount_time(struct text *out, double ns)
{
    if (none(out, ns)) return;
    bool seconds = ns >= 10 * NS_PER_S_F;
    double value = seconds ? ns / NS_PER_S_F : ns / NS_PER_MS_F;
    uint32_t decimals = decimals_for(value, 3);
    add_grouped(out, value, decimals > 3 ? 3 : decimals);
    text_adds(out, seconds ? " s" : " ms");
}

void amount_length(struct text *out, double ns)
{
    if (none(out, ns)) return;
    double s = ns / NS_PER_S_F;
    if (s < 9.95) {
        text_addf(out, "%.1f s", s);
        return;
    }
    uint64_t whole = (uint64_t)(s + 0.5);
    uint64_t hours = whole / 3600;
    uint64_t minutes = whole / 60 % 60;
    uint64_t seconds = whole % 60;
    if (hours > 0) text_addf(out, "%llu h ", (unsigned long long)hours);
    if (minutes > 0) text_addf(out, "%llu min ", (unsigned long long)minutes);
    if (seconds > 0 && hours == 0) text_addf(out, "%llu s ", (unsigned long long)seconds);
    out->at[--out->len] = '\0'; /* the last blank: at least 10 s were written */
}

void amount_share(struct text *out, double share)
{
    if (none(out, share)) return;
    /* The nearer end decides how fine: 0.012 % as well as 99.988 %. */
    double rest = share > 0.5 ? 1 - share : share;
    uint32_t decimals = rest > 0 ? decimals_for(rest * 100, 2) : 0;
    if (decimals > 4) decimals = 4;
    double scale = pow(10, decimals);
    double percent = share * 100;
    /* Rounded, but never to an end that it has not reached. */
    double shown = share > 0.5 && share < 1 ? floor(percent * scale + 1e-6) / scale : percent;
    if (share > 0 && percent < 0.5 / scale) text_addf(out, "<%.*f %%", (int)decimals, 1 / scale);
    else text_addf(out, "%.*f %%", (int)decimals, shown);
}

void amount_per_s(struct text *out, double per_s)
{
    if (none(out, per_s)) return;
    uint32_t decimals = decimals_for(per_s, 4);
    add_grouped(out, per_s, decimals > 1 ? (per_s < 1 && per_s > 0 ? 2 : 1) : decimals);
}

void amount_rate(struct text *out, double per_s)
{
    amount_per_s(out, per_s);
    if (!isnan(per_s)) text_adds(out, "/s");
}

void amount_count(struct text *out, double count)
{
    if (none(out, count)) return;
    bool whole = count == floor(count);
    add_grouped(out, count, whole || count >= 100 ? 0 : 1);
}

void amount_bytes(struct text *out, double bytes)
{
    if (none(out, bytes)) return;
    double mib = bytes / 1048576;
    add_grouped(out, mib < 10240 ? mib : mib / 1024, mib < 10 ? 1 : 0);
    text_adds(out, mib < 10240 ? " MiB" : " GiB");
}

void amount_size(struct text *out, double bytes)
{
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    size_t unit = 0;
    if (none(out, bytes)) return;
    while (bytes >= 1024 && unit + 1 < COUNT_OF(units)) {
        bytes /= 1024;
        unit++;
    }
    add_grouped(out, bytes, unit == 0 ? 0 : decimals_for(bytes, 3));
    text_adds(out, units[unit]);
}

void amount_size_rate(struct text *out, double per_s)
{
    amount_size(out, per_s);
    if (!isnan(per_s)) text_adds(out, "/s");
}

void amount_size_per_hour(struct text *out, double per_s)
{
    if (none(out, per_s)) return;
    if (per_s < 0) text_adds(out, "-");
    amount_size(out, fabs(per_s) * 3600);
    text_adds(out, "/h");
}

void amount_number(struct text *out, double value)
{
    if (none(out, value)) return;
    double size = fabs(value);
    bool whole = value == floor(value);
    if (value < 0) text_adds(out, "-");
    add_grouped(out, size, whole || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4);
}

void amount_of(struct text *out, const struct objective *objective, double value)
{
    switch (objective_unit(objective)) {
    case UNIT_TIME:
        amount_time(out, value);
        return;
    case UNIT_SHARE:
        amount_share(out, value);
        return;
    case UNIT_RATE:
        if (objective->of_offered) amount_share(out, value);
        else amount_rate(out, value);
        return;
    case UNIT_COUNT:
        amount_count(out, value);
        return;
    case UNIT_BYTES:
        amount_size(out, value);
        return;
    case UNIT_BYTES_RATE:
        if (objective->metric == METRIC_LEAK) amount_size_per_hour(out, value);
        else amount_size_rate(out, value);
        return;
    case UNIT_NUMBER:
        amount_number(out, value);
        return;
    }
}

void amount_series(struct text *out, enum series_unit unit, double value)
{
    struct objective o = {.metric = METRIC_SERIES, .series_unit = unit};
    if (unit == SERIES_CORES && !none(out, value)) {
        if (value > 0 && value < 0.01) text_adds(out, "<0.01 cores");
        else text_addf(out, value < 100 ? "%.2f cores" : "%.0f cores", value);
    } else if (unit != SERIES_CORES) {
        amount_of(out, &o, unit == SERIES_SECONDS ? value * NS_PER_S_F : value);
    }
}

void amount_in_unit(struct text *out, struct bytes unit, double value)
{
    if (bytes_is(unit, "ms")) amount_time(out, value * NS_PER_MS_F);
    else if (bytes_starts(unit, BYTES_LIT("%"))) amount_share(out, value / 100);
    else if (bytes_is(unit, "/s")) amount_rate(out, value);
    else if (bytes_is(unit, "B")) amount_size(out, value);
    else if (bytes_is(unit, "B/s")) amount_size_rate(out, value);
    else if (bytes_is(unit, "B/h")) amount_size_per_hour(out, value / 3600);
    else if (unit.len == 0 || bytes_is(unit, "cores") || bytes_is(unit, "waiting"))
        amount_number(out, value);
    else amount_count(out, value);
}

void amount_moment(struct text *out, uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm)) return;
    text_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
              tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_ns % NS_PER_S / NS_PER_MS));
}
