#include "wire/when_text.h"

#include "base/ns.h"

#define YEAR_FIRST 1970
#define YEAR_LAST 2199
#define EPOCH_LAST_S UINT64_C(7258118400) /* 2200-01-01 */

/* What is read, from the left. */
struct reader {
    struct bytes text;
    size_t at;
};

static bool take(struct reader *r, const char *any)
{
    if (r->at >= r->text.len || !bytes_is_any(r->text.at[r->at], any)) return false;
    r->at++;
    return true;
}

/* Exactly `digits` digits, whose number is at most `most`. */
static bool number(struct reader *r, uint32_t digits, uint32_t most, uint32_t *out)
{
    uint32_t value = 0;
    if (r->text.len - r->at < digits) return false;
    for (uint32_t i = 0; i < digits; i++) {
        char c = r->text.at[r->at + i];
        if (!bytes_is_digit(c)) return false;
        value = value * 10 + (uint32_t)(c - '0');
    }
    r->at += digits;
    *out = value;
    return value <= most;
}

/* Days since 1970 of a day of the Gregorian calendar. H. Hinnant, chrono-Compatible Low-Level Date
 * Algorithms, days_from_civil: years begin in March, so that a leap day is a year's last. */
static uint64_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
    uint32_t y = month <= 2 ? year - 1 : year;
    uint32_t shifted = month > 2 ? month - 3 : month + 9;
    uint32_t era = y / 400;
    uint32_t year_of_era = y - era * 400;
    uint32_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
    uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (uint64_t)era * 146097 + day_of_era - 719468;
}

struct civil {
    uint32_t year, month, day, hour, minute, second;
};

static bool is_day(const struct civil *c)
{
    return c->year >= YEAR_FIRST && c->year <= YEAR_LAST && c->month >= 1 && c->month <= 12
           && c->day >= 1;
}

static bool clock_part(struct reader *r, struct civil *c)
{
    return number(r, 2, 23, &c->hour) && take(r, ":") && number(r, 2, 59, &c->minute)
           && take(r, ":") && number(r, 2, 60, &c->second);
}

/* Parts of a second, if there are any: `.123`. */
static void fraction(struct reader *r, uint64_t *ns, uint64_t *grain_ns)
{
    *ns = 0;
    *grain_ns = NS_PER_S;
    bool any = r->at + 1 < r->text.len && (r->text.at[r->at] == '.' || r->text.at[r->at] == ',')
               && bytes_is_digit(r->text.at[r->at + 1]);
    if (!any) return;
    for (r->at++; r->at < r->text.len && bytes_is_digit(r->text.at[r->at]); r->at++) {
        *grain_ns /= 10; /* 0 from the tenth digit on: they say nothing more */
        *ns += (uint64_t)(r->text.at[r->at] - '0') * *grain_ns;
    }
    if (*grain_ns == 0) *grain_ns = 1;
}

/* `Z`, `+0200`, `+02:00`; taken back where it is none. */
static bool zone(struct reader *r, int64_t *offset_s)
{
    size_t start = r->at;
    uint32_t hours;
    uint32_t minutes;
    *offset_s = 0;
    if (take(r, "Zz")) return true;
    bool west = r->at < r->text.len && r->text.at[r->at] == '-';
    bool any = take(r, "+-") && number(r, 2, 23, &hours);
    if (any) {
        bool colon = take(r, ":");
        UNUSED(colon);
        any = number(r, 2, 59, &minutes);
    }
    if (!any) {
        r->at = start;
        return false;
    }
    *offset_s = ((int64_t)hours * 60 + (int64_t)minutes) * 60;
    if (west) *offset_s = -*offset_s;
    return true;
}

static size_t done(struct reader *r, const struct civil *c, struct when *out)
{
    uint64_t parts_ns;
    uint64_t grain_ns;
    int64_t offset_s = 0;
    fraction(r, &parts_ns, &grain_ns);
    size_t before = r->at;
    bool blank = take(r, " ");
    bool zoned = zone(r, &offset_s);
    if (!zoned && blank) r->at = before;
    uint32_t day_s = c->hour * 3600 + c->minute * 60 + c->second;
    int64_t s = (int64_t)days_of(c->year, c->month, c->day) * 86400 + day_s - offset_s;
    if (s < 0) return 0;
    *out = (struct when){(uint64_t)s * NS_PER_S + parts_ns, grain_ns, zoned};
    return r->at;
}

static bool month_name(struct reader *r, uint32_t *out)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (r->text.len - r->at < 3) return false;
    for (uint32_t i = 0; i < 12; i++) {
        if (memcmp(names + (size_t)i * 3, r->text.at + r->at, 3) != 0) continue;
        r->at += 3;
        *out = i + 1;
        return true;
    }
    return false;
}

size_t when_text_clf(struct bytes text, struct when *out)
{
    struct reader r = {text, 0};
    struct civil c;
    bool fine = number(&r, 2, 31, &c.day) && take(&r, "/") && month_name(&r, &c.month)
                && take(&r, "/") && number(&r, 4, YEAR_LAST, &c.year) && take(&r, ":")
                && clock_part(&r, &c) && is_day(&c);
    return fine ? done(&r, &c, out) : 0;
}

size_t when_text_iso(struct bytes text, struct when *out)
{
    struct reader r = {text, 0};
    struct civil c;
    bool fine = number(&r, 4, YEAR_LAST, &c.year) && take(&r, "-/") && number(&r, 2, 12, &c.month)
                && take(&r, "-/") && number(&r, 2, 31, &c.day) && take(&r, "Tt ")
                && clock_part(&r, &c) && is_day(&c);
    return fine ? done(&r, &c, out) : 0;
}

bool when_text_epoch(struct bytes text, struct when *out)
{
    size_t dot = bytes_find(text, BYTES_LIT("."));
    struct bytes whole = {text.at, dot == SIZE_MAX ? text.len : dot};
    uint64_t value;
    if (!bytes_to_u64(whole, &value)) return false;
    uint64_t unit_ns = NS_PER_S;
    uint64_t limit = EPOCH_LAST_S;
    while (value >= limit && unit_ns > 1) { /* next: ms, us, ns */
        unit_ns /= 1000;
        limit *= 1000;
    }
    if (value >= limit) return false;
    struct reader r = {text, whole.len};
    uint64_t parts;
    uint64_t grain;
    fraction(&r, &parts, &grain); /* of a unit, as if it were a second */
    if (r.at != text.len) return false;
    uint64_t divisor = NS_PER_S / unit_ns;
    grain = grain / divisor > 0 ? grain / divisor : 1;
    *out = (struct when){value * unit_ns + parts / divisor, grain, true};
    return true;
}

bool when_text_any(struct bytes text, struct when *out)
{
    if (text.len == 0) return false;
    return when_text_iso(text, out) == text.len || when_text_clf(text, out) == text.len
           || when_text_epoch(text, out);
}
