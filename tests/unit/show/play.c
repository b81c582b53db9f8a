#include "play.h"

#include <math.h>

#include "base/clock.h"
#include "check.h"

#define MS UINT64_C(1000000)
#define HOSTILE                                                                                    \
    "=1+1|`</x>&\"'\x1b[2J\n::error::x ##[add-mask]y [l](http://e.example) @team "                 \
    "\xff,\xef\xbf\xbf"

/* So many values of so many ms. */
struct values {
    uint32_t ms, count;
};

static struct hist_sparse sparse(struct arena *arena, const struct values *values, size_t count)
{
    struct hist_sparse h = {0};
    struct hist_pair *pairs = ARENA_ARRAY(arena, count, struct hist_pair);
    for (size_t i = 0; i < count; i++) { /* rising */
        uint64_t ns = values[i].ms * MS;
        pairs[h.pair_count++] = (struct hist_pair){hist_bucket(ns), values[i].count};
        h.count += values[i].count;
        h.sum_ns += ns * values[i].count;
        h.max_ns = ns;
    }
    h.pairs = pairs;
    return h;
}

#define SPARSE(arena, ...)                                                                         \
    sparse((arena), (const struct values[]){__VA_ARGS__},                                          \
           COUNT_OF(((const struct values[]){__VA_ARGS__})))

static uint32_t make_cells(struct specimen *s, uint32_t second, struct cell *cells)
{
    struct arena *a = &s->arena;
    if (second == 1) return 0; /* all stood still */
    cells[0] = (struct cell){.stage = 4, .kind = CELL_REQUEST, .index = 0, .begun = 103};
    cells[0].outcomes[OUTCOME_OK] = 100;
    cells[0].outcomes[OUTCOME_TIMEOUT] = 1;
    cells[0].outcomes[OUTCOME_DROPPED] = 1;
    cells[0].measures[MEASURE_OK] = SPARSE(a, {1, 40}, {2, 50}, {40, 10});
    cells[0].measures[MEASURE_TIMEOUT_AGE] = SPARSE(a, {500, 1});
    cells[0].measures[MEASURE_SERVICE] = SPARSE(a, {1, 90}, {38, 10});
    cells[0].measures[MEASURE_TTFB] = SPARSE(a, {1, 100});
    cells[1] = (struct cell){.stage = 4, .kind = CELL_REQUEST, .index = 2, .begun = 20};
    cells[1].outcomes[OUTCOME_OK] = 18;
    cells[1].outcomes[OUTCOME_STATUS] = 2;
    cells[1].measures[MEASURE_OK] = SPARSE(a, {3, 18});
    cells[1].measures[MEASURE_NOT_OK] = SPARSE(a, {1, 2});
    /* The same name, intended in the stage before: the row counts both. */
    cells[2] = (struct cell){.stage = 3, .kind = CELL_REQUEST, .index = 2};
    cells[2].outcomes[OUTCOME_OK] = 1;
    cells[2].measures[MEASURE_OK] = SPARSE(a, {900, 1});
    cells[3] = (struct cell){.stage = 4, .kind = CELL_ITERATION, .index = 0, .begun = 103};
    cells[3].outcomes[OUTCOME_OK] = 100;
    cells[3].measures[MEASURE_OK] = SPARSE(a, {2, 100});
    cells[4] = (struct cell){.stage = 4, .kind = CELL_STAGE};
    cells[4].measures[STAGE_LAG] = SPARSE(a, {0, 120}, {1, 3});
    cells[4].measures[STAGE_WAIT] = SPARSE(a, {0, 123});
    cells[4].measures[STAGE_CONNECT] = SPARSE(a, {1, 4});
    return 5;
}

/* Of two of the sample's signals, the second of which was not seen in one of the seconds. */
static void add_samples(struct specimen *s, uint32_t second, struct tick *out)
{
    static const double waiting[] = {0.125, 11.5, 12.4};
    struct sample *samples = ARENA_ARRAY(&s->arena, 2, struct sample);
    samples[0] = (struct sample){4, second * NS_PER_S, (second + 1) * NS_PER_S, waiting[second]};
    samples[1] =
        (struct sample){7, second * NS_PER_S, (second + 1) * NS_PER_S, 0.97 - second * 0.2};
    out->samples = samples;
    out->sample_count = second == 1 ? 1 : 2;
}

static void make_tick(struct specimen *s, uint32_t second, struct tick *out)
{
    static double in_flight[4];
    static double iterations[2];
    static const uint32_t stages[] = {3, 4, 8};
    struct cell *cells = ARENA_ARRAY(&s->arena, 5, struct cell);
    for (uint32_t i = 0; i < COUNT_OF(in_flight); i++) in_flight[i] = i * 0.25e9;
    for (uint32_t i = 0; i < COUNT_OF(iterations); i++) iterations[i] = i * 0.5e9;
    *out = (struct tick){.index = second,
                         .start_ns = second * NS_PER_S,
                         .end_ns = (second + 1) * NS_PER_S,
                         .stage = stages[second],
                         .judged = true,
                         .last = second == 2,
                         .cells = cells,
                         .requests_in_flight = in_flight,
                         .iterations_in_flight = iterations,
                         .users = second == 2 ? 1100e9 : 0,
                         .generator_cpu_ns = 125 * MS};
    out->cell_count = make_cells(s, second, cells);
    add_samples(s, second, out);
    if (second != 0) return;
    struct event *events = ARENA_ARRAY(&s->arena, 2, struct event);
    events[0] = (struct event){.kind = EVENT_STAGE, .stage = 3, .text = "climb@1000/s begins"};
    events[1] = (struct event){.at_ns = 400 * MS, .kind = EVENT_SERVICE, .stage = 3};
    struct text text = text_in(events[1].text, sizeof events[1].text);
    text_adds(&text, "service api died: SIGKILL");
    out->events = events;
    out->event_count = 2;
    out->exemplars = s->result.exemplars;
    out->exemplar_count = s->result.exemplar_count;
}

void play_run(struct specimen *s, const struct sink *sink)
{
    if (sink->begin) sink->begin(sink->ctx, &s->header);
    struct result early = s->result;
    early.final = false;
    for (uint32_t second = 0; second < 3; second++) {
        struct tick tick;
        make_tick(s, second, &tick);
        assert_true(arena_ok(&s->arena));
        if (sink->tick) sink->tick(sink->ctx, &tick);
        if (sink->result) sink->result(sink->ctx, &early);
    }
    if (sink->end) sink->end(sink->ctx, &s->result.end);
    if (sink->result) sink->result(sink->ctx, &s->result);
}

void play_hostile(struct specimen *s)
{
    struct bytes hostile = BYTES_LIT(HOSTILE);
    s->plan.name = hostile;
    s->plan.names[2] = hostile;
    s->plan.stages[4].name = hostile;
    s->plan.targets[0].text = hostile;
    s->header.host = hostile;
    s->header.version = hostile;
    struct exemplar *copies = ARENA_ARRAY(&s->arena, s->result.exemplar_count, struct exemplar);
    for (uint32_t i = 0; i < s->result.exemplar_count; i++) {
        copies[i] = s->result.exemplars[i];
        copies[i].detail = copies[i].sample = hostile;
    }
    s->result.exemplars = copies;
    struct text reason = text_in(s->result.end.reason, sizeof s->result.end.reason);
    text_add(&reason, hostile);
    struct trust_reason *trust = &s->result.reasons[s->result.reason_count++];
    *trust = (struct trust_reason){.level = TRUST_SUSPECT, .code = "lag-high", .value = 1};
    struct text words = text_in(trust->text, sizeof trust->text);
    text_add(&words, hostile);
    s->result.trust = TRUST_SUSPECT;
}
