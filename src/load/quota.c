#include "load/quota.h"

#include <assert.h>
#include <stdbool.h>

static uint64_t earlier_edge(uint64_t over_ns, uint64_t start_ns, uint64_t end_ns)
{
    return over_ns > start_ns && over_ns < end_ns ? over_ns : end_ns;
}

void quota_part_done(struct quota *q, uint32_t worker_count, uint64_t at_ns)
{
    shared_raise(&q->latest, at_ns);
    if (shared_add(&q->parts, 1) < worker_count) return;
    for (;;) {
        uint64_t word = shared_see(&q->word);
        uint64_t passed_ns = word >> 1;
        uint64_t over_ns = shared_see(&q->latest);
        assert(!(word & 1)); /* there is one last worker */
        if (passed_ns > over_ns) over_ns = passed_ns;
        if (shared_swap(&q->word, word, over_ns << 1 | 1)) return;
    }
}

uint64_t quota_over(const struct quota *q)
{
    uint64_t word = shared_see(&q->word);
    return word & 1 ? word >> 1 : UINT64_MAX;
}

uint64_t quota_pass(struct quota *q, uint64_t start_ns, uint64_t end_ns)
{
    for (;;) {
        uint64_t word = shared_see(&q->word);
        if (word & 1) return earlier_edge(word >> 1, start_ns, end_ns);
        if (word >> 1 >= end_ns) return end_ns; /* another passed it before */
        if (shared_swap(&q->word, word, end_ns << 1)) return end_ns;
    }
}
