#include "plan/series.h"

#include <assert.h>

#include "base/attr.h"

static const struct series_kind kinds[] = {
#define SERIES(ident, name, unit, meaning) {name, SERIES_##unit, meaning},
#include "plan/series.def"
#undef SERIES
};

static const char *const units[SERIES_UNIT_COUNT] = {
    [SERIES_NUMBER] = "",         [SERIES_COUNT_OF] = "",   [SERIES_CORES] = "cores",
    [SERIES_WAITING] = "waiting", [SERIES_BYTES] = "B",     [SERIES_BYTES_PER_S] = "B/s",
    [SERIES_PER_S] = "/s",        [SERIES_SHARE] = "share", [SERIES_SECONDS] = "s"};

const struct series_kind *series_find(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (bytes_is(name, kinds[i].name)) return &kinds[i];
    }
    return NULL;
}

const struct series_kind *series_row(enum series_row row)
{
    assert(row < SERIES_ROWS);
    return &kinds[row];
}

static bool ends(struct bytes name, const char *end)
{
    size_t len = strlen(end);
    return name.len > len && bytes_is(bytes_from(name, name.len - len), end);
}

bool series_is_typical(struct bytes name)
{
    static const char *const of[] = {".mean", ".p50", ".p95", ".p99"};
    for (size_t i = 0; i < COUNT_OF(of); i++) {
        if (ends(name, of[i])) return true;
    }
    return false;
}

enum series_unit series_own_unit(struct bytes name)
{
    static const struct {
        const char *end;
        enum series_unit unit;
    } says[] = {{".rate", SERIES_PER_S},
                {"_seconds_total", SERIES_NUMBER},
                {"_bytes_total", SERIES_BYTES_PER_S},
                {"_total", SERIES_PER_S},
                {"_seconds", SERIES_SECONDS},
                {"_bytes", SERIES_BYTES},
                {"_ratio", SERIES_SHARE}};
    if (series_is_typical(name)) {
        while (name.at[name.len - 1] != '.') name.len--;
        name.len--;
    }
    for (size_t i = 0; i < COUNT_OF(says); i++) {
        if (ends(name, says[i].end)) return says[i].unit;
    }
    return SERIES_NUMBER;
}

const char *series_unit_name(enum series_unit unit)
{
    return units[unit];
}
