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

const char *series_unit_name(enum series_unit unit)
{
    return units[unit];
}
