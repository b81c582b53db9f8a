#include "show/second.h"

#include <math.h>

#include "base/attr.h"

static const struct {
    enum second_figure figure;
    uint32_t per_million;
} quantiles[] = {{SECOND_P50, 500000}, {SECOND_P75, 750000}, {SECOND_P90, 900000},
                 {SECOND_P95, 950000}, {SECOND_P99, 990000}, {SECOND_P999, 999000}};

uint32_t second_count(const struct run_header *header)
{
    return 1 + header->plan->name_count + header->plan->scenario_count;
}

const char *second_figure_name(enum second_figure figure)
{
    static const char *const names[SECOND_FIGURES] = {"min", "avg", "p50",   "p75", "p90",
                                                      "p95", "p99", "p99.9", "max"};
    assert(figure < SECOND_FIGURES);
    return names[figure];
}

/* ---- times ---- */

/* Times that were not seen to their end. */
struct unseen {
    uint64_t count, aged; /* all, and those of them with an age */
    uint64_t sum_ns, max_ns;
};

static struct second_times no_times(void)
{
    struct second_times times = {0};
    for (int i = 0; i < SECOND_FIGURES; i++) times.ns[i] = (double)NAN;
    return times;
}

static struct second_times times_of(const struct hist *h, const struct unseen *unseen)
{
    struct second_times times = no_times();
    times.n = h->count + unseen->count;
    if (times.n == 0) return times;
    uint64_t ranks[COUNT_OF(quantiles)];
    uint64_t values[COUNT_OF(quantiles)];
    uint32_t seen = 0; /* ranks are rising: those from here on lie among the unseen ends */
    for (uint32_t i = 0; i < COUNT_OF(quantiles); i++) {
        ranks[i] = hist_rank(times.n, quantiles[i].per_million);
        if (ranks[i] <= h->count) seen = i + 1;
    }
    hist_at_ranks(h, ranks, seen, values);
    uint64_t summed = h->count + unseen->aged;
    uint64_t known = h->max_ns > unseen->max_ns ? h->max_ns : unseen->max_ns;
    double known_ns = summed > 0 ? (double)known : (double)NAN; /* dropped ones have no age */
    for (uint32_t i = 0; i < COUNT_OF(quantiles); i++) {
        times.ns[quantiles[i].figure] = i < seen ? (double)values[i] : known_ns;
        if (i >= seen) times.at_least |= 1u << quantiles[i].figure;
    }
    if (summed > 0) times.ns[SECOND_AVG] = (double)(h->sum_ns + unseen->sum_ns) / (double)summed;
    if (summed < times.n) times.at_least |= 1u << SECOND_AVG;
    if (h->count > 0) times.ns[SECOND_MIN] = (double)hist_floor_at_rank(h, 1);
    times.ns[SECOND_MAX] = known_ns;
    if (unseen->count > 0) times.at_least |= 1u << SECOND_MAX;
    return times;
}

static bool belongs(const struct cell *cell, enum second_kind kind, uint32_t index)
{
    if (kind == SECOND_SCENARIO) return cell->kind == CELL_ITERATION && cell->index == index;
    return cell->kind == CELL_REQUEST && (kind == SECOND_ALL || cell->index == index);
}

static void add_unseen(struct unseen *out, const struct cell *cell)
{
    const struct hist_sparse *timeouts = &cell->measures[MEASURE_TIMEOUT_AGE];
    const struct hist_sparse *cuts = &cell->measures[MEASURE_CUT_AGE];
    out->aged += timeouts->count + cuts->count;
    out->count += timeouts->count + cuts->count + cell->outcomes[OUTCOME_DROPPED];
    out->sum_ns += timeouts->sum_ns + cuts->sum_ns;
    if (timeouts->max_ns > out->max_ns) out->max_ns = timeouts->max_ns;
    if (cuts->max_ns > out->max_ns) out->max_ns = cuts->max_ns;
}

static void gather(const struct tick *tick, enum second_kind kind, uint32_t index,
                   enum cell_measure measure, struct hist *h, struct unseen *unseen)
{
    hist_init(h);
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (!belongs(cell, kind, index)) continue;
        hist_merge_sparse(h, &cell->measures[measure]);
        if (measure == MEASURE_OK) add_unseen(unseen, cell);
    }
}

static struct second_times request_times(const struct tick *tick, enum second_kind kind,
                                         uint32_t index, enum cell_measure measure)
{
    struct hist h;
    struct unseen unseen = {0};
    gather(tick, kind, index, measure, &h, &unseen);
    return times_of(&h, &unseen);
}

static struct second_times stage_times(const struct tick *tick, enum stage_measure measure)
{
    struct hist h;
    const struct unseen none = {0};
    hist_init(&h);
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        if (tick->cells[i].kind != CELL_STAGE) continue;
        hist_merge_sparse(&h, &tick->cells[i].measures[measure]);
    }
    return times_of(&h, &none);
}

/* ---- counts ---- */

static void add_counts(struct second *out, const struct tick *tick, uint32_t index)
{
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (!belongs(cell, out->kind, index)) continue;
        out->begun += cell->begun;
        for (uint32_t k = 0; k < OUTCOME_COUNT; k++) {
            out->outcomes[k] += cell->outcomes[k];
            out->ended += cell->outcomes[k];
        }
    }
    out->failed = out->ended - out->outcomes[OUTCOME_OK];
    out->errors = out->ended > 0 ? (double)out->failed / (double)out->ended : (double)NAN;
}

static double in_flight_ns(const struct run_header *header, const struct tick *tick,
                           enum second_kind kind, uint32_t index)
{
    if (kind == SECOND_SCENARIO) return tick->iterations_in_flight[index];
    if (kind == SECOND_REQUEST) return tick->requests_in_flight[index];
    double sum = 0;
    for (uint32_t i = 0; i < header->plan->name_count; i++) sum += tick->requests_in_flight[i];
    return sum;
}

/* Which requests or iterations a row is of, and their index. */
static enum second_kind kind_of(const struct run_header *header, uint32_t row, uint32_t *index)
{
    uint32_t names = header->plan->name_count;
    *index = row == 0 ? 0 : row <= names ? row - 1 : row - 1 - names;
    assert(row < second_count(header));
    return row == 0 ? SECOND_ALL : row <= names ? SECOND_REQUEST : SECOND_SCENARIO;
}

double second_quantile(const struct run_header *header, const struct tick *tick, uint32_t row,
                       uint32_t per_million, bool *at_least)
{
    struct hist h;
    struct unseen unseen = {0};
    uint32_t index;
    enum second_kind kind = kind_of(header, row, &index);
    gather(tick, kind, index, MEASURE_OK, &h, &unseen);
    *at_least = false;
    if (h.count + unseen.count == 0) return (double)NAN;
    uint64_t rank = hist_rank(h.count + unseen.count, per_million);
    if (rank <= h.count) return (double)hist_at_rank(&h, rank);
    *at_least = true;
    uint64_t known = h.max_ns > unseen.max_ns ? h.max_ns : unseen.max_ns;
    return h.count + unseen.aged > 0 ? (double)known : (double)NAN;
}

void second_read(struct second *out, const struct run_header *header, const struct tick *tick,
                 uint32_t row)
{
    const struct plan *plan = header->plan;
    uint32_t index;
    *out = (struct second){.kind = kind_of(header, row, &index)};
    if (out->kind == SECOND_REQUEST) out->name = plan->names[index];
    if (out->kind == SECOND_SCENARIO) out->name = plan->scenarios[index].name;
    double length_ns = (double)(tick->end_ns - tick->start_ns);
    out->seconds = length_ns / 1e9;
    out->in_flight = length_ns > 0 ? in_flight_ns(header, tick, out->kind, index) / length_ns : 0;
    add_counts(out, tick, index);
    bool all = out->kind == SECOND_ALL;
    bool requests = out->kind != SECOND_SCENARIO;
    bool closed =
        tick->stage < plan->stage_count && plan->stages[tick->stage].model == MODEL_CLOSED;
    out->users = all && closed && length_ns > 0 ? tick->users / length_ns : (double)NAN;
    struct second_times none = no_times();
    out->response = request_times(tick, out->kind, index, MEASURE_OK);
    out->service = requests ? request_times(tick, out->kind, index, MEASURE_SERVICE) : none;
    out->ttfb = requests ? request_times(tick, out->kind, index, MEASURE_TTFB) : none;
    out->lag = all ? stage_times(tick, STAGE_LAG) : none;
    out->wait = all ? stage_times(tick, STAGE_WAIT) : none;
    out->connect = all ? stage_times(tick, STAGE_CONNECT) : none;
}
