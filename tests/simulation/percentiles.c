#include "percentiles.h"

#include <stdlib.h>

#include "truth.h"

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void check_one(const struct hist *got, const uint64_t *times_ns, uint32_t per_million)
{
    uint64_t value = 0, want = times_ns[hist_rank(got->count, per_million) - 1];
    MUST(hist_quantile(got, per_million, &value) && value >= want && value - want <= want / 128,
         "p%g is %llu ns, the true one %llu", per_million / 1e4, (unsigned long long)value,
         (unsigned long long)want);
}

void percentiles_check(const struct run_outcome *run)
{
    static const uint32_t asked[] = {1, 500000, 900000, 950000, 990000, 999000, 1000000};
    static uint64_t times_ns[EXCHANGES_MAX];
    static struct hist all;
    uint32_t count = target_exchange_count();
    uint64_t sum_ns = 0;
    for (uint32_t i = 0; i < count; i++) {
        times_ns[i] = truth_response_ns(i);
        sum_ns += times_ns[i];
    }
    qsort(times_ns, count, sizeof times_ns[0], by_size);
    hist_init(&all);
    const struct ledger_cell *cells = &run->ledger->requests[0][0][0];
    for (uint32_t i = 0; i < LEDGER_STAGES * 2 * LEDGER_NAMES; i++) {
        if (cells[i].used) hist_merge(&all, &cells[i].measures[MEASURE_OK]);
    }
    MUST(all.count == count, "%llu times of %u requests", (unsigned long long)all.count, count);
    if (count == 0) return;
    MUST(all.sum_ns == sum_ns && all.max_ns == times_ns[count - 1], "mean or maximum");
    for (uint32_t i = 0; i < COUNT_OF(asked); i++) check_one(&all, times_ns, asked[i]);
}
