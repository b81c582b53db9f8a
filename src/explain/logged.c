#include "explain/logged.h"

#include <math.h>

#define RATE_LEAST 0.2 /* a second: once in five */

/* How much more of a series came in the bad stage; 0: not much. A pattern that was not met yet has
 * no value: it did not come. */
static double growth(const struct cause *c, const struct recall *r, uint32_t series)
{
    double before = c->good != PLAN_NO_INDEX ? recall_mean(r, series, c->good) : (double)NAN;
    double after = recall_mean(r, series, c->bad);
    if (isnan(before)) before = 0;
    bool grew = after - before >= RATE_LEAST && after >= 2 * before;
    return grew ? after - before : 0;
}

/* The one of that level that grew most; SERIES_MAX: none did. */
static uint32_t find(const struct cause *c, const struct recall *r, const char *level,
                     double *grown)
{
    struct bytes name = bytes_of(series_row(SERIES_OF_LOG_RATE)->name);
    uint32_t most = SERIES_MAX;
    *grown = 0;
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct recall_series *s = &r->series[i];
        bool is_one =
            s->known && bytes_equal(s->name, name) && bytes_starts(s->label, bytes_of(level));
        double by = is_one ? growth(c, r, i) : 0;
        if (by <= *grown) continue;
        *grown = by;
        most = i;
    }
    return most;
}

void logged_find(struct cause *c, const struct recall *r)
{
    double grown;
    uint32_t at = find(c, r, "ERROR ", &grown);
    if (at == SERIES_MAX) at = find(c, r, "WARN ", &grown);
    if (at == SERIES_MAX) return;
    const struct recall_series *s = &r->series[at];
    struct text text = text_in(c->logged, sizeof c->logged);
    text_addf(&text, "%.*s: %.*s, ", BYTES_ARG(s->of), BYTES_ARG(s->label));
    text_addf(&text, grown < 9.95 ? "%.1f" : "%.0f", grown);
    if (c->good == PLAN_NO_INDEX) text_adds(&text, "/s");
    else text_adds(&text, "/s more than in ");
    if (c->good != PLAN_NO_INDEX) text_add(&text, cause_stage_name(r->header, c->good));
}
