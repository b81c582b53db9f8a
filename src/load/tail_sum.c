#include "load/tail_sum.h"

#include <string.h>

#include "stats/hist.h"

void tail_sum_clear(struct tail_sum *s)
{
    memset(s, 0, sizeof *s);
}

void tail_sum_add(struct tail_sum *s, uint64_t requests, uint64_t slow)
{
    uint32_t bucket = hist_bucket(slow);
    if (bucket >= TAIL_SUM_BUCKETS) bucket = TAIL_SUM_BUCKETS - 1;
    s->connections[bucket]++;
    s->slow[bucket] += slow;
    s->requests[bucket] += requests;
    s->connection_count++;
    s->slow_count += slow;
    s->request_count += requests;
}

struct tail_few tail_sum_few(const struct tail_sum *s)
{
    struct tail_few few = {0};
    uint64_t half = s->slow_count - s->slow_count / 2;
    uint64_t held = 0;
    for (uint32_t bucket = TAIL_SUM_BUCKETS; bucket-- > 1 && held < half;) {
        uint64_t count = s->connections[bucket];
        if (count == 0) continue;
        uint64_t missing = half - held;
        uint64_t wanted = count;
        /* Those of one bucket have as good as the same: only so many of them are needed. */
        if (s->slow[bucket] > missing) {
            wanted = (missing * count + s->slow[bucket] - 1) / s->slow[bucket];
        }
        few.connections += wanted;
        few.requests += s->requests[bucket] * wanted / count;
        held += s->slow[bucket];
    }
    return few;
}
