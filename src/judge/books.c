#include "judge/books.h"

#include <math.h>

#include "base/ns.h"
#include "plan/by_hand.h"

#define SLOTS_PER_SECOND (NS_PER_S / SLOT_NS)

/* Can the stage's mix begin an iteration of that scenario? */
static bool can_begin(const struct plan *plan, uint32_t stage, uint32_t scenario)
{
    const double *mix = stage < plan->stage_count ? plan->stages[stage].mix : NULL;
    return !mix || mix[scenario] > 0;
}

/* Marks the names that the stage can send; one that no scenario owns to (an old run file does not
 * tell) may come in every stage. */
static void mark_names(const struct plan *plan, uint32_t stage, bool *sends, bool *owned)
{
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        const struct scenario *scenario = &plan->scenarios[i];
        for (uint32_t k = 0; k < scenario->step_count; k++) {
            uint32_t name = scenario->steps[k].name_index;
            owned[name] = true;
            if (can_begin(plan, stage, i)) sends[name] = true;
        }
    }
    for (uint32_t i = 0; i < plan->name_count; i++) sends[i] = sends[i] || !owned[i];
}

static void open_stage(struct books *b, uint32_t stage, const struct books_needs *needs)
{
    const struct plan *plan = b->header->plan;
    struct stage_book *book = &b->stages[stage];
    struct arena *a = b->arena;
    book->judged = run_stage_judged(b->header, stage);
    if (b->header->window) book->span = window_span(b->header->window, stage);
    book->names = ARENA_ARRAY(a, plan->name_count, struct tally);
    book->scenarios = ARENA_ARRAY(a, plan->scenario_count, struct tally);
    book->sends = ARENA_ARRAY(a, plan->name_count, bool);
    bool *owned = ARENA_ARRAY(a, plan->name_count, bool);
    book->names_in_flight_ns = ARENA_ARRAY(a, plan->name_count, double);
    book->scenarios_in_flight_ns = ARENA_ARRAY(a, plan->scenario_count, double);
    book->arrivals = ARENA_ARRAY(a, plan->scenario_count, uint64_t);
    book->ends = arena_array(a, plan->scenario_count, sizeof *book->ends);
    book->requests.keep = TALLY_RESPONSE | TALLY_PHASES;
    if (needs->stage_less_lag) book->requests.keep |= TALLY_LESS_LAG;
    if (!arena_ok(a)) return;
    mark_names(plan, stage, book->sends, owned);
    /* Where a stage may yet be cut, its part in the sums of all must be known. */
    uint32_t always = by_hand_first(plan) < plan->stage_count && book->judged ? TALLY_RESPONSE : 0;
    for (uint32_t i = 0; i < plan->name_count; i++) {
        book->names[i].keep = always > 0 ? TALLY_RESPONSE | TALLY_PHASES : 0;
        if (needs->names[i]) book->names[i].keep |= TALLY_RESPONSE | TALLY_LESS_LAG;
    }
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        book->scenarios[i].keep = always;
        if (needs->scenarios[i]) book->scenarios[i].keep |= TALLY_RESPONSE | TALLY_LESS_LAG;
    }
    if (stage == plan->stage_count) return; /* the drain */
    book->closed = plan->stages[stage].model == MODEL_CLOSED;
    if (!needs->seconds) return;
    book->second_count = (uint32_t)(plan->stages[stage].length_ns / NS_PER_S) + 2;
    book->second_flags = ARENA_ARRAY(a, book->second_count, uint8_t);
}

void books_open(struct books *b, const struct run_header *header, const struct books_needs *needs,
                struct arena *arena)
{
    const struct plan *plan = header->plan;
    *b = (struct books){.header = header, .arena = arena, .fresh = true};
    b->stage_count = run_stage_count(header);
    b->stages = ARENA_ARRAY(arena, b->stage_count, struct stage_book);
    b->names = ARENA_ARRAY(arena, plan->name_count, struct tally);
    b->scenarios = ARENA_ARRAY(arena, plan->scenario_count, struct tally);
    b->totals.keep = TALLY_RESPONSE | TALLY_PHASES;
    if (!arena_ok(arena)) return;
    for (uint32_t i = 0; i < plan->name_count; i++) {
        b->names[i].keep = TALLY_RESPONSE | TALLY_PHASES;
    }
    for (uint32_t i = 0; i < plan->scenario_count; i++) b->scenarios[i].keep = TALLY_RESPONSE;
    for (uint32_t i = 0; i < b->stage_count; i++) open_stage(b, i, needs);
}

static uint64_t settled_ns(const struct books *b, uint32_t stage)
{
    const struct plan *plan = b->header->plan;
    uint64_t settle_ns = stage < plan->stage_count ? plan->stages[stage].settle_ns : 0;
    return b->stages[stage].start_ns + settle_ns;
}

bool books_accepts(struct books *b, const struct tick *tick)
{
    if (tick->stage < b->stage_count) return true;
    b->strays++;
    return false;
}

static bool is_judged_by_plan(const struct books *b, uint32_t stage)
{
    return stage < b->header->plan->stage_count && b->header->plan->stages[stage].judged;
}

/* Without a window. */
static bool counts_in_run(const struct books *b, const struct tick *tick)
{
    if (is_judged_by_plan(b, tick->stage)) return tick->judged;
    return tick->start_ns >= settled_ns(b, tick->stage);
}

bool books_counts(const struct books *b, const struct tick *tick)
{
    const struct run_window *window = b->header->window;
    return window ? window_has_tick(window, tick) : counts_in_run(b, tick);
}

bool books_has(const struct books *b, const struct tick *tick, const struct cell *cell)
{
    const struct run_window *window = b->header->window;
    return window ? window_has_cell(window, tick, cell) : !cell->settle;
}

uint32_t books_stage_at(const struct books *b, uint64_t at_ns)
{
    for (uint32_t i = 0; i < b->stage_count; i++) {
        const struct stage_book *book = &b->stages[i];
        if (!book->reached || at_ns <= book->start_ns || at_ns > book->end_ns) continue;
        if (b->header->window) {
            const struct window_span *span = book->span;
            return span && at_ns > span->from_ns && at_ns <= span->to_ns ? i : PLAN_NO_INDEX;
        }
        return at_ns > settled_ns(b, i) ? i : PLAN_NO_INDEX;
    }
    return PLAN_NO_INDEX;
}

bool books_can_come(const struct books *b, uint32_t stage, enum cell_kind kind, uint32_t index)
{
    if (kind == CELL_ITERATION) return can_begin(b->header->plan, stage, index);
    return kind == CELL_STAGE || b->stages[stage].sends[index];
}

bool books_in_part(const struct stage_book *book)
{
    return book->span && !book->span->whole;
}

static void merge_hist(struct hist **into, const struct hist *from, struct arena *arena)
{
    if (!from) return;
    if (!*into) {
        *into = ARENA_NEW(arena, struct hist);
        arena_touch(*into, sizeof **into);
    }
    if (*into) hist_merge(*into, from);
}

static void add_tail(struct tail *into, const struct tail *from)
{
    for (uint32_t i = 0; i < TAIL_COUNT; i++) into->of[i] += from->of[i];
}

/* The sums of all judged stages, once more from their parts. */
static void sum_again(struct books *b)
{
    const struct plan *plan = b->header->plan;
    struct hist *kept[] = {b->lag, b->wait, b->connect, b->tls, b->rtt};
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        if (kept[i]) hist_init(kept[i]);
    }
    b->tail = (struct tail){0};
    tally_clear(&b->totals);
    for (uint32_t i = 0; i < plan->name_count; i++) tally_clear(&b->names[i]);
    for (uint32_t i = 0; i < plan->scenario_count; i++) tally_clear(&b->scenarios[i]);
    for (uint32_t s = 0; s < b->stage_count; s++) {
        const struct stage_book *book = &b->stages[s];
        if (!book->judged) continue;
        tally_merge(&b->totals, &book->requests, b->arena);
        for (uint32_t i = 0; i < plan->name_count; i++)
            tally_merge(&b->names[i], &book->names[i], b->arena);
        for (uint32_t i = 0; i < plan->scenario_count; i++)
            tally_merge(&b->scenarios[i], &book->scenarios[i], b->arena);
        merge_hist(&b->lag, book->lag, b->arena);
        merge_hist(&b->wait, book->wait, b->arena);
        merge_hist(&b->connect, book->connect, b->arena);
        merge_hist(&b->tls, book->tls, b->arena);
        merge_hist(&b->rtt, book->rtt, b->arena);
        add_tail(&b->tail, &book->tail);
    }
    b->fresh = true;
}

/* A stage by hand that begins before the one before it could end has taken its place: what was seen
 * of that is not what the plan asks about. One that begins at its end holds it, and takes nothing.
 */
static void look_for_cut(struct books *b, const struct tick *tick)
{
    const struct plan *plan = b->header->plan;
    if (tick->stage >= plan->stage_count || !plan->stages[tick->stage].by_hand) return;
    struct stage_book *before = &b->stages[b->stage];
    if (b->stage >= plan->stage_count || plan->stages[b->stage].by_hand || !before->reached) return;
    if (tick->start_ns >= before->start_ns + plan->stages[b->stage].length_ns) return;
    bool judged = before->judged;
    b->steered = true;
    if (b->header->window) return; /* whoever names a part of it asks about what was */
    before->cut = true;
    before->judged = false;
    if (judged) sum_again(b);
}

/* Stages by hand lie between those of the plan, whatever their number. */
static void end_stages(struct books *b, uint32_t stage)
{
    const struct plan *plan = b->header->plan;
    bool by_hand = stage < plan->stage_count && plan->stages[stage].by_hand;
    for (uint32_t i = 0; i < b->stage_count; i++) {
        if (i != stage && (b->stages[i].reached || (!by_hand && i < stage)))
            b->stages[i].over = true;
    }
}

void books_enter(struct books *b, const struct tick *tick)
{
    b->now_ns = tick->end_ns;
    struct stage_book *book = &b->stages[tick->stage];
    if (!book->reached) {
        look_for_cut(b, tick);
        book->reached = true;
        book->start_ns = tick->start_ns;
        end_stages(b, tick->stage);
    }
    b->stage = tick->stage;
    /* A tick that is not judged behind judged ones is what is left of a stage by count. */
    bool left_over = is_judged_by_plan(b, tick->stage) && book->run_ticks > 0 && !tick->judged;
    if (!left_over) book->end_ns = tick->end_ns;
    if (tick->last) {
        b->last_seen = true;
        for (uint32_t i = 0; i < b->stage_count; i++) b->stages[i].over = true;
    }
}

bool books_knows(const struct books *b, const struct cell *cell)
{
    const struct plan *plan = b->header->plan;
    if (cell->stage >= b->stage_count) return false;
    switch (cell->kind) {
    case CELL_REQUEST:
        return cell->index < plan->name_count;
    case CELL_ITERATION:
        return cell->index < plan->scenario_count;
    case CELL_STAGE:
        return cell->index == 0;
    }
    return false;
}

static uint64_t sum_of(const uint64_t *outcomes)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) sum += outcomes[i];
    return sum;
}

static void take_request(struct books *b, const struct cell *cell, bool counted)
{
    struct stage_book *book = &b->stages[cell->stage];
    book->requests_balance.begun += cell->begun;
    book->requests_balance.ended += sum_of(cell->outcomes);
    if (!counted) return;
    tally_add(&book->requests, cell, b->arena);
    tally_add(&book->names[cell->index], cell, b->arena);
    if (!book->judged) return;
    tally_add(&b->names[cell->index], cell, b->arena);
    tally_add(&b->totals, cell, b->arena);
}

static void take_iteration(struct books *b, const struct cell *cell, bool counted)
{
    struct stage_book *book = &b->stages[cell->stage];
    book->iterations_balance.begun += cell->begun;
    book->iterations_balance.ended += sum_of(cell->outcomes);
    book->arrivals[cell->index] += cell->begun;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) book->ends[cell->index][i] += cell->outcomes[i];
    book->requests.fresh = b->scenarios[cell->index].fresh = b->totals.fresh = true;
    if (!counted) return;
    book->begun += cell->begun;
    for (uint32_t i = MEASURE_OK; i < MEASURE_SERVICE; i++) {
        if (i != MEASURE_OK_LESS_LAG) book->cycles_ns += (double)cell->measures[i].sum_ns;
        if (cell->measures[i].max_ns > book->longest_ns)
            book->longest_ns = cell->measures[i].max_ns;
    }
    tally_add(&book->scenarios[cell->index], cell, b->arena);
    if (book->judged) tally_add(&b->scenarios[cell->index], cell, b->arena);
}

static void take_stage_cell(struct books *b, const struct cell *cell, bool counted)
{
    struct stage_book *book = &b->stages[cell->stage];
    if (!counted && b->header->window) return;
    for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) book->shortages[i] += cell->shortages[i];
    if (!counted) return;
    book->rests_unknown = book->rests_unknown || cell->rested_ns == REST_UNKNOWN;
    book->cycles_ns += (double)cell->rested_ns;
    book->paused_ns += (double)cell->rested_ns;
    book->requests.fresh = true;
    tally_count(&book->lag, &cell->measures[STAGE_LAG], b->arena);
    tally_count(&book->wait, &cell->measures[STAGE_WAIT], b->arena);
    tally_count(&book->connect, &cell->measures[STAGE_CONNECT], b->arena);
    tally_count(&book->tls, &cell->measures[STAGE_TLS_FULL], b->arena);
    tally_count(&book->tls, &cell->measures[STAGE_TLS_RESUMED], b->arena);
    tally_count(&book->rtt, &cell->measures[STAGE_RTT], b->arena);
    add_tail(&book->tail, &cell->tail);
    book->full_handshakes += cell->measures[STAGE_TLS_FULL].count;
    book->resumed_handshakes += cell->measures[STAGE_TLS_RESUMED].count;
    if (!book->judged) return;
    b->totals.fresh = true;
    tally_count(&b->lag, &cell->measures[STAGE_LAG], b->arena);
    tally_count(&b->wait, &cell->measures[STAGE_WAIT], b->arena);
    tally_count(&b->connect, &cell->measures[STAGE_CONNECT], b->arena);
    tally_count(&b->tls, &cell->measures[STAGE_TLS_FULL], b->arena);
    tally_count(&b->tls, &cell->measures[STAGE_TLS_RESUMED], b->arena);
    tally_count(&b->rtt, &cell->measures[STAGE_RTT], b->arena);
    add_tail(&b->tail, &cell->tail);
    b->full_handshakes += cell->measures[STAGE_TLS_FULL].count;
    b->resumed_handshakes += cell->measures[STAGE_TLS_RESUMED].count;
}

/* Completions count for the stage in which they happen, whenever the request was intended. */
static void take_done(struct books *b, const struct tick *tick, const struct cell *cell)
{
    struct stage_book *book = &b->stages[tick->stage];
    uint64_t done = cell->outcomes[OUTCOME_OK];
    if (cell->kind == CELL_REQUEST) {
        book->requests.done += done;
        book->names[cell->index].done += done;
        if (!book->judged) return;
        b->names[cell->index].done += done;
        b->totals.done += done;
    } else if (cell->kind == CELL_ITERATION) {
        book->scenarios[cell->index].done += done;
        if (book->judged) b->scenarios[cell->index].done += done;
    }
}

static void take_time(struct books *b, const struct tick *tick)
{
    const struct plan *plan = b->header->plan;
    struct stage_book *book = &b->stages[tick->stage];
    book->counted_ns += tick->end_ns - tick->start_ns;
    book->counted_ticks++;
    book->users_ns += tick->users;
    strain_sum_take(&book->strain, b->header, tick);
    rhythm_take(&book->rhythm, tick, tick->stage, b->arena);
    for (uint32_t i = 0; i < plan->name_count; i++) {
        book->names_in_flight_ns[i] += tick->requests_in_flight[i];
        b->names[i].fresh = true;
    }
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        book->scenarios_in_flight_ns[i] += tick->iterations_in_flight[i];
        b->scenarios[i].fresh = true;
    }
    book->requests.fresh = b->totals.fresh = true;
}

static void take_slot(struct books *b, const struct slot *slot)
{
    struct stage_book *book = &b->stages[slot->stage];
    const struct run_window *window = b->header->window;
    if (!book->reached || (window && !window_has_slot(window, slot))) return;
    uint64_t from_ns = book->span ? book->span->from_ns : settled_ns(b, slot->stage);
    uint64_t at_ns = slot->index * SLOT_NS;
    bool settles = from_ns > book->start_ns;
    if (settles && at_ns < from_ns) return; /* also the slot that the end of settle cuts */
    book->planned += slot->planned;
    book->taken += slot->taken;
    if (!book->second_flags) return;
    uint64_t first = from_ns / SLOT_NS; /* seconds are counted from the slot of the first instant */
    uint64_t second = (slot->index > first ? slot->index - first : 0) / SLOTS_PER_SECOND;
    if (second >= book->second_count) return;
    if (slot->planned > 0) book->second_flags[second] |= BOOKS_SECOND_ASKED;
    if (slot->ok > 0) book->second_flags[second] |= BOOKS_SECOND_ANSWERED;
    if (slot->failed > slot->lacking) book->second_flags[second] |= BOOKS_SECOND_FAILED;
    if (slot->lacking > 0) book->second_flags[second] |= BOOKS_SECOND_LACKED;
}

void books_take(struct books *b, const struct tick *tick)
{
    bool counts = books_counts(b, tick);
    if (counts) take_time(b, tick);
    if (counts_in_run(b, tick)) b->stages[tick->stage].run_ticks++;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (!books_knows(b, cell)) {
            b->strays++;
            continue;
        }
        bool counted = books_has(b, tick, cell);
        switch (cell->kind) {
        case CELL_REQUEST:
            take_request(b, cell, counted);
            break;
        case CELL_ITERATION:
            take_iteration(b, cell, counted);
            break;
        case CELL_STAGE:
            take_stage_cell(b, cell, counted);
            break;
        }
        if (counts) take_done(b, tick, cell);
    }
    for (uint32_t i = 0; i < tick->slot_count; i++) {
        if (tick->slots[i].stage < b->stage_count) take_slot(b, &tick->slots[i]);
    }
}

uint64_t books_begun(const struct books *b, uint32_t stage)
{
    uint64_t begun = 0;
    for (uint32_t i = 0; i < b->header->plan->scenario_count; i++)
        begun += b->stages[stage].arrivals[i];
    return begun;
}

/* Did the stage last as long as it should, or do all that it should? */
static bool is_whole(const struct books *b, uint32_t stage)
{
    const struct stage *plan = &b->header->plan->stages[stage];
    const struct stage_book *book = &b->stages[stage];
    if (!book->reached) return false;
    for (uint32_t later = stage + 1; later < b->header->plan->stage_count; later++) {
        if (b->stages[later].reached && !b->header->plan->stages[later].by_hand) return true;
    }
    if (book->end_ns - book->start_ns >= plan->length_ns) return true;
    bool by_count = plan->model == MODEL_CLOSED && plan->requests > 0;
    return by_count && books_begun(b, stage) >= plan->requests;
}

void books_end(struct books *b, enum run_ended ended)
{
    bool stopped = ended == RUN_ABORTED || ended == RUN_INTERRUPTED;
    for (uint32_t i = 0; i < b->stage_count; i++) {
        struct stage_book *book = &b->stages[i];
        book->over = true;
        bool planned = i < b->header->plan->stage_count && !b->header->plan->stages[i].by_hand;
        /* A window that ends before its stage does was seen. */
        bool asked = !b->header->window || (book->span && book->span->open);
        book->unseen = stopped && planned && asked && !book->cut && !is_whole(b, i);
    }
}

void books_find_rhythms(struct books *b)
{
    for (uint32_t s = 0; s < b->stage_count; s++) {
        struct stage_book *book = &b->stages[s];
        book->rhythm_known = book->judged && book->over && rhythm_find(&book->rhythm);
    }
}

/* Arrivals of the whole stage, settle included, added to `f`; scenario or PLAN_NO_INDEX for all. */
static void add_arrivals(const struct books *b, const struct stage_book *book, uint32_t scenario,
                         struct figures *f)
{
    if (f->in_part) return; /* of part of a stage nobody knows them */
    for (uint32_t i = 0; i < b->header->plan->scenario_count; i++) {
        if (scenario != PLAN_NO_INDEX && scenario != i) continue;
        const uint64_t *ends = book->ends[i];
        f->planned += book->arrivals[i];
        f->iterations_done += ends[OUTCOME_OK];
        f->iterations_cut += ends[OUTCOME_CUT];
        f->iterations_dropped += ends[OUTCOME_DROPPED];
        f->iterations_failed +=
            sum_of(ends) - ends[OUTCOME_OK] - ends[OUTCOME_CUT] - ends[OUTCOME_DROPPED];
    }
}

static double in_flight_ns(const struct books *b, const struct stage_book *book)
{
    double sum = 0;
    for (uint32_t i = 0; i < b->header->plan->name_count; i++) sum += book->names_in_flight_ns[i];
    return sum;
}

void books_stage_figures(const struct books *b, uint32_t stage, bool with_cuts, struct figures *out)
{
    const struct stage_book *book = &b->stages[stage];
    struct figures_time time = {.seconds = (double)book->counted_ns / (double)NS_PER_S,
                                .in_flight = in_flight_ns(b, book) / (double)NS_PER_S,
                                .users = book->users_ns / (double)NS_PER_S,
                                .done = book->requests.done,
                                .closed = book->closed,
                                .in_part = books_in_part(book)};
    if (book->closed) time.closed_seconds = time.seconds;
    figures_of(out, &book->requests, &time, with_cuts);
    out->lag = figures_latency(book->lag);
    out->wait = figures_latency(book->wait);
    out->connect = figures_latency(book->connect);
    out->tls = figures_latency(book->tls);
    out->rtt = figures_latency(book->rtt);
    out->tail = book->tail;
    out->full_handshakes = book->full_handshakes;
    out->resumed_handshakes = book->resumed_handshakes;
    add_arrivals(b, book, PLAN_NO_INDEX, out);
}

/* What figures of many stages are about. */
struct subject {
    enum { ABOUT_ALL, ABOUT_NAME, ABOUT_SCENARIO } what;
    uint32_t index;
};

/* Adds a stage's time, if what it is about can occur there. */
static void add_time(const struct books *b, uint32_t stage, struct subject about,
                     struct figures_time *time)
{
    const struct stage_book *book = &b->stages[stage];
    double in_flight = 0;
    switch (about.what) {
    case ABOUT_ALL:
        in_flight = in_flight_ns(b, book);
        time->done += book->requests.done;
        break;
    case ABOUT_NAME:
        if (!book->sends[about.index]) return;
        in_flight = book->names_in_flight_ns[about.index];
        time->done += book->names[about.index].done;
        break;
    case ABOUT_SCENARIO:
        if (!can_begin(b->header->plan, stage, about.index)) return;
        in_flight = book->scenarios_in_flight_ns[about.index];
        time->done += book->scenarios[about.index].done;
        break;
    }
    double seconds = (double)book->counted_ns / (double)NS_PER_S;
    time->in_part = time->in_part || books_in_part(book);
    time->seconds += seconds;
    time->in_flight += in_flight / (double)NS_PER_S;
    if (!book->closed || !book->reached) return;
    time->closed = true;
    time->closed_seconds += seconds;
    time->users += book->users_ns / (double)NS_PER_S;
}

static struct figures_time judged_time(const struct books *b, struct subject about)
{
    struct figures_time time = {.seconds = 0};
    for (uint32_t s = 0; s < b->stage_count; s++) {
        if (b->stages[s].judged) add_time(b, s, about, &time);
    }
    return time;
}

void books_name_figures(const struct books *b, uint32_t name, bool with_cuts, struct figures *out)
{
    struct figures_time time = judged_time(b, (struct subject){ABOUT_NAME, name});
    figures_of(out, &b->names[name], &time, with_cuts);
}

void books_scenario_figures(const struct books *b, uint32_t scenario, bool with_cuts,
                            struct figures *out)
{
    struct figures_time time = judged_time(b, (struct subject){ABOUT_SCENARIO, scenario});
    figures_of(out, &b->scenarios[scenario], &time, with_cuts);
    for (uint32_t s = 0; s < b->stage_count; s++) {
        if (b->stages[s].judged) add_arrivals(b, &b->stages[s], scenario, out);
    }
}

void books_total_figures(const struct books *b, bool with_cuts, struct figures *out)
{
    struct figures_time time = judged_time(b, (struct subject){ABOUT_ALL, 0});
    figures_of(out, &b->totals, &time, with_cuts);
    out->lag = figures_latency(b->lag);
    out->wait = figures_latency(b->wait);
    out->connect = figures_latency(b->connect);
    out->tls = figures_latency(b->tls);
    out->rtt = figures_latency(b->rtt);
    out->tail = b->tail;
    out->full_handshakes = b->full_handshakes;
    out->resumed_handshakes = b->resumed_handshakes;
    for (uint32_t s = 0; s < b->stage_count; s++) {
        if (b->stages[s].judged) add_arrivals(b, &b->stages[s], PLAN_NO_INDEX, out);
    }
}
