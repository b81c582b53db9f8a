#include "plan/objective.h"

#include "base/attr.h"
#include "plan/sentence_priv.h"
#include "plan/units.h"

static const struct {
    const char *name;
    enum objective_unit unit;
    bool limit; /* good when small */
} metrics[] = {
#define METRICS_ROW(metric, name, unit, limit) [metric] = {name, unit, limit},
    METRICS(METRICS_ROW)
#undef METRICS_ROW
};

/* Is it one word of its own in a sentence? Others begin with another's, have a number, or are any
 * of a table. */
static bool is_plain(size_t metric)
{
    return metric != METRIC_QUANTILE && metric != METRIC_AVAILABILITY_BY_TIME
           && metric != METRIC_RECOVERY && metric != METRIC_SERIES;
}

/* Other tools' words for the same. */
static const struct {
    const char *word, *metric;
} foreign[] = {{"mean", "avg"},         {"average", "avg"},
               {"median", "p50"},       {"rps", "throughput"},
               {"latency", "p95"},      {"rate", "throughput"},
               {"failures", "errors"},  {"uptime", "availability"},
               {"vus", "users"},        {"concurrency", "in_flight"},
               {"recover", "recovery"}, {"mttr", "recovery"}};

/* `p95`, `p99.9` into parts per million. */
static bool read_quantile(struct bytes word, uint32_t *per_million)
{
    double percent = 0;
    if (word.len < 2 || word.at[0] != 'p' || word.at[1] < '0' || word.at[1] > '9') return false;
    if (!bytes_to_double(bytes_from(word, 1), &percent) || percent <= 0 || percent >= 100)
        return false;
    *per_million = (uint32_t)(percent * 10000 + 0.5);
    return *per_million > 0 && *per_million < 1000000;
}

/* The nearest of the metrics and of the series; empty: none is near. */
static struct bytes nearest_of(struct bytes word, const struct bytes *metric_names, uint32_t count)
{
    struct bytes all[SERIES_ROWS + COUNT_OF(metrics) + 6];
    for (uint32_t i = 0; i < count; i++) all[i] = metric_names[i];
    for (uint32_t i = 0; i < SERIES_ROWS; i++) {
        all[count++] = bytes_of(series_row((enum series_row)i)->name);
    }
    return diag_nearest_name(word, all, count);
}

static bool tell_metric(struct sentence *r)
{
    struct bytes names[COUNT_OF(metrics) + 6] = {BYTES_LIT("p50"),   BYTES_LIT("p90"),
                                                 BYTES_LIT("p95"),   BYTES_LIT("p99"),
                                                 BYTES_LIT("p99.9"), BYTES_LIT("recovery")};
    uint32_t name_count = 6;
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (is_plain(i)) names[name_count++] = bytes_of(metrics[i].name);
    }
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    struct bytes word = r->word.text;
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        if (bytes_is(word, foreign[i].word)) word = bytes_of(foreign[i].metric);
    }
    if (sentence_is(r, "in") || sentence_is(r, "of")) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "the form is  " SENTENCE_FORM,
                              "the metric comes first");
    }
    if (bytes_same_nocase(word, BYTES_LIT("warn"))) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word,
                              "write warn: with its colon, in small letters",
                              "the metric comes first");
    }
    if (word.len > 0 && word.at[0] == 'p' && bytes_find(word, BYTES_LIT("100")) != SIZE_MAX)
        word = BYTES_LIT("max");
    struct bytes nearest = nearest_of(word, names, name_count);
    if (nearest.len > 0) word = nearest;
    bool own = nearest.len == 0 && word.len > 0 && memchr(word.at, '_', word.len);
    if (own && r->word.kind == SENTENCE_NAME) {
        text_addf(&t, "a number of a service's own is " OBJECTIVE_OWN "%.*s   ", BYTES_ARG(word));
    }
    if (!bytes_equal(word, r->word.text)) {
        text_addf(&t, "did you mean '%.*s'?   ", BYTES_ARG(word));
        word = (struct bytes){0};
    }
    diag_suggest(&t, word, "metrics", names, name_count);
    if (r->word.kind != SENTENCE_NAME) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, hint, "a sentence begins with a metric");
    }
    return diag_add(r->diags, DIAG_METRIC, sentence_place(r, r->word), hint,
                    "'%.*s' is no metric that can be judged", BYTES_ARG(r->word.text));
}

static enum objective_unit unit_of_series(enum series_unit unit)
{
    switch (unit) {
    case SERIES_BYTES:
        return UNIT_BYTES;
    case SERIES_BYTES_PER_S:
        return UNIT_BYTES_RATE;
    case SERIES_PER_S:
        return UNIT_RATE;
    case SERIES_SHARE:
        return UNIT_SHARE;
    case SERIES_SECONDS:
        return UNIT_TIME;
    case SERIES_NUMBER:
    case SERIES_COUNT_OF:
    case SERIES_CORES:
    case SERIES_WAITING:
    case SERIES_UNIT_COUNT:
        break;
    }
    return UNIT_NUMBER;
}

/* A series by its name, and its label; false: it is none. */
static bool read_series(struct sentence *r, struct arena *arena, struct objective *out)
{
    struct bytes name = r->word.text;
    const struct series_kind *kind = series_find(name);
    bool own = bytes_starts(name, BYTES_LIT(OBJECTIVE_OWN)) && name.len > strlen(OBJECTIVE_OWN);
    if (r->word.kind != SENTENCE_NAME || (!kind && !own)) return false;
    out->metric = METRIC_SERIES;
    out->series = arena_copy(arena, name);
    out->series_unit = kind ? kind->unit : series_own_unit(name);
    sentence_advance(r);
    if (r->word.kind == SENTENCE_QUOTED) {
        out->label = arena_copy(arena, r->word.text);
        sentence_advance(r);
    }
    return true;
}

/* `recovery after STAGE`. Faults, once there are any, have their names where stages have theirs. */
static bool read_recovery(struct sentence *r, struct objective *out)
{
    struct sentence_word first = r->word;
    out->metric = METRIC_RECOVERY;
    sentence_advance(r);
    if (!sentence_is(r, "after"))
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "write: recovery after STAGE < 30s",
                              "after what?");
    uint32_t stage = 0;
    uint32_t count = 0;
    if (!sentence_scope_stage(r, &stage, &count)) return false;
    out->after_stage = stage + count - 1;
    if (!r->abort) return true;
    return sentence_wrong(r, DIAG_OBJECTIVE, first, "make it an objective",
                          "whether it recovers is known at the end; abort_when asks meanwhile");
}

static bool read_metric(struct sentence *r, struct arena *arena, struct objective *out)
{
    struct sentence_word first = r->word;
    size_t i = METRIC_QUANTILE;
    if (r->word.kind != SENTENCE_NAME || !read_quantile(r->word.text, &out->per_million)) {
        i = 0;
        while (i < COUNT_OF(metrics) && !(is_plain(i) && sentence_is(r, metrics[i].name))) i++;
    }
    if (i == COUNT_OF(metrics) && sentence_is(r, "recovery")) {
        if (!read_recovery(r, out)) return false;
    } else if (i == COUNT_OF(metrics)) {
        if (!read_series(r, arena, out)) return tell_metric(r);
    } else {
        out->metric = (enum metric)i;
        sentence_advance(r);
    }
    r->unit = objective_unit(out);
    r->limit = metrics[out->metric].limit;
    r->either = objective_is_either(out);
    r->hourly = out->metric == METRIC_LEAK;
    if (r->abort && objective_is_observed(out)) {
        return sentence_wrong(r, DIAG_OBJECTIVE, first,
                              "make it an objective, or give up by replies:  errors > 20% for 10s",
                              "abort_when looks at replies; it does not see services yet");
    }
    if (out->metric != METRIC_AVAILABILITY || !sentence_is(r, "by")) return true;
    sentence_advance(r);
    if (!sentence_is(r, "time"))
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "write: availability by time",
                              "by what?");
    out->metric = METRIC_AVAILABILITY_BY_TIME;
    sentence_advance(r);
    return true;
}

/* `abort_when: p95 < 100ms`, which is what should hold, and ends a run that does well. */
static bool tell_turned(struct sentence *r, enum objective_op op)
{
    static const enum objective_op turned[] = {
        [OP_LT] = OP_GE, [OP_LE] = OP_GT, [OP_GT] = OP_LE, [OP_GE] = OP_LT};
    char hint[200];
    struct text t = text_in(hint, sizeof hint);
    struct bytes before = {r->text.at, r->word.at};
    text_addf(&t, "write %.*s%s%.*s", BYTES_ARG(before), objective_op_text(turned[op]),
              BYTES_ARG(bytes_from(r->text, r->word.at + r->word.len)));
    return sentence_wrong(r, DIAG_OBJECTIVE, r->word, hint,
                          "abort_when says when to give up, and this is so while all is well");
}

static bool read_op(struct sentence *r, struct objective *out)
{
    static const struct {
        const char *word;
        enum objective_op op;
    } ops[] = {{"<", OP_LT}, {"<=", OP_LE}, {"\xe2\x89\xa4", OP_LE},
               {">", OP_GT}, {">=", OP_GE}, {"\xe2\x89\xa5", OP_GE}};
    for (size_t i = 0; i < COUNT_OF(ops) && r->word.kind == SENTENCE_OP; i++) {
        if (!bytes_is(r->word.text, ops[i].word)) continue;
        out->op = ops[i].op;
        bool below = out->op == OP_LT || out->op == OP_LE;
        if (r->abort && below == r->limit && r->unit != UNIT_COUNT) return tell_turned(r, out->op);
        if (!r->abort && !r->either && below != r->limit) {
            return sentence_wrong(r, DIAG_OBJECTIVE, r->word,
                                  r->limit ? "it is a limit: write < or <="
                                           : "it is to be reached: write > or >=",
                                  "an objective says what must hold, and this says the opposite");
        }
        sentence_advance(r);
        return true;
    }
    if (r->word.kind == SENTENCE_OP) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word,
                              "one of < <= > >=", "measured values are never exactly equal");
    }
    if (out->metric == METRIC_SERIES && r->word.kind == SENTENCE_NAME) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word,
                              "a label is quoted:  host.pressure \"cpu\" < 5%",
                              "here a comparison is wanted: < <= > >=");
    }
    return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "the form is  " SENTENCE_FORM,
                          "here a comparison is wanted: < <= > >=");
}

static bool read_for(struct sentence *r, struct objective *out)
{
    const char *why = "";
    if (!sentence_is(r, "for")) {
        if (!r->abort) return true;
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "add at the end: for 10s",
                              "how long must it have been so?");
    }
    if (!r->abort) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "take it away; only abort_when has it",
                              "an objective is judged over its whole stage");
    }
    sentence_advance(r);
    if (r->word.kind == SENTENCE_NAME && !units_duration(r->word.text, &out->for_ns, &why)) {
        r->unit = UNIT_TIME;
        return sentence_value_bad(r, why);
    }
    if (out->for_ns == 0)
        return sentence_wrong(r, DIAG_UNIT, r->word, "write: for 10s", "this is no time to wait");
    sentence_advance(r);
    return true;
}

bool objective_parse(struct objective *out, struct arena *arena, struct bytes text, struct span at,
                     bool abort, const struct objective_names *names, struct diags *diags)
{
    struct sentence r = {.text = text, .at = at, .diags = diags, .names = names, .abort = abort};
    struct bytes warn = BYTES_LIT("warn:");
    *out = (struct objective){.at = at, .stage_count = 0};
    while (r.i < text.len && (text.at[r.i] == ' ' || text.at[r.i] == '\t' || text.at[r.i] == '\n'))
        r.i++;
    if (bytes_starts(bytes_from(text, r.i), warn)) {
        out->warn = true;
        r.i += warn.len;
    }
    out->text = arena_copy(arena, bytes_trim(bytes_from(text, r.i)));
    sentence_advance(&r);
    if (abort && out->warn) {
        return sentence_wrong(&r, DIAG_OBJECTIVE, r.word, "make it an objective",
                              "what ends a run cannot be a mere warning");
    }
    if (!read_metric(&r, arena, out) || !sentence_scope_read(&r, out) || !read_op(&r, out)
        || !sentence_value_read(&r, out)) {
        return false;
    }
    if (!read_for(&r, out)) return false;
    if (r.word.kind == SENTENCE_END) return !r.lost;
    bool late = sentence_is(&r, "of") || sentence_is(&r, "in");
    return sentence_wrong(&r, DIAG_OBJECTIVE, r.word, "the form is  " SENTENCE_FORM,
                          late ? "'of' and 'in' stand before the comparison"
                               : "nothing may follow here");
}

void objective_metric_name(struct text *out, const struct objective *o)
{
    text_adds(out, metrics[o->metric].name);
    text_add(out, o->series);
    if (o->metric == METRIC_QUANTILE) text_addf(out, "%g", (double)o->per_million / 10000);
    if (o->label.len == 0) return;
    char quote = memchr(o->label.at, '"', o->label.len) ? '\'' : '"';
    text_addf(out, " %c%.*s%c", quote, BYTES_ARG(o->label), quote);
}

enum objective_unit objective_unit(const struct objective *o)
{
    return o->metric == METRIC_SERIES ? unit_of_series(o->series_unit) : metrics[o->metric].unit;
}

bool objective_is_observed(const struct objective *o)
{
    return o->metric == METRIC_MEMORY || o->metric == METRIC_CPU || o->metric == METRIC_LEAK
           || o->metric == METRIC_SERIES;
}

bool objective_is_either(const struct objective *o)
{
    return objective_is_observed(o) && o->metric != METRIC_LEAK;
}

bool objective_is_once(const struct objective *o)
{
    return o->metric == METRIC_LEAK || o->metric == METRIC_RECOVERY;
}

bool objective_small_is_good(const struct objective *o)
{
    if (objective_is_either(o)) return o->op == OP_LT || o->op == OP_LE;
    return metrics[o->metric].limit;
}

bool objective_is_capacity(const struct objective *o)
{
    enum objective_unit unit = objective_unit(o);
    if (objective_is_observed(o)) return false;
    bool amount = (unit == UNIT_RATE && !o->of_offered) || unit == UNIT_COUNT;
    return amount && (o->op == OP_GT || o->op == OP_GE);
}

const char *objective_op_text(enum objective_op op)
{
    switch (op) {
    case OP_LT:
        return "<";
    case OP_LE:
        return "<=";
    case OP_GT:
        return ">";
    case OP_GE:
        return ">=";
    }
    return "";
}

bool objective_says_failures(const struct objective *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct objective *o = &items[i];
        bool failures = o->metric == METRIC_ERRORS || o->metric == METRIC_AVAILABILITY
                        || o->metric == METRIC_AVAILABILITY_BY_TIME;
        if (failures && !o->warn) return true;
    }
    return false;
}
