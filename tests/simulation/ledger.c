#include "ledger.h"

#include <string.h>

#include "world.h"

static struct ledger ledger;

static void empty_cells(struct ledger_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cells[i].used) memset(&cells[i], 0, sizeof cells[i]);
    }
}

struct ledger *ledger_open(const struct plan *plan, uint64_t tick_ns)
{
    struct ledger *l = &ledger;
    MUST(plan->stage_count < LEDGER_STAGES && plan->name_count <= LEDGER_NAMES
             && plan->scenario_count <= LEDGER_SCENARIOS,
         "the plan is larger than the ledger");
    empty_cells(&l->requests[0][0][0], sizeof l->requests / sizeof(struct ledger_cell));
    empty_cells(&l->iterations[0][0][0], sizeof l->iterations / sizeof(struct ledger_cell));
    empty_cells(&l->stages[0][0], sizeof l->stages / sizeof(struct ledger_cell));
    l->plan = plan;
    l->tick_ns = tick_ns;
    l->tick_count = 0;
    l->ended = false;
    l->planned = l->taken = l->slots_ok = l->slots_failed = l->over = l->lacking = 0;
    l->requests_begun = l->requests_ended = l->iterations_begun = l->iterations_ended = 0;
    memset(l->stage_planned, 0, sizeof l->stage_planned);
    memset(l->outcomes, 0, sizeof l->outcomes);
    memset(l->walks, 0, sizeof l->walks);
    l->answered_5xx = l->unsent = l->rowless = 0;
    memset(l->stage_rowless, 0, sizeof l->stage_rowless);
    memset(l->shortages, 0, sizeof l->shortages);
    l->notes = 0;
    for (uint32_t i = 0; i <= LEDGER_STAGES; i++) l->starts[i] = UINT64_MAX;
    return l;
}

static struct ledger_cell *cell_of(struct ledger *l, const struct cell *c)
{
    MUST(c->stage <= l->plan->stage_count, "a cell of stage %u", c->stage);
    switch (c->kind) {
    case CELL_REQUEST:
        MUST(c->index < l->plan->name_count, "a cell of name %u", c->index);
        return &l->requests[c->stage][c->settle][c->index];
    case CELL_ITERATION:
        MUST(c->index < l->plan->scenario_count, "a cell of scenario %u", c->index);
        return &l->iterations[c->stage][c->settle][c->index];
    case CELL_STAGE:
        MUST(c->index == 0, "a stage's cell %u", c->index);
        break;
    }
    return &l->stages[c->stage][c->settle];
}

static void check_hist(const struct hist_sparse *h)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < h->pair_count; i++) {
        MUST(h->pairs[i].count > 0 && h->pairs[i].bucket <= HIST_OVER, "an empty bucket");
        MUST(i == 0 || h->pairs[i].bucket > h->pairs[i - 1].bucket, "buckets out of order");
        count += h->pairs[i].count;
    }
    MUST(count == h->count, "%llu in buckets, %llu counted", (unsigned long long)count,
         (unsigned long long)h->count);
}

/* What must be true of the cell of one tick. */
static void check_cell(const struct cell *c)
{
    for (uint32_t m = 0; m < MEASURE_COUNT; m++) check_hist(&c->measures[m]);
    if (c->kind == CELL_STAGE) {
        for (uint32_t i = 0; i < OUTCOME_COUNT; i++) MUST(c->outcomes[i] == 0, "a stage's outcome");
        MUST(c->begun == 0, "a stage that begins");
        MUST(c->measures[STAGE_LAG].count >= c->measures[STAGE_WAIT].count, "wait without lag");
        return;
    }
    const uint64_t *o = c->outcomes;
    const uint64_t *lacks = c->shortages;
    MUST(lacks[SHORTAGE_ROWS] + lacks[SHORTAGE_PORTS] + lacks[SHORTAGE_LATE] <= o[OUTCOME_DROPPED],
         "dropped for nothing");
    MUST(lacks[SHORTAGE_TRIES] + lacks[SHORTAGE_ROOM] + lacks[SHORTAGE_VALUE] <= o[OUTCOME_CHECK],
         "undecided for nothing");
    uint64_t not_ok = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) not_ok += o[i];
    not_ok -= o[OUTCOME_OK] + o[OUTCOME_TIMEOUT] + o[OUTCOME_CUT] + o[OUTCOME_DROPPED];
    MUST(c->measures[MEASURE_OK].count == o[OUTCOME_OK], "ok");
    MUST(c->measures[MEASURE_OK_LESS_LAG].count == o[OUTCOME_OK], "ok less lag");
    MUST(c->measures[MEASURE_TIMEOUT_AGE].count == o[OUTCOME_TIMEOUT], "timeouts");
    MUST(c->measures[MEASURE_CUT_AGE].count == o[OUTCOME_CUT], "cut");
    MUST(c->measures[MEASURE_NOT_OK].count == not_ok, "not ok");
    uint64_t served = c->kind == CELL_REQUEST ? o[OUTCOME_OK] : 0;
    MUST(c->measures[MEASURE_SERVICE].count == served, "service times");
    MUST(c->measures[MEASURE_TTFB].count == served, "times to first byte");
    MUST(c->measures[MEASURE_OK_LESS_LAG].sum_ns <= c->measures[MEASURE_OK].sum_ns, "less is less");
    MUST(c->answered_5xx <= o[OUTCOME_OK] + o[OUTCOME_STATUS] + o[OUTCOME_CHECK],
         "5xx without an answer");
}

static void add_cell(struct ledger *l, const struct cell *c)
{
    struct ledger_cell *to = cell_of(l, c);
    check_cell(c);
    to->used = true;
    to->begun += c->begun;
    to->answered_5xx += c->answered_5xx;
    uint64_t ended = 0;
    for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) l->shortages[c->kind][i] += c->shortages[i];
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        to->outcomes[i] += c->outcomes[i];
        ended += c->outcomes[i];
        if (c->kind == CELL_REQUEST) l->outcomes[i] += c->outcomes[i];
        if (c->kind == CELL_ITERATION) l->walks[i] += c->outcomes[i];
    }
    for (uint32_t m = 0; m < MEASURE_COUNT; m++) {
        if (c->measures[m].count > 0) hist_merge_sparse(&to->measures[m], &c->measures[m]);
    }
    if (c->kind == CELL_REQUEST) {
        l->requests_begun += c->begun;
        l->ticks[l->tick_count - 1].begun += c->begun;
        l->answered_5xx += c->answered_5xx;
        l->ticks[l->tick_count - 1].done += c->outcomes[OUTCOME_OK];
        l->requests_ended += ended;
    }
    if (c->kind == CELL_STAGE) {
        l->unsent += c->shortages[SHORTAGE_PORTS];
        l->rowless += c->shortages[SHORTAGE_ROWS];
        l->stage_rowless[c->stage] += c->shortages[SHORTAGE_ROWS];
    }
    if (c->kind == CELL_ITERATION) {
        l->iterations_begun += c->begun;
        struct ledger_tick *tick = &l->ticks[l->tick_count - 1];
        tick->planned += c->begun;
        tick->walked += ended;
        tick->full += c->outcomes[OUTCOME_DROPPED] - c->shortages[SHORTAGE_ROWS]
                      - c->shortages[SHORTAGE_PORTS];
        l->iterations_ended += ended;
    }
}

static void add_slots(struct ledger *l, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->slot_count; i++) {
        const struct slot *s = &tick->slots[i];
        const struct slot *before = i > 0 ? s - 1 : NULL;
        bool rises = !before || before->index < s->index
                     || (before->index == s->index && before->stage < s->stage);
        MUST(rises, "slots out of order");
        MUST(s->stage <= l->plan->stage_count, "a slot of stage %u", s->stage);
        MUST(s->taken <= s->planned && s->over <= s->ok + s->failed && s->lacking <= s->failed,
             "a slot that can't be");
        l->ticks[l->tick_count - 1].slot_ns = s->index * SLOT_NS;
        l->planned += s->planned;
        l->stage_planned[s->stage] += s->planned;
        l->taken += s->taken;
        l->slots_ok += s->ok;
        l->slots_failed += s->failed;
        l->over += s->over;
        l->lacking += s->lacking;
    }
}

/* Ticks tile the time, and none crosses an edge. */
static void check_place(const struct ledger *l, const struct tick *tick)
{
    const struct ledger_tick *before = l->tick_count > 0 ? &l->ticks[l->tick_count - 1] : NULL;
    MUST(!l->ended, "a tick after the last");
    MUST(tick->index == l->tick_count, "tick %u is number %u", tick->index, l->tick_count);
    MUST(tick->start_ns == (before ? before->end_ns : 0), "ticks do not meet");
    MUST(tick->end_ns > tick->start_ns, "a tick of no length");
    MUST(tick->end_ns - tick->start_ns <= l->tick_ns, "a tick that is too long");
    bool goes_on = before && tick->stage == before->stage;
    MUST(goes_on || l->starts[tick->stage] == tick->start_ns, "a stage that comes again");
    if (tick->stage == l->plan->stage_count) {
        MUST(!tick->judged, "the drain is judged");
        return;
    }
    uint64_t start_ns = l->starts[tick->stage];
    uint64_t settled_ns = start_ns + l->plan->stages[tick->stage].settle_ns;
    bool crosses = tick->start_ns < settled_ns && tick->end_ns > settled_ns;
    MUST(!crosses, "a tick across the end of settle");
    const struct stage *stage = &l->plan->stages[tick->stage];
    bool judged = stage->judged && tick->start_ns >= settled_ns;
    /* What is left of a stage by count when its last request is done is nobody's time. */
    bool tail = stage->requests > 0 && stage->model == MODEL_CLOSED && !tick->judged;
    MUST(tick->judged == judged || tail, "judged or not");
}

static bool is_by_hand(const struct ledger *l, uint32_t stage)
{
    return stage < l->plan->stage_count && l->plan->stages[stage].by_hand;
}

/* Also stages of no length, which are passed over, have their place; not so those by hand. */
static void begin_stages(struct ledger *l, const struct tick *tick)
{
    uint32_t from = is_by_hand(l, tick->stage) ? tick->stage : 0;
    for (uint32_t i = from; i <= tick->stage; i++) {
        if (is_by_hand(l, i) && i != tick->stage) continue;
        if (l->starts[i] == UINT64_MAX) l->starts[i] = tick->start_ns;
    }
}

uint64_t ledger_stage_end_ns(const struct ledger *l, uint32_t stage)
{
    uint64_t end_ns = UINT64_MAX;
    for (uint32_t i = 0; i <= l->plan->stage_count; i++) {
        bool behind =
            l->starts[i] > l->starts[stage] || (l->starts[i] == l->starts[stage] && i > stage);
        if (behind && l->starts[i] < end_ns) end_ns = l->starts[i];
    }
    return end_ns;
}

uint32_t ledger_stage_at(const struct ledger *l, uint64_t at_ns)
{
    uint32_t stage = 0;
    for (uint32_t i = 1; i <= l->plan->stage_count; i++) {
        if (l->starts[i] <= at_ns && l->starts[i] >= l->starts[stage]) stage = i;
    }
    return stage;
}

/* What was ours is a part of what was waited, request by request and in all. */
static void check_exemplars(const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->exemplar_count; i++) {
        const struct exemplar *e = &tick->exemplars[i];
        MUST(e->lag_ns <= e->response_ns, "lag %llu of a response time of %llu",
             (unsigned long long)e->lag_ns, (unsigned long long)e->response_ns);
    }
}

void ledger_add(struct ledger *l, const struct tick *tick)
{
    MUST(l->tick_count < LEDGER_TICKS, "more ticks than the ledger holds");
    MUST(tick->stage <= l->plan->stage_count, "a tick of stage %u", tick->stage);
    begin_stages(l, tick);
    check_place(l, tick);
    struct ledger_tick *t = &l->ticks[l->tick_count++];
    *t = (struct ledger_tick){.start_ns = tick->start_ns,
                              .end_ns = tick->end_ns,
                              .stage = tick->stage,
                              .judged = tick->judged,
                              .users = tick->users};
    MUST(tick->users >= 0, "users below nothing");
    for (uint32_t i = 0; i < l->plan->name_count; i++) t->requests[i] = tick->requests_in_flight[i];
    for (uint32_t i = 0; i < l->plan->scenario_count; i++) {
        t->iterations[i] = tick->iterations_in_flight[i];
    }
    for (uint32_t i = 0; i < tick->cell_count; i++) add_cell(l, &tick->cells[i]);
    add_slots(l, tick);
    check_exemplars(tick);
    for (uint32_t i = 0; i < tick->event_count; i++) {
        if (tick->events[i].kind == EVENT_NOTE) l->notes++;
    }
    MUST(l->requests_ended <= l->requests_begun, "more requests ended than began");
    MUST(l->iterations_ended <= l->iterations_begun, "more iterations ended than began");
    l->ended = tick->last;
}

/* Of those that were dropped no time is kept, but their lag is. */
static void check_lag(const struct ledger *l, uint32_t stage, uint32_t settle)
{
    static const enum cell_measure times[] = {MEASURE_OK, MEASURE_NOT_OK, MEASURE_TIMEOUT_AGE,
                                              MEASURE_CUT_AGE};
    const struct hist *lag = &l->stages[stage][settle].measures[STAGE_LAG];
    uint64_t sum_ns = 0, max_ns = 0;
    for (uint32_t n = 0; n < l->plan->name_count; n++) {
        const struct ledger_cell *c = &l->requests[stage][settle][n];
        if (c->outcomes[OUTCOME_DROPPED] > 0) return;
        for (uint32_t m = 0; m < sizeof times / sizeof times[0]; m++) {
            const struct hist *h = &c->measures[times[m]];
            sum_ns += h->sum_ns;
            if (h->max_ns > max_ns) max_ns = h->max_ns;
        }
    }
    MUST(lag->max_ns <= max_ns, "stage %u: lag of %llu, response times of at most %llu", stage,
         (unsigned long long)lag->max_ns, (unsigned long long)max_ns);
    MUST(lag->sum_ns <= sum_ns, "stage %u: more lag than response time", stage);
}

static void balance_cell(const struct ledger_cell *c, const char *what, uint32_t stage, uint32_t at)
{
    uint64_t ended = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) ended += c->outcomes[i];
    MUST(c->begun == ended, "%s %u of stage %u: %llu began, %llu ended", what, at, stage,
         (unsigned long long)c->begun, (unsigned long long)ended);
}

/* What was short is told three times: by stage, by name, and by slot; and by the iterations that
 * failed by it. */
static void balance_shortages(const struct ledger *l)
{
    uint64_t own = 0;
    for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) {
        uint64_t requests = l->shortages[CELL_REQUEST][i];
        uint64_t iterations = l->shortages[CELL_ITERATION][i];
        uint64_t stages = l->shortages[CELL_STAGE][i];
        bool rows = i == SHORTAGE_ROWS; /* of users that leave no request is told */
        MUST(rows ? stages >= requests : stages == requests, "shortage %u by stage and name", i);
        MUST(rows ? iterations == requests : iterations <= requests, "shortage %u, iterations", i);
        if (tick_is_own((enum shortage)i)) own += requests;
    }
    MUST(l->lacking == own, "slots lack %llu, names %llu", (unsigned long long)l->lacking,
         (unsigned long long)own);
}

void ledger_balance(const struct ledger *l)
{
    balance_shortages(l);
    MUST(l->ended, "no last tick");
    for (uint32_t i = 0; i < l->tick_count; i++) {
        MUST(l->ticks[i].slot_ns < l->ticks[i].end_ns, "tick %u knows of the future", i);
    }
    for (uint32_t s = 0; s <= l->plan->stage_count; s++) {
        for (uint32_t settle = 0; settle < 2; settle++) {
            check_lag(l, s, settle);
            for (uint32_t i = 0; i < l->plan->name_count; i++) {
                balance_cell(&l->requests[s][settle][i], "name", s, i);
            }
            for (uint32_t i = 0; i < l->plan->scenario_count; i++) {
                balance_cell(&l->iterations[s][settle][i], "scenario", s, i);
            }
        }
    }
    MUST(l->planned == l->requests_begun, "slots planned %llu, requests %llu",
         (unsigned long long)l->planned, (unsigned long long)l->requests_begun);
    MUST(l->slots_ok == l->outcomes[OUTCOME_OK], "slots ok");
    MUST(l->slots_ok + l->slots_failed == l->requests_ended, "slots ended");
}

uint64_t ledger_end_ns(const struct ledger *l)
{
    return l->tick_count > 0 ? l->ticks[l->tick_count - 1].end_ns : 0;
}

double ledger_requests_in_flight(const struct ledger *l)
{
    double sum = 0;
    for (uint32_t i = 0; i < l->tick_count; i++) {
        for (uint32_t n = 0; n < l->plan->name_count; n++) sum += l->ticks[i].requests[n];
    }
    return sum;
}

void ledger_check_dropped(const struct ledger *l, uint64_t places)
{
    uint64_t open = 0, full = 0;
    for (uint32_t i = 0; i < l->tick_count; i++) {
        const struct ledger_tick *t = &l->ticks[i];
        uint64_t most = open + t->planned - t->full;
        MUST(t->full == 0 || most >= places,
             "tick %u: %llu dropped, and at most %llu of %llu places were taken", i,
             (unsigned long long)t->full, (unsigned long long)most, (unsigned long long)places);
        open = open + t->planned - t->walked;
        full += t->full;
    }
    uint64_t dropped = full + l->unsent + l->shortages[CELL_REQUEST][SHORTAGE_ROWS];
    MUST(l->outcomes[OUTCOME_DROPPED] == dropped, "%llu dropped, want %llu",
         (unsigned long long)l->outcomes[OUTCOME_DROPPED], (unsigned long long)dropped);
}
