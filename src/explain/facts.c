#include "explain/facts.h"

#include <math.h>

#include "base/text.h"
#include "explain/memory.h"

#define SWAP_MUCH 100000 /* bytes a second */
#define LIMIT_NEAR 0.95  /* of its cgroup's memory */

enum form { FORM_SHARE, FORM_COUNT, FORM_BYTES };

static const struct {
    const char *name;
    enum form form;
} forms[] = {
    [FACT_NONE] = {"nothing", FORM_COUNT},
#define FACT(ident, name, form) {name, FORM_##form},
#include "explain/facts.def"
#undef FACT
};

/* Shares of what grew, by class. */
static const struct {
    enum fact fact;
    enum ledger_class class;
} shares[] = {{FACT_LAG, LEDGER_LAG},
              {FACT_CONNECT, LEDGER_CONNECT},
              {FACT_OUTSIDE, LEDGER_CONNECT},
              {FACT_OUTSIDE, LEDGER_ACCEPT},
              {FACT_OUTSIDE, LEDGER_INSIDE},
              {FACT_NETWORK, LEDGER_NETWORK},
              {FACT_ACCEPT, LEDGER_ACCEPT},
              {FACT_CPU, LEDGER_CPU},
              {FACT_RUN_QUEUE, LEDGER_RUN_QUEUE},
              {FACT_CORES, LEDGER_CPU},
              {FACT_CORES, LEDGER_RUN_QUEUE},
              {FACT_CORES, LEDGER_THROTTLED},
              {FACT_THROTTLED, LEDGER_THROTTLED},
              {FACT_LOCK, LEDGER_LOCK},
              {FACT_CONDITION, LEDGER_CONDITION},
              {FACT_DISK, LEDGER_DISK},
              {FACT_PEER, LEDGER_PEER},
              {FACT_SLEEP, LEDGER_SLEEP},
              {FACT_DB_CPU, LEDGER_DB_CPU},
              {FACT_DB_LOCK, LEDGER_DB_LOCK},
              {FACT_DB_IO, LEDGER_DB_IO},
              {FACT_DB, LEDGER_DB_CPU},
              {FACT_DB, LEDGER_DB_LOCK},
              {FACT_DB, LEDGER_DB_IO},
              {FACT_DB, LEDGER_DB_OTHER},
              {FACT_DB_OTHER, LEDGER_DB_OTHER},
              {FACT_POOL, LEDGER_POOL},
              {FACT_INSIDE, LEDGER_INSIDE}};

bool facts_is_of(enum fact fact, enum ledger_class class)
{
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        if (shares[i].fact == fact && shares[i].class == class) return true;
    }
    return false;
}

static void set(struct facts *f, enum fact fact, double before, double after)
{
    f->before[fact] = before;
    f->after[fact] = after;
}

/* The service at which most of what grew is in the end. */
static struct bytes hot_service(const struct ledger *l)
{
    struct bytes hot = {0};
    double most = -1;
    for (uint32_t i = 0; i < l->charge_count; i++) {
        const struct ledger_charge *c = &l->charges[i];
        if (bytes_is(c->of, "prony") || bytes_is(c->of, "network")) continue;
        double grown = 0;
        for (uint32_t k = 0; k < LEDGER_CLASSES; k++) grown += c->grown[k];
        if (grown > most) hot = c->of;
        if (grown > most) most = grown;
    }
    return hot;
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

static double mean(const struct recall *r, uint32_t stage, struct bytes of, enum series_row row,
                   const char *label)
{
    return recall_mean(r, recall_find(r, of, row, label), stage);
}

static double hottest(const struct recall *r, uint32_t stage, struct bytes of)
{
    struct bytes name = bytes_of(series_row(SERIES_OF_THREAD_CPU)->name);
    double most = (double)NAN;
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct recall_series *s = &r->series[i];
        if (!s->known || !bytes_equal(s->name, name) || !bytes_equal(s->of, of)) continue;
        double value = recall_mean(r, i, stage);
        if (!isnan(value) && (isnan(most) || value > most)) most = value;
    }
    return most;
}

static void find_cpu(struct facts *f, const struct recall *r, const struct ledger *l)
{
    const uint32_t stages[2] = {l->good, l->bad};
    const struct bytes host = BYTES_LIT("host");
    double *const values[2] = {f->before, f->after};
    for (int i = 0; i < 2; i++) {
        uint32_t s = stages[i];
        double cores = mean(r, s, host, SERIES_OF_HOST_CORES, NULL);
        double capacity = mean(r, s, f->hot, SERIES_OF_CPU_CAPACITY, NULL);
        if (isnan(capacity)) capacity = cores;
        if (isnan(capacity)) capacity = r->header->cores;
        double used = mean(r, s, f->hot, SERIES_OF_CPU, NULL);
        double idle = mean(r, s, host, SERIES_OF_HOST_CPU, "idle");
        values[i][FACT_CPU_USED] = ratio(used, capacity);
        values[i][FACT_HOST_USED] = 1 - ratio(idle, cores);
        double hot = hottest(r, s, f->hot);
        values[i][FACT_HOTTEST] =
            isnan(hot) && !isnan(used) ? 0 : hot; /* none was worth a series */
        values[i][FACT_THROTTLED_PERIODS] =
            mean(r, s, f->hot, SERIES_OF_CGROUP_THROTTLED_SHARE, NULL);
        bool looked = !isnan(mean(r, s, f->hot, SERIES_OF_CPU_CAPACITY, NULL));
        if (looked && isnan(values[i][FACT_THROTTLED_PERIODS])) { /* it has no quota */
            values[i][FACT_THROTTLED_PERIODS] = 0;
        }
        values[i][FACT_SWAP_IN] = mean(r, s, host, SERIES_OF_HOST_SWAP_IN, NULL);
        values[i][FACT_DESCRIPTORS_USED] =
            ratio(mean(r, s, f->hot, SERIES_OF_DESCRIPTORS, NULL),
                  mean(r, s, f->hot, SERIES_OF_DESCRIPTORS_LIMIT, NULL));
        values[i][FACT_ACCEPT_FULL] = ratio(mean(r, s, f->hot, SERIES_OF_ACCEPT_QUEUE, NULL),
                                            mean(r, s, f->hot, SERIES_OF_ACCEPT_QUEUE_LIMIT, NULL));
    }
}

/* Of those that wait for a core as many are the service's own doing as wait, by chance, for as many
 * cores as it may use when it uses as much of them as it does. What waits beyond that waits for
 * others. */
static void find_others(struct facts *f, const struct recall *r, const struct ledger *l)
{
    double cores = mean(r, l->bad, f->hot, SERIES_OF_CPU_CAPACITY, NULL);
    double waiting = mean(r, l->bad, f->hot, SERIES_OF_RUN_QUEUE, NULL);
    double used = f->after[FACT_CPU_USED];
    if (isnan(cores) || isnan(waiting) || isnan(used)) return;
    double own = ledger_expected_line(cores, used);
    double share = waiting > own ? 1 - own / waiting : 0;
    set(f, FACT_OTHERS, 0, share * f->after[FACT_RUN_QUEUE]);
}

static double threads_of(const struct ledger *l, struct bytes of, int at)
{
    double sum = 0;
    for (uint32_t i = 0; i < l->group_count; i++) {
        if (bytes_equal(l->groups[i].of, of)) sum += l->groups[i].threads[at];
    }
    return sum;
}

static void find_group(struct facts *f, const struct ledger *l)
{
    f->group = ledger_busiest(l, l->line, f->hot);
    if (!f->group) f->group = ledger_busiest(l, l->line, (struct bytes){0});
    if (!f->group) return;
    const struct ledger_group *g = f->group;
    double *const values[2] = {f->before, f->after};
    for (int i = 0; i < 2; i++) {
        double all = g->threads[i];
        values[i][FACT_GROUP_THREADS] = all;
        values[i][FACT_GROUP_BUSY] = all > 0 ? ledger_busy(g, i) : (double)NAN;
        values[i][FACT_GROUP_CPU] = ratio(g->busy[i][LEDGER_CPU], all);
        values[i][FACT_GROUP_LOCK] = ratio(g->busy[i][LEDGER_LOCK], all);
        values[i][FACT_GROUP_DISK] = ratio(g->busy[i][LEDGER_DISK], all);
        values[i][FACT_GROUP_PEER] = ratio(g->busy[i][LEDGER_PEER], all);
        values[i][FACT_GROUP_SLEEP] = ratio(g->busy[i][LEDGER_SLEEP], all);
        bool lone = all < 1.5 && all > 0.5 * threads_of(l, g->of, i);
        values[i][FACT_GROUP_LONE] =
            lone ? ledger_busy(g, i) - ratio(g->busy[i][LEDGER_CPU], all) : 0;
    }
    double were = (g->threads[0] - g->idle[0]) * l->load;
    if (were > 0) set(f, FACT_GROUP_SLOWER, 1, (g->threads[1] - g->idle[1]) / were);
}

/* Requests that waited through stalls, as a mean over the stage: those held at the start wait for
 * all of it, those that came meanwhile for half. */
static double stalled(const struct recall *r, const struct result *result, uint32_t stage)
{
    double sum = 0;
    if (!recall_has_stage(r, stage)) return 0;
    for (uint32_t i = 0; i < result->stall_count; i++) {
        const struct stall_found *s = &result->stalls[i];
        double seconds = (double)(s->end_ns - s->start_ns) / 1e9;
        bool within = s->start_ns >= r->starts[stage] && s->start_ns < r->ends[stage];
        bool there = stage < r->stage_count ? s->stage == stage : within;
        if (s->whole && there) sum += seconds * (s->held + (double)s->due / 2);
    }
    return r->stages[stage].seconds > 0 ? sum / r->stages[stage].seconds : 0;
}

/* Look-ups a second in all caches that are seen: those that found something, and those that did
 * not. NAN: none was looked up. */
static void lookups(const struct recall *r, uint32_t stage, double sums[2])
{
    sums[0] = sums[1] = 0;
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct recall_series *s = &r->series[i];
        bool hits = s->known && bytes_is(s->name, "cache.hits");
        bool misses = s->known && bytes_is(s->name, "cache.misses");
        double value = hits || misses ? recall_mean(r, i, stage) : (double)NAN;
        if (!isnan(value)) sums[misses] += value;
    }
}

/* More look-ups of a request that find nothing are more work behind the cache: all that grew there
 * is of them, as far as they are more. */
static void find_cache(struct facts *f, const struct recall *r, const struct ledger *l)
{
    double was[2];
    double is[2];
    lookups(r, l->good, was);
    lookups(r, l->bad, is);
    double lost = ratio(was[0], was[0] + was[1]) - ratio(is[0], is[0] + is[1]);
    set(f, FACT_HIT_LOST, 0, lost);
    bool more = is[1] > 2 * l->load * was[1];
    double work = 0;
    for (uint32_t i = LEDGER_CPU; i <= LEDGER_INSIDE; i++) {
        work += ledger_charged(l, (enum ledger_class)i);
    }
    set(f, FACT_MISSED, 0, isnan(lost) ? (double)NAN : more ? fmin(1, work) : 0);
}

/* How much longer a request is with a peer than it was: both by Little's law. */
static void find_peer(struct facts *f, const struct ledger *l)
{
    double sums[2] = {0, 0};
    for (uint32_t i = 0; i < l->row_count; i++) {
        if (l->rows[i].class != LEDGER_PEER || l->rows[i].spare) continue;
        sums[0] += l->rows[i].seen[0];
        sums[1] += l->rows[i].seen[1];
    }
    if (sums[0] > 0.01) set(f, FACT_PEER_SLOWER, 1, sums[1] / (l->load * sums[0]));
}

static uint32_t beside(const struct recall *r, uint32_t series, const char *name)
{
    const struct recall_series *s = &r->series[series];
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct recall_series *o = &r->series[i];
        if (!o->known || !bytes_equal(o->of, s->of) || !bytes_equal(o->label, s->label)) continue;
        if (bytes_is(o->name, name)) return i;
    }
    return SERIES_MAX;
}

static double rate_of(const struct recall *r, uint32_t stage)
{
    if (!recall_has_stage(r, stage) || r->stages[stage].seconds <= 0) return (double)NAN;
    return (double)r->stages[stage].passed / r->stages[stage].seconds;
}

/* By the names of the series of its time, its executions and their mean time. */
static void find_statement_of(struct facts *f, const struct recall *r, const struct ledger *l,
                              const char *const name[3])
{
    const uint32_t stages[2] = {l->good, l->bad};
    struct facts_statement *s = &f->statement;
    double most = s->text.len > 0 ? s->excess : 0;
    for (uint32_t at = 0; at < r->series_count; at++) {
        if (!r->series[at].known || !bytes_is(r->series[at].name, name[0])) continue;
        double was = recall_mean(r, at, l->good);
        double is = recall_mean(r, at, l->bad);
        double excess = ledger_excess(l, isnan(was) ? 0 : was, isnan(is) ? 0 : is);
        if (excess <= most) continue;
        most = excess;
        *s = (struct facts_statement){
            .text = r->series[at].label, .of = r->series[at].of, .excess = excess};
        for (int k = 0; k < 2; k++) {
            s->running[k] = recall_mean(r, at, stages[k]);
            s->calls[k] = recall_mean(r, beside(r, at, name[1]), stages[k]) / rate_of(r, stages[k]);
            s->time[k] = recall_mean(r, beside(r, at, name[2]), stages[k]);
        }
    }
}

static void find_statement(struct facts *f, const struct recall *r, const struct ledger *l)
{
    static const char *const names[][3] = {
        {"db.statement.running", "db.statement.calls", "db.statement.time"},
        {"cache.command.running", "cache.command.calls", "cache.command.time"}};
    for (size_t i = 0; i < COUNT_OF(names); i++) find_statement_of(f, r, l, names[i]);
}

static void find_stalls(struct facts *f, const struct recall *r, const struct ledger *l,
                        const struct result *result)
{
    double grown = l->slower;
    double more = stalled(r, result, l->bad) - stalled(r, result, l->good);
    set(f, FACT_STALLED, 0, grown > 0 && more > 0 ? fmin(1, more / grown) : 0);
}

/* What the want of memory does, or a limit of it that was missed. */
static bool wants_memory(const struct facts *f, const struct recall *r, uint32_t stage,
                         const struct result *result)
{
    if (memory_missed(result, f->leaking)) return true;
    double limit = mean(r, stage, f->leaking, SERIES_OF_CGROUP_MEMORY_LIMIT, NULL);
    double used = mean(r, stage, f->leaking, SERIES_OF_CGROUP_MEMORY, NULL);
    return f->after[FACT_OOM] > 0 || f->after[FACT_SWAP_IN] > SWAP_MUCH
           || used > LIMIT_NEAR * limit; /* NAN: neither */
}

static void find_memory(struct facts *f, const struct recall *r, const struct ledger *l,
                        const struct result *result)
{
    struct memory_growth found;
    if (memory_find(r, &found)) {
        f->leaking = found.of;
        set(f, FACT_LEAKED, 0, found.leaked);
        if (found.leaked > 0) set(f, FACT_LEAK_REQUEST, (double)NAN, found.a_request);
    }
    set(f, FACT_OOM, mean(r, l->good, f->leaking, SERIES_OF_CGROUP_OOM, NULL),
        mean(r, l->bad, f->leaking, SERIES_OF_CGROUP_OOM, NULL));
    set(f, FACT_MEMORY_WANT, 0, wants_memory(f, r, l->bad, result));
}

void facts_find(struct facts *f, const struct recall *r, const struct ledger *l,
                const struct result *result)
{
    *f = (struct facts){.hot = hot_service(l)};
    for (int i = 0; i < FACT_COUNT; i++) set(f, (enum fact)i, (double)NAN, (double)NAN);
    for (size_t i = 0; i < COUNT_OF(shares); i++) set(f, shares[i].fact, 0, 0);
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        f->after[shares[i].fact] += ledger_charged(l, shares[i].class);
    }
    set(f, FACT_LEFT, 0, l->slower > 0 && l->unexplained > 0 ? l->unexplained / l->slower : 0);
    find_cpu(f, r, l);
    find_others(f, r, l);
    find_group(f, l);
    find_peer(f, l);
    find_cache(f, r, l);
    find_statement(f, r, l);
    find_stalls(f, r, l, result);
    find_memory(f, r, l, result);
}

static void add_value(struct text *out, enum form form, double value)
{
    if (form == FORM_SHARE) text_addf(out, "%.0f %%", value * 100);
    else if (form == FORM_BYTES) text_addf(out, "%.1f KiB", value / 1024);
    else text_addf(out, "%.3g", value);
}

void facts_say(const struct facts *f, enum fact fact, struct text *out)
{
    bool of_growth = false;
    for (size_t i = 0; i < COUNT_OF(shares); i++) of_growth |= shares[i].fact == fact;
    if (isnan(f->after[fact])) {
        text_addf(out, "not seen: %s", forms[fact].name);
        return;
    }
    add_value(out, forms[fact].form, f->after[fact]);
    text_addf(out, " %s", forms[fact].name);
    if (fact == FACT_LEAKED || fact == FACT_MEMORY_WANT) return;
    if (of_growth || fact == FACT_LEFT || fact == FACT_STALLED || isnan(f->before[fact])) return;
    text_adds(out, " (before ");
    add_value(out, forms[fact].form, f->before[fact]);
    text_adds(out, ")");
}
