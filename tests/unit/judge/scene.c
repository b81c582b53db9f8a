#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "plan/diag.h"

enum { MEASURES = MEASURE_COUNT, PAIRS_EACH = 512 };

static void see_tick(void *ctx, const struct tick *tick)
{
    (void)tick;
    ((struct scene *)ctx)->tick_seen = true;
}

static void see_result(void *ctx, const struct result *result)
{
    struct scene *s = ctx;
    s->results++;
    if (result->final) s->finals++;
    else if (!s->tick_seen) s->result_was_early = true;
    s->tick_seen = false;
}

void scene_open(struct scene *s)
{
    static const char *const names[SCENE_NAMES] = {"a", "b", "c", "d", "e", "f"};
    *s = (struct scene){0};
    assert_true(arena_open(&s->arena, 1 << 20, NULL));
    for (uint32_t i = 0; i < SCENE_NAMES; i++) s->names[i] = bytes_of(names[i]);
    s->services[0].name = BYTES_LIT("api");
    s->services[1].name = BYTES_LIT("db");
    s->scenarios[SCENE_READ].name = BYTES_LIT("read");
    s->scenarios[SCENE_JOB].name = BYTES_LIT("job");
    s->plan = (struct plan){.name = BYTES_LIT("scene"),
                            .stages = s->stages,
                            .names = s->names,
                            .name_count = SCENE_NAMES,
                            .services = s->services,
                            .service_count = SCENE_SERVICES,
                            .scenarios = s->scenarios,
                            .scenario_count = SCENE_SCENARIOS,
                            .objectives = s->objectives,
                            .abort_when = s->aborts};
    s->header = (struct run_header){.id = "a1b2c3d4", .tick_ns = SECOND, .plan = &s->plan};
    s->hists = calloc(SCENE_CELLS * MEASURES, sizeof *s->hists);
    s->pairs = calloc((size_t)SCENE_CELLS * MEASURES * PAIRS_EACH, sizeof *s->pairs);
    assert_non_null(s->hists);
    assert_non_null(s->pairs);
    bus_init(&s->bus);
    assert_true(judge_open(&s->judge, &s->bus, NULL));
    bus_add(&s->bus, judge_sink(s->judge));
    bus_add(&s->bus, (struct sink){.ctx = s, .tick = see_tick, .result = see_result});
}

void scene_close(struct scene *s)
{
    judge_close(s->judge);
    arena_close(&s->arena);
    free(s->hists);
    free(s->pairs);
}

struct stage *scene_stage(struct scene *s, const char *name, enum model model, bool judged)
{
    assert_true(s->plan.stage_count < SCENE_STAGES);
    struct stage *stage = &s->stages[s->plan.stage_count++];
    stage->name = stage->group = bytes_of(name);
    stage->model = model;
    stage->judged = judged;
    stage->length_ns = 1000 * SECOND;
    return stage;
}

static void parse(struct scene *s, struct objective *out, const char *sentence, bool abort)
{
    static struct diags diags;
    struct bytes stage_names[SCENE_STAGES], stage_groups[SCENE_STAGES];
    struct bytes scenarios[SCENE_SCENARIOS], services[SCENE_SERVICES];
    for (uint32_t i = 0; i < s->plan.stage_count; i++) {
        stage_names[i] = s->stages[i].name;
        stage_groups[i] = s->stages[i].group;
    }
    for (uint32_t i = 0; i < SCENE_SCENARIOS; i++) scenarios[i] = s->scenarios[i].name;
    for (uint32_t i = 0; i < SCENE_SERVICES; i++) services[i] = s->services[i].name;
    const struct objective_names names = {.requests = s->names,
                                          .scenarios = scenarios,
                                          .services = services,
                                          .service_count = SCENE_SERVICES,
                                          .stage_names = stage_names,
                                          .stage_groups = stage_groups,
                                          .request_count = SCENE_NAMES,
                                          .scenario_count = SCENE_SCENARIOS,
                                          .stage_count = s->plan.stage_count};
    struct span at = {0};
    diags.count = 0;
    bool good = objective_parse(out, &s->arena, bytes_of(sentence), at, abort, &names, &diags);
    if (!good) fail_msg("'%s': %s", sentence, diags.count > 0 ? diags.items[0].msg : "?");
}

struct objective *scene_objective(struct scene *s, const char *sentence)
{
    assert_true(s->plan.objective_count < SCENE_SENTENCES);
    struct objective *o = &s->objectives[s->plan.objective_count++];
    parse(s, o, sentence, false);
    return o;
}

void scene_abort_when(struct scene *s, const char *sentence)
{
    parse(s, &s->aborts[s->plan.abort_count++], sentence, true);
}

void scene_begin(struct scene *s)
{
    bus_begin(&s->bus, &s->header);
}

void scene_tick(struct scene *s, uint32_t stage, uint32_t ms)
{
    struct tick *t = &s->tick;
    uint32_t index = t->end_ns > 0 ? t->index + 1 : 0;
    uint64_t start_ns = t->end_ns;
    *t = (struct tick){.index = index,
                       .start_ns = start_ns,
                       .end_ns = start_ns + ms * MS,
                       .stage = stage,
                       .cells = s->cells,
                       .slots = s->slots,
                       .exemplars = s->looks,
                       .series = s->series + s->series_count,
                       .samples = s->samples,
                       .requests_in_flight = s->requests_in_flight,
                       .iterations_in_flight = s->iterations_in_flight};
    t->judged = run_stage_judged(&s->header, stage);
    memset(s->requests_in_flight, 0, sizeof s->requests_in_flight);
    memset(s->iterations_in_flight, 0, sizeof s->iterations_in_flight);
}

static struct hist *hist_of(struct scene *s, const struct cell *cell, uint32_t measure)
{
    return &s->hists[(size_t)(cell - s->cells) * MEASURES + measure];
}

static struct cell *cell_of(struct scene *s, uint32_t stage, bool settle, enum cell_kind kind,
                            uint32_t index)
{
    for (uint32_t i = 0; i < s->tick.cell_count; i++) {
        struct cell *c = &s->cells[i];
        if (c->stage == stage && c->settle == settle && c->kind == kind && c->index == index) {
            return c;
        }
    }
    assert_true(s->tick.cell_count < SCENE_CELLS);
    struct cell *cell = &s->cells[s->tick.cell_count++];
    *cell = (struct cell){.stage = stage, .settle = settle, .kind = kind, .index = index};
    for (uint32_t m = 0; m < MEASURES; m++) hist_init(hist_of(s, cell, m));
    return cell;
}

static void record(struct hist *h, uint64_t ns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) hist_record(h, ns);
}

static struct slot *slot_of(struct scene *s, uint32_t tenth)
{
    uint32_t index = (uint32_t)(s->tick.start_ns / SLOT_NS) + tenth;
    for (uint32_t i = 0; i < s->tick.slot_count; i++) {
        if (s->slots[i].index == index) return &s->slots[i];
    }
    assert_true(s->tick.slot_count < SCENE_SLOTS);
    struct slot *slot = &s->slots[s->tick.slot_count++];
    *slot = (struct slot){.index = index, .stage = s->tick.stage};
    return slot;
}

void scene_add(struct scene *s, const struct scene_part *part)
{
    enum cell_kind kind = part->iteration ? CELL_ITERATION : CELL_REQUEST;
    struct cell *cell = cell_of(s, part->stage, part->settle, kind, part->name);
    cell->outcomes[part->outcome] += part->count;
    cell->answered_5xx += part->with_5xx;
    if (!part->not_begun) cell->begun += part->count;
    if (part->lacks) {
        cell->shortages[part->lack] += part->count;
        struct cell *stage = cell_of(s, part->stage, part->settle, CELL_STAGE, 0);
        if (!part->iteration) stage->shortages[part->lack] += part->count;
    }
    if (part->outcome == OUTCOME_OK) {
        record(hist_of(s, cell, MEASURE_OK), part->ns, part->count);
        record(hist_of(s, cell, MEASURE_OK_LESS_LAG), part->ns - part->lag_ns, part->count);
        record(hist_of(s, cell, MEASURE_SERVICE), part->ns - part->lag_ns, part->count);
        record(hist_of(s, cell, MEASURE_TTFB), (part->ns - part->lag_ns) / 2, part->count);
    } else if (part->outcome == OUTCOME_TIMEOUT) {
        record(hist_of(s, cell, MEASURE_TIMEOUT_AGE), part->ns, part->count);
    } else if (part->outcome == OUTCOME_CUT) {
        record(hist_of(s, cell, MEASURE_CUT_AGE), part->ns, part->count);
    }
    if (part->iteration || part->not_begun || part->stage != s->tick.stage) return;
    if (part->no_slot) return;
    struct slot *slot = slot_of(s, 0);
    slot->planned += part->count;
    slot->taken += part->count;
    if (part->outcome == OUTCOME_OK) slot->ok += part->count;
    else slot->failed += part->count;
    if (part->lacks && tick_is_own(part->lack)) slot->lacking += part->count;
}

void scene_requests(struct scene *s, uint32_t name, enum outcome outcome, uint32_t count,
                    uint64_t ns)
{
    struct scene_part part = {
        .stage = s->tick.stage, .name = name, .outcome = outcome, .count = count, .ns = ns};
    scene_add(s, &part);
}

void scene_iterations(struct scene *s, uint32_t scenario, enum outcome outcome, uint32_t count,
                      uint64_t ns)
{
    struct scene_part part = {.stage = s->tick.stage,
                              .name = scenario,
                              .outcome = outcome,
                              .count = count,
                              .ns = ns,
                              .iteration = true};
    scene_add(s, &part);
}

void scene_lag(struct scene *s, uint32_t count, uint64_t ns)
{
    bool settle = run_stage_judged(&s->header, s->tick.stage) && !s->tick.judged;
    record(hist_of(s, cell_of(s, s->tick.stage, settle, CELL_STAGE, 0), STAGE_LAG), ns, count);
}

void scene_unsent(struct scene *s, uint32_t count)
{
    struct scene_part part = {.stage = s->tick.stage,
                              .outcome = OUTCOME_DROPPED,
                              .count = count,
                              .lacks = true,
                              .lack = SHORTAGE_PORTS};
    scene_add(s, &part);
}

void scene_undecided(struct scene *s, enum shortage shortage, uint32_t count)
{
    struct scene_part part = {.stage = s->tick.stage,
                              .outcome = OUTCOME_CHECK,
                              .count = count,
                              .ns = MS,
                              .lacks = true,
                              .lack = shortage};
    scene_add(s, &part);
}

void scene_rowless(struct scene *s, uint32_t count)
{
    bool settle = run_stage_judged(&s->header, s->tick.stage) && !s->tick.judged;
    cell_of(s, s->tick.stage, settle, CELL_STAGE, 0)->shortages[SHORTAGE_ROWS] += count;
}

void scene_rested(struct scene *s, uint64_t rested_ns)
{
    cell_of(s, s->tick.stage, false, CELL_STAGE, 0)->rested_ns = rested_ns;
}

void scene_slot(struct scene *s, uint32_t tenth, uint32_t planned, uint32_t taken, uint32_t ok)
{
    struct slot *slot = slot_of(s, tenth);
    slot->planned += planned;
    slot->taken += taken;
    slot->ok += ok;
}

void scene_slot_failed(struct scene *s, uint32_t tenth, uint32_t failed, uint32_t lacking)
{
    struct slot *slot = slot_of(s, tenth);
    slot->failed += failed;
    slot->lacking += lacking;
}

void scene_levels(struct scene *s, double users, double requests, double jobs)
{
    double ns = (double)(s->tick.end_ns - s->tick.start_ns);
    s->tick.users = users * ns;
    s->requests_in_flight[0] = requests * ns;
    s->iterations_in_flight[SCENE_JOB] = jobs * ns;
}

void scene_strain(struct scene *s, enum strain_fact fact, uint64_t value)
{
    s->tick.strain.of[fact] = value;
}

void scene_look(struct scene *s, uint32_t name, enum outcome outcome, uint32_t status)
{
    assert_true(s->tick.exemplar_count < SCENE_LOOKS);
    s->looks[s->tick.exemplar_count++] = (struct exemplar){.kind = EXEMPLAR_RANDOM,
                                                           .stage = s->tick.stage,
                                                           .name = name,
                                                           .outcome = outcome,
                                                           .status = (uint16_t)status};
}

uint32_t scene_series(struct scene *s, const char *of, const char *name, const char *label)
{
    assert_true(s->series_count < SCENE_SERIES);
    const struct series_kind *kind = series_find(bytes_of(name));
    uint32_t id = s->series_count++;
    s->series[id] = (struct series){.id = id,
                                    .of = bytes_of(of),
                                    .name = bytes_of(name),
                                    .label = bytes_of(label),
                                    .unit = kind ? kind->unit : SERIES_NUMBER};
    s->tick.series_count++;
    return id;
}

void scene_sample(struct scene *s, uint32_t series, double from_s, double to_s, double value)
{
    assert_true(s->tick.sample_count < SCENE_SAMPLES);
    s->samples[s->tick.sample_count++] = (struct sample){series, (uint64_t)(from_s * 1e9 + 0.5),
                                                         (uint64_t)(to_s * 1e9 + 0.5), value};
}

static void rest(struct scene *s, struct cell *cell, uint32_t measure, struct hist_pair *pairs)
{
    const struct hist *h = hist_of(s, cell, measure);
    struct hist_sparse *sparse = &cell->measures[measure];
    *sparse = (struct hist_sparse){h->count, h->sum_ns, h->max_ns, pairs, 0};
    for (uint32_t b = 0; b < HIST_BUCKETS && h->count > 0; b++) {
        if (h->buckets[b] == 0) continue;
        assert_true(sparse->pair_count < PAIRS_EACH);
        pairs[sparse->pair_count++] = (struct hist_pair){b, (uint32_t)h->buckets[b]};
    }
}

void scene_put(struct scene *s)
{
    struct hist_pair *pairs = s->pairs;
    for (uint32_t i = 0; i < s->tick.cell_count; i++) {
        for (uint32_t m = 0; m < MEASURES; m++, pairs += PAIRS_EACH) {
            rest(s, &s->cells[i], m, pairs);
        }
    }
    bus_tick(&s->bus, &s->tick);
}

void scene_second(struct scene *s, uint32_t stage, uint32_t count, uint64_t ns)
{
    scene_tick(s, stage, 1000);
    scene_requests(s, 0, OUTCOME_OK, count, ns);
    scene_put(s);
}

static void finish(struct scene *s, enum run_ended ended, int signal)
{
    struct run_end end = {.ended = ended, .at_ns = s->tick.end_ns, .signal = signal};
    end.missing_ticks = s->missing_ticks;
    end.missing_from_ns = 4500 * MS;
    bus_end(&s->bus, &end);
}

void scene_end(struct scene *s, enum run_ended ended)
{
    scene_tick(s, s->plan.stage_count, 100);
    s->tick.last = true;
    scene_put(s);
    finish(s, ended, ended == RUN_INTERRUPTED ? 2 : 0);
}

void scene_stop_short(struct scene *s)
{
    finish(s, RUN_INTERRUPTED, 2);
}

void scene_go_on(struct scene *s)
{
    finish(s, RUN_INTERRUPTED, 0);
}

const struct result *scene_result(const struct scene *s)
{
    return judge_result(s->judge);
}

const struct objective_result *scene_said(const struct scene *s, uint32_t objective)
{
    const struct result *result = judge_result(s->judge);
    assert_true(objective < result->objective_count);
    return &result->objectives[objective];
}

const struct trust_reason *scene_reason(const struct scene *s, const char *code)
{
    const struct result *result = scene_result(s);
    for (uint32_t i = 0; i < result->reason_count; i++) {
        if (strcmp(result->reasons[i].code, code) == 0) return &result->reasons[i];
    }
    return NULL;
}
