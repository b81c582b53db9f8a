/* What prony itself and its host were short of, as the ticks tell it. */
#include <math.h>

#include "judge/trust_priv.h"

#define LAG_PER_MILLION 990000
#define LAG_LEAST_NS UINT64_C(1000000)     /* schedulers give slices of a few ms */
#define STOLEN_LEAST_NS UINT64_C(50000000) /* the kernel counts it by 10 ms */
#define HELD_LEAST_NS UINT64_C(250000000)  /* a loaded host does as much now and then */
#define SECONDS(ns) ((double)(ns) / 1e9)

/* The judged stage of the largest share that `share_of` tells; NULL: of none it tells any. */
static const struct strain_sum *worst(const struct trust_case *c,
                                      double (*share_of)(const struct stage_book *),
                                      struct bytes *name, double *share)
{
    const struct books *books = c->desk->books;
    const struct strain_sum *found = NULL;
    *share = 0;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        const struct stage_book *book = &books->stages[s];
        double value = book->judged && book->strain.ns > 0 ? share_of(book) : 0;
        if (value <= *share) continue;
        *share = value;
        *name = run_stage_name(books->header, s);
        found = &book->strain;
    }
    return found;
}

static double busy(const struct stage_book *book)
{
    return SECONDS(book->strain.busy_ns) / SECONDS(book->strain.ns);
}

bool trust_host_busy(const struct trust_case *c, struct reading *out)
{
    struct bytes name;
    const struct strain_sum *s = worst(c, busy, &name, &out->value);
    if (!s) return false;
    text_addf(&out->subject, "of its core (%.0f%% at most) for %.1f s of the %.1f s judged of ",
              s->busiest * 100, SECONDS(s->busy_ns), SECONDS(s->ns));
    text_add(&out->subject, name);
    return true;
}

/* Each wake-up takes its microseconds, which a fast schedule makes many: only with the lag of
 * somebody else's time slice are they another's doing. */
static double waited(const struct stage_book *book)
{
    uint64_t lag_ns;
    bool late =
        book->lag && hist_quantile(book->lag, LAG_PER_MILLION, &lag_ns) && lag_ns >= LAG_LEAST_NS;
    if (!late) return 0;
    return SECONDS(book->strain.strain.of[STRAIN_WAITED]) / SECONDS(book->strain.ns);
}

bool trust_host_waited(const struct trust_case *c, struct reading *out)
{
    struct bytes name;
    if (!worst(c, waited, &name, &out->value)) return false;
    text_add(&out->subject, name);
    return true;
}

static double throttled(const struct stage_book *book)
{
    const uint64_t *of = book->strain.strain.of;
    return of[STRAIN_PERIODS] > 0 ? (double)of[STRAIN_THROTTLED] / (double)of[STRAIN_PERIODS] : 0;
}

bool trust_host_throttled(const struct trust_case *c, struct reading *out)
{
    struct bytes name;
    const struct strain_sum *s = worst(c, throttled, &name, &out->value);
    if (!s) return false;
    const uint64_t *of = s->strain.of;
    text_addf(&out->subject, "%llu of %llu periods of ", (unsigned long long)of[STRAIN_THROTTLED],
              (unsigned long long)of[STRAIN_PERIODS]);
    text_add(&out->subject, name);
    text_addf(&out->subject, " (%.2f s)", SECONDS(of[STRAIN_THROTTLED_NS]));
    return true;
}

static double stolen(const struct stage_book *book)
{
    const uint64_t *of = book->strain.strain.of;
    if (of[STRAIN_STOLEN] < STOLEN_LEAST_NS) return 0;
    return of[STRAIN_CORES] > 0 ? (double)of[STRAIN_STOLEN] / (double)of[STRAIN_CORES] : 0;
}

bool trust_host_stolen(const struct trust_case *c, struct reading *out)
{
    struct bytes name;
    if (!worst(c, stolen, &name, &out->value)) return false;
    text_add(&out->subject, name);
    return true;
}

static double stepped(const struct stage_book *book)
{
    return fabs(book->strain.step_s);
}

bool trust_host_step(const struct trust_case *c, struct reading *out)
{
    struct bytes name;
    const struct strain_sum *s = worst(c, stepped, &name, &out->value);
    if (!s) return false;
    text_addf(&out->subject, "%s by %.3f s between %.1f s and %.1f s of the run (",
              s->step_s > 0 ? "forward" : "back", out->value, SECONDS(s->step_from_ns),
              SECONDS(s->step_to_ns));
    text_add(&out->subject, name);
    text_addc(&out->subject, ')', 1);
    return true;
}

static double held(const struct stage_book *book)
{
    uint64_t ns = book->strain.strain.of[STRAIN_HELD];
    return ns < HELD_LEAST_NS ? 0 : SECONDS(ns) / SECONDS(book->strain.ns);
}

bool trust_host_held(const struct trust_case *c, struct reading *out)
{
    struct bytes name;
    const struct strain_sum *s = worst(c, held, &name, &out->value);
    if (!s) return false;
    text_addf(&out->subject, "%.2f s of ", SECONDS(s->strain.of[STRAIN_HELD]));
    text_add(&out->subject, name);
    text_addf(&out->subject, ", between %.1f s and %.1f s of the run", SECONDS(s->held_from_ns),
              SECONDS(s->held_to_ns));
    return true;
}

bool trust_host_rhythm(const struct trust_case *c, struct reading *out)
{
    const struct books *books = c->desk->books;
    const struct rhythm *found = NULL;
    struct bytes name = {0};
    uint32_t asked = 0;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        const struct stage_book *book = &books->stages[s];
        if (!book->rhythm_known) continue;
        asked++;
        if (found && book->rhythm.tail >= found->tail) continue;
        found = &book->rhythm;
        name = run_stage_name(books->header, s);
    }
    if (!found) return false;
    out->value = found->tail * asked;
    text_add(&out->subject, name);
    text_addf(&out->subject, " (Anderson-Darling: %.1f for %u gaps)", found->statistic,
              found->count);
    return true;
}

/* Users that are there at the same time, from what they did: rounds begun by time x mean length of
 * one, request to request. A round that is cut by the edge of the judged time may count in whole or
 * not at all, so their difference is known to one round in as many as fit into it; and since the
 * ones at the edge may be the longest of all (a service that falls silent), to one of those. */
static double users_by_rounds(const struct stage_book *book)
{
    return book->cycles_ns / (double)book->counted_ns;
}

static double users_differ(const struct stage_book *book)
{
    if (!book->closed || book->rests_unknown || books_in_part(book) || book->begun == 0) return 0;
    if (book->counted_ns == 0 || book->users_ns <= 0 || book->cycles_ns <= 0) return 0;
    double round_ns = (double)book->longest_ns + book->paused_ns / (double)book->begun;
    double share = fabs(book->cycles_ns / book->users_ns - 1);
    return share - round_ns / (double)book->counted_ns;
}

bool trust_host_users(const struct trust_case *c, struct reading *out)
{
    const struct books *books = c->desk->books;
    if (!c->desk->final || !books->last_seen) return false; /* rounds are counted at their ends */
    const struct stage_book *found = NULL;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        const struct stage_book *book = &books->stages[s];
        double value = book->judged ? users_differ(book) : 0;
        if (value <= out->value) continue;
        out->value = value;
        found = book;
        text_clear(&out->subject);
        text_add(&out->subject, run_stage_name(books->header, s));
    }
    if (!found) return false;
    text_addf(&out->subject, " had %.1f users, and their rounds make %.1f",
              found->users_ns / (double)found->counted_ns, users_by_rounds(found));
    return true;
}
