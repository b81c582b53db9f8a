#include "show/tail_line.h"

#include "show/amount.h"

#define RESENT_SHARE 0.1   /* of the slow requests, from which on it explains something */
#define SLOW_LEAST 10      /* of them, or it is chance */
#define FEW_SHARE 0.2      /* of all requests, on the connections that hold half of the slow ones */
#define FEW_SLOW_LEAST 50  /* of which there must be so many, ... */
#define FEW_CONNECTIONS 10 /* ... on so many connections */

bool tail_line_resent(struct text *out, const struct result *r)
{
    const uint64_t *of = r->totals.tail.of;
    double share = of[TAIL_SLOW] > 0 ? (double)of[TAIL_LOSSY] / (double)of[TAIL_SLOW] : 0;
    if (of[TAIL_SLOW] < SLOW_LEAST || share < RESENT_SHARE) return false;
    amount_count(out, (double)of[TAIL_LOSSY_CONNECTIONS]);
    text_adds(out, of[TAIL_LOSSY_CONNECTIONS] == 1 ? " connection" : " connections");
    /* At the end of a stage there are fewer where they are made anew all the time. */
    if (of[TAIL_CONNECTIONS] >= of[TAIL_LOSSY_CONNECTIONS]) {
        text_adds(out, " of ");
        amount_count(out, (double)of[TAIL_CONNECTIONS]);
    }
    text_adds(out, " had to send segments again (");
    amount_count(out, (double)of[TAIL_RESENT]);
    text_adds(out, ") and hold ");
    amount_share(out, share);
    text_adds(
        out,
        " of the slowest requests: packets are lost on the way, or dropped where a queue is full");
    return true;
}

/* A connection that has most of the requests has most of the slow ones, too. */
static bool is_few(const struct tail *t)
{
    const uint64_t *of = t->of;
    return of[TAIL_FEW_OF] >= FEW_SLOW_LEAST && of[TAIL_CONNECTIONS] >= FEW_CONNECTIONS
           && 4 * of[TAIL_FEW] <= of[TAIL_CONNECTIONS]
           && (double)of[TAIL_FEW_REQUESTS] <= FEW_SHARE * (double)of[TAIL_REQUESTS];
}

bool tail_line_few(struct text *out, const struct result *r)
{
    const struct stage_result *worst = NULL;
    for (uint32_t i = 0; i < r->stage_count; i++) {
        const struct stage_result *s = &r->stages[i];
        if (!result_stage_judged(r, s->stage) || !is_few(&s->figures.tail)) continue;
        if (!worst || s->figures.tail.of[TAIL_FEW_OF] > worst->figures.tail.of[TAIL_FEW_OF])
            worst = s;
    }
    if (!worst) return false;
    const uint64_t *of = worst->figures.tail.of;
    amount_count(out, (double)of[TAIL_FEW]);
    text_adds(out, " of ");
    amount_count(out, (double)of[TAIL_CONNECTIONS]);
    text_adds(out, of[TAIL_FEW] == 1 ? " connections holds" : " connections hold");
    text_adds(out, " half of the slowest requests of ");
    text_add_safe(out, run_stage_name(r->header, worst->stage));
    text_adds(out, " and ");
    amount_share(out, (double)of[TAIL_FEW_REQUESTS] / (double)of[TAIL_REQUESTS]);
    text_adds(out, " of all: what is behind just these (a process, a backend, a path)?");
    return true;
}
