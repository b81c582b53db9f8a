#include "judge/judge.h"

#include <math.h>

#include "base/text.h"
#include "judge/abort_when.h"
#include "judge/books.h"
#include "judge/capacities.h"
#include "judge/exit_code.h"
#include "judge/keep.h"
#include "judge/leak.h"
#include "judge/limits.h"
#include "judge/moves.h"
#include "judge/recovery.h"
#include "judge/redirects.h"
#include "judge/rows.h"
#include "judge/silence.h"
#include "judge/sliding.h"
#include "judge/stalls.h"
#include "judge/suggest.h"
#include "judge/trust.h"
#include "judge/warming.h"

/* Address space, not memory: only what has values is touched. About 100,000 histograms. */
#define ARENA_LIMIT ((size_t)4 << 30)

struct judge {
    struct arena own; /* of this struct */
    struct arena run; /* of all below */
    struct bus *bus;
    bool aborted; /* asked for once */
    struct books books;
    struct rows rows;
    struct sliding sliding;
    struct suggest suggest;
    struct abort_when abort_when;
    struct keep keep;
    struct redirects redirects;
    struct warming warming;
    struct stalls stalls;
    struct moves moves;
    struct silence silence;
    struct tally pool;
    struct hist scratch;
    struct objective_result *objectives; /* [rows.count] */
    struct stage_result *stages;         /* [books.stage_count] */
    struct figures *requests, *scenarios;
    struct result result;
};

bool judge_open(struct judge **out, struct bus *bus, struct err *err)
{
    struct arena own;
    struct arena run;
    if (!arena_open(&own, sizeof(struct judge), err)) return false;
    if (!arena_open(&run, ARENA_LIMIT, err)) {
        arena_close(&own);
        return false;
    }
    struct judge *judge = ARENA_NEW(&own, struct judge);
    assert(judge);
    judge->own = own;
    judge->run = run;
    judge->bus = bus;
    judge->result.verdict = VERDICT_NOT_JUDGED;
    *out = judge;
    return true;
}

bool judge_news(struct judge *judge, struct text *out)
{
    return sliding_news(&judge->sliding, out);
}

void judge_close(struct judge *judge)
{
    if (!judge) return;
    struct arena own = judge->own; /* holds the judge itself */
    arena_close(&judge->run);
    arena_close(&own);
}

const struct result *judge_result(const struct judge *judge)
{
    return &judge->result;
}

static void begin(void *ctx, const struct run_header *header)
{
    struct judge *judge = ctx;
    struct arena *arena = &judge->run;
    const struct plan *plan = header->plan;
    arena_reset(arena);
    struct books_needs needs;
    rows_needs(&needs, plan, arena);
    books_open(&judge->books, header, &needs, arena);
    rows_open(&judge->rows, &judge->books, arena);
    sliding_open(&judge->sliding, &judge->books, &judge->rows, arena);
    suggest_open(&judge->suggest, &judge->books, arena);
    abort_when_open(&judge->abort_when, &judge->books, arena);
    keep_open(&judge->keep, judge->books.stage_count, arena);
    redirects_open(&judge->redirects, header, arena);
    warming_open(&judge->warming, header, arena);
    stalls_open(&judge->stalls, header, arena);
    moves_open(&judge->moves, &judge->books, &judge->rows, arena);
    silence_open(&judge->silence, header, arena);
    judge->pool = (struct tally){.keep = TALLY_RESPONSE | TALLY_LESS_LAG};
    judge->objectives = ARENA_ARRAY(arena, judge->rows.count, struct objective_result);
    judge->stages = ARENA_ARRAY(arena, judge->books.stage_count, struct stage_result);
    judge->requests = ARENA_ARRAY(arena, plan->name_count, struct figures);
    judge->scenarios = ARENA_ARRAY(arena, plan->scenario_count, struct figures);
    assert(arena_ok(arena)); /* else run_too_large(), which every source asks */
    judge->aborted = false;
    judge->result = (struct result){
        .header = header,
        .verdict = VERDICT_NOT_JUDGED,
        .objectives = judge->objectives,
        .objective_count = judge->rows.count,
        .stages = judge->stages,
        .stage_count = judge->books.stage_count,
        .requests = judge->requests,
        .scenarios = judge->scenarios,
        .exemplars = judge->keep.shown,
    };
}

static void conclude(struct judge *judge, const struct limits_desk *desk)
{
    struct rows *rows = &judge->rows;
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        for (uint32_t s = 0; s < judge->books.stage_count; s++) {
            if (judge->books.stages[s].cut) rows_forget(row, s);
            if (!rows_apply(row, &judge->books, s)) continue;
            if (desk->final || row->stages[s].stale) limits_find(desk, row, s);
        }
    }
    double none = (double)NAN;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        struct objective_result *out = &judge->objectives[i];
        *out = (struct objective_result){
            .objective = row->objective,
            .each_index = row->each_index,
            .value = none,
            .lo = none,
            .hi = none,
            .margin = none,
            .needed_s = none,
            .stage = PLAN_NO_INDEX,
            .stages = row->findings,
        };
        if (row->kind == ROW_LEAK) leak_conclude(desk, row, out);
        else if (row->kind == ROW_RECOVERY) recovery_conclude(desk, row, out);
        else if (row->capacity) capacities_conclude(desk, rows, row, out);
        else limits_conclude(desk, row, out);
        sliding_conclude(&judge->sliding, i, out);
    }
}

static void fill_stage(struct judge *judge, uint32_t stage, bool with_cuts)
{
    const struct books *books = &judge->books;
    const struct stage_book *book = &books->stages[stage];
    const struct plan *plan = books->header->plan;
    struct stage_result *out = &judge->stages[stage];
    out->stage = stage;
    out->reached = book->reached;
    out->cut = book->cut;
    out->start_s = book->reached ? (double)book->start_ns / 1e9 : (double)NAN;
    out->seconds = book->reached ? (double)(book->end_ns - book->start_ns) / 1e9 : 0;
    out->settle_s = stage < plan->stage_count ? (double)plan->stages[stage].settle_ns / 1e9 : 0;
    uint64_t since_ns = silence_since(&judge->silence, stage);
    out->silent_from_s = (double)since_ns / 1e9;
    books_stage_figures(books, stage, with_cuts, &out->figures);
    out->answered = book->requests.ok;
}

/* Figures of what changed since the last result; at the end, of all. */
static void fill(struct judge *judge, bool final, bool with_cuts)
{
    struct books *books = &judge->books;
    const struct plan *plan = books->header->plan;
    bool all = final || judge->books.fresh;
    for (uint32_t i = 0; i < books->stage_count; i++) {
        if (all || books->stages[i].requests.fresh) fill_stage(judge, i, with_cuts);
        books->stages[i].requests.fresh = false;
    }
    for (uint32_t i = 0; i < plan->name_count; i++) {
        if (all || books->names[i].fresh) {
            books_name_figures(books, i, with_cuts, &judge->requests[i]);
        }
        books->names[i].fresh = false;
    }
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        if (all || books->scenarios[i].fresh) {
            books_scenario_figures(books, i, with_cuts, &judge->scenarios[i]);
        }
        books->scenarios[i].fresh = false;
    }
    if (all || books->totals.fresh) books_total_figures(books, with_cuts, &judge->result.totals);
    books->totals.fresh = false;
    books->fresh = false;
}

/* Missed if any objective is, else inconclusive if any is; `warn:` never counts. */
static enum verdict overall(const struct result *result)
{
    if (result->trust == TRUST_INVALID) return VERDICT_INVALID;
    if (run_ended_early(result->end.ended)) return VERDICT_NOT_JUDGED;
    uint32_t counts[VERDICT_NOT_JUDGED + 1] = {0};
    uint32_t given = 0;
    for (uint32_t i = 0; i < result->objective_count; i++) {
        const struct objective_result *o = &result->objectives[i];
        if (o->objective->warn) continue;
        counts[o->verdict]++;
        if (!o->objective->implicit && o->verdict != VERDICT_NOT_JUDGED) given++;
    }
    if (counts[VERDICT_MISSED] > 0) return VERDICT_MISSED;
    if (counts[VERDICT_INCONCLUSIVE] > 0 || result->steered) return VERDICT_INCONCLUSIVE;
    return given > 0 ? VERDICT_HOLDS : VERDICT_NOT_JUDGED;
}

static void judge_now(struct judge *judge, bool final)
{
    struct result *result = &judge->result;
    enum run_ended ended = result->end.ended;
    struct limits_desk desk = {
        .books = &judge->books,
        .stalls = &judge->stalls,
        .silence = &judge->silence,
        .with_cuts = !final || (ended != RUN_INTERRUPTED && !run_ended_early(ended)),
        .final = final,
        .going_on = final && run_going_on(&result->end),
        .pool = &judge->pool,
        .scratch = &judge->scratch,
        .arena = &judge->run,
    };
    books_find_rhythms(&judge->books);
    if (final && desk.with_cuts) silence_find(&judge->silence, &judge->books);
    conclude(judge, &desk);
    fill(judge, final, desk.with_cuts);
    struct trust_case trust = {.desk = &desk,
                               .rows = &judge->rows,
                               .results = judge->objectives,
                               .end = &result->end,
                               .warming = &judge->warming,
                               .redirects = &judge->redirects,
                               .out_of_memory = !arena_ok(&judge->run)};
    bool bug = trust_judge(&trust, result);
    result->final = final;
    result->steered = judge->books.steered;
    result->verdict = overall(result);
    result->exit_code = exit_code_of_result(result, bug);
    result->exemplar_count = keep_show(&judge->keep);
    stalls_show(&judge->stalls, result);
    result->signals = moves_find(&judge->moves, result, final);
    if (final) suggest_find(&judge->suggest, &desk, &result->suggestion);
    if (judge->bus) bus_result(judge->bus, result);
}

/* A warm-up that ends by itself has done so: the conductor is asked for the next stage. */
static void watch_warming(struct judge *judge, const struct tick *tick)
{
    char array[200];
    struct text why = text_in(array, sizeof array);
    if (warming_take(&judge->warming, tick, &why) && judge->bus) {
        bus_end_stage(judge->bus, tick->stage, array);
    }
}

static void take(void *ctx, const struct tick *tick)
{
    struct judge *judge = ctx;
    struct books *books = &judge->books;
    if (!books_accepts(books, tick)) return;
    books_enter(books, tick);
    books_take(books, tick);
    rows_take(&judge->rows, tick);
    moves_take(&judge->moves, tick);
    sliding_take(&judge->sliding, tick);
    suggest_take(&judge->suggest, tick);
    const struct run_window *window = books->header->window;
    for (uint32_t i = 0; i < tick->exemplar_count; i++) {
        const struct exemplar *exemplar = &tick->exemplars[i];
        if (window && !window_has_exemplar(window, tick, exemplar)) continue;
        keep_take(&judge->keep, exemplar);
        if (exemplar->kind == EXEMPLAR_SPANS) continue; /* its request was looked at before */
        redirects_take(&judge->redirects, exemplar);
    }
    if (!judge->aborted && judge->bus) {
        char array[200];
        struct text reason = text_in(array, sizeof array);
        judge->aborted = abort_when_take(&judge->abort_when, tick, &reason);
        if (judge->aborted) bus_command(judge->bus, COMMAND_ABORT, reason.at);
    }
    watch_warming(judge, tick);
    stalls_take(&judge->stalls, tick);
    silence_take(&judge->silence, books, tick);
    /* What nobody looks at was a third of the time that a report takes. */
    if (!judge->bus || bus_wants_results(judge->bus)) judge_now(judge, false);
}

static void end(void *ctx, const struct run_end *run_end)
{
    struct judge *judge = ctx;
    assert(judge->result.header); /* begin comes first */
    judge->result.end = *run_end;
    books_end(&judge->books, run_end->ended);
    judge_now(judge, true);
}

struct sink judge_sink(struct judge *judge)
{
    return (struct sink){.ctx = judge, .begin = begin, .tick = take, .end = end};
}
