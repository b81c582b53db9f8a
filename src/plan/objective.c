#include "plan/objective.h"

#include <assert.h>

#include "plan/diag.h"
#include "plan/unit_hint.h"
#include "plan/units.h"

#define SENTENCE_FORM "METRIC [of NAME] [in STAGE] < VALUE"

static const struct {
    const char *name;
    enum objective_unit unit;
    bool limit; /* good when small */
} metrics[] = {
#define METRICS_ROW(metric, name, unit, limit) [metric] = {name, unit, limit},
    METRICS(METRICS_ROW)
#undef METRICS_ROW
};

/* Is it one word of its own in a sentence? Others begin with another's, or have a number. */
static bool is_plain(size_t metric)
{
    return metric != METRIC_QUANTILE && metric != METRIC_AVAILABILITY_BY_TIME;
}

/* Other tools' words for the same. */
static const struct {
    const char *word, *metric;
} foreign[] = {{"mean", "avg"},        {"average", "avg"},
               {"median", "p50"},      {"rps", "throughput"},
               {"latency", "p95"},     {"rate", "throughput"},
               {"failures", "errors"}, {"uptime", "availability"},
               {"vus", "users"},       {"concurrency", "in_flight"}};

enum word_kind { WORD_END, WORD_NAME, WORD_QUOTED, WORD_OP, WORD_OPEN };

struct word {
    enum word_kind kind;
    struct bytes text; /* without quotes */
    size_t at, len;    /* in the sentence, quotes included */
};

struct reader {
    struct bytes text;
    struct span at;
    struct diags *diags;
    const struct objective_names *names;
    struct word word; /* the next one */
    size_t i;         /* behind it */
    enum objective_unit unit;
    bool limit;
    bool abort;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static size_t op_len(struct bytes b)
{
    static const char *const ops[] = {"<=",           ">=", "==", "!=", "\xe2\x89\xa4",
                                      "\xe2\x89\xa5", "<",  ">",  "="};
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        if (bytes_starts(b, bytes_of(ops[i]))) return strlen(ops[i]);
    }
    return 0;
}

/* Moves on to the next word. */
static void advance(struct reader *r)
{
    while (r->i < r->text.len && is_space(r->text.at[r->i])) r->i++;
    size_t start = r->i;
    struct bytes rest = bytes_from(r->text, start);
    r->word = (struct word){.kind = WORD_END, .at = start};
    if (rest.len == 0) return;
    assert(rest.at);
    size_t len = op_len(rest);
    size_t skip = 0;
    size_t end = 0;
    r->word.kind = WORD_OP;
    if (len == 0 && (rest.at[0] == '"' || rest.at[0] == '\'')) {
        const char *close = memchr(rest.at + 1, rest.at[0], rest.len - 1);
        r->word.kind = close ? WORD_QUOTED : WORD_OPEN;
        len = close ? (size_t)(close - rest.at) + 1 : rest.len;
        skip = 1;
        end = close ? 1 : 0;
    } else if (len == 0) {
        r->word.kind = WORD_NAME;
        while (len < rest.len && !is_space(rest.at[len]) && op_len(bytes_from(rest, len)) == 0)
            len++;
    }
    r->word.text = (struct bytes){rest.at + skip, len - skip - end};
    r->word.len = len;
    r->i += len;
}

static bool is_word(const struct reader *r, const char *text)
{
    return r->word.kind == WORD_NAME && bytes_is(r->word.text, text);
}

/* The place of `w`; of the whole sentence where its letters are not those of the source. */
static struct span place(const struct reader *r, struct word w)
{
    struct span at = r->at;
    bool nowhere = at.line == 0 && at.col == 0;
    if (nowhere || at.len != r->text.len || w.at > r->text.len) return at;
    /* Of a word of the command line `col` is no column. */
    if (at.line > 0) at.col += (uint32_t)text_columns((struct bytes){r->text.at, w.at});
    at.offset += (uint32_t)w.at;
    at.len = (uint32_t)(w.len > 0 ? w.len : 1);
    return at;
}

static bool wrong(struct reader *r, enum diag_code code, struct word w, const char *hint,
                  const char *cause)
{
    if (w.kind == WORD_OPEN) {
        hint = "close it";
        cause = "this quote is not closed";
    }
    return diag_add(r->diags, code, place(r, w), hint, "%s", cause);
}

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

static bool tell_metric(struct reader *r)
{
    struct bytes names[COUNT_OF(metrics) + 5] = {
        BYTES_LIT("p50"), BYTES_LIT("p90"), BYTES_LIT("p95"), BYTES_LIT("p99"), BYTES_LIT("p99.9")};
    uint32_t name_count = 5;
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (is_plain(i)) names[name_count++] = bytes_of(metrics[i].name);
    }
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    struct bytes word = r->word.text;
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        if (bytes_is(word, foreign[i].word)) word = bytes_of(foreign[i].metric);
    }
    if (is_word(r, "in") || is_word(r, "of")) {
        return wrong(r, DIAG_OBJECTIVE, r->word, "the form is  " SENTENCE_FORM,
                     "the metric comes first");
    }
    if (bytes_same_nocase(word, BYTES_LIT("warn"))) {
        return wrong(r, DIAG_OBJECTIVE, r->word, "write warn: with its colon, in small letters",
                     "the metric comes first");
    }
    if (word.len > 0 && word.at[0] == 'p' && bytes_find(word, BYTES_LIT("100")) != SIZE_MAX)
        word = BYTES_LIT("max");
    if (!bytes_equal(word, r->word.text)) {
        text_addf(&t, "did you mean '%.*s'?   ", BYTES_ARG(word));
        word = (struct bytes){0};
    }
    diag_suggest(&t, word, "metrics", names, name_count);
    if (r->word.kind != WORD_NAME) {
        return wrong(r, DIAG_OBJECTIVE, r->word, hint, "a sentence begins with a metric");
    }
    return diag_add(r->diags, DIAG_METRIC, place(r, r->word), hint,
                    "'%.*s' is no metric that can be judged", BYTES_ARG(r->word.text));
}

static bool read_metric(struct reader *r, struct objective *out)
{
    size_t i = METRIC_QUANTILE;
    if (r->word.kind != WORD_NAME || !read_quantile(r->word.text, &out->per_million)) {
        i = 0;
        while (i < COUNT_OF(metrics) && !(is_plain(i) && is_word(r, metrics[i].name))) i++;
    }
    if (i == COUNT_OF(metrics)) return tell_metric(r);
    out->metric = (enum metric)i;
    r->unit = metrics[i].unit;
    r->limit = metrics[i].limit;
    advance(r);
    if (out->metric != METRIC_AVAILABILITY || !is_word(r, "by")) return true;
    advance(r);
    if (!is_word(r, "time"))
        return wrong(r, DIAG_OBJECTIVE, r->word, "write: availability by time", "by what?");
    out->metric = METRIC_AVAILABILITY_BY_TIME;
    advance(r);
    return true;
}

static uint32_t find_name(const struct bytes *names, uint32_t count, struct bytes name)
{
    uint32_t i = 0;
    while (i < count && !bytes_equal(names[i], name)) i++;
    return i;
}

/* A name of more than one word that lacks its quotes, as in `of GET /jobs`. */
static bool lacks_quotes(const struct reader *r)
{
    struct reader next = *r;
    advance(&next);
    return r->word.kind == WORD_NAME && next.word.kind == WORD_NAME && !is_word(&next, "in")
           && !is_word(&next, "of");
}

/* A stage stands after `in`, whoever is counted after `of`. */
static void add_other_side(const struct reader *r, const char *what, struct text *hint)
{
    const struct objective_names *n = r->names;
    struct bytes word = r->word.text;
    bool stage = bytes_is(bytes_of(what), "stage");
    bool other = stage ? find_name(n->requests, n->request_count, word) < n->request_count
                             || find_name(n->scenarios, n->scenario_count, word) < n->scenario_count
                       : find_name(n->stage_names, n->stage_count, word) < n->stage_count
                             || find_name(n->stage_groups, n->stage_count, word) < n->stage_count;
    if (other && word.len > 0)
        text_addf(hint, "write %s %.*s   ", stage ? "of" : "in", BYTES_ARG(word));
}

static bool tell_name(struct reader *r, const char *what, const struct bytes *first,
                      uint32_t first_count, const struct bytes *second, uint32_t second_count)
{
    struct bytes names[64];
    uint32_t count = 0;
    for (uint32_t i = 0; i < first_count && count < 40; i++) {
        if (i == 0 || !bytes_equal(first[i], first[i - 1])) names[count++] = first[i];
    }
    for (uint32_t i = 0; i < second_count && count < 64; i++) names[count++] = second[i];
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    if (lacks_quotes(r)) text_adds(&t, "a name with spaces is quoted: of \"GET /jobs\"   ");
    add_other_side(r, what, &t);
    diag_suggest(&t, r->word.text, "names", names, count);
    if (r->word.kind == WORD_END || r->word.kind == WORD_OP || r->word.kind == WORD_OPEN) {
        return wrong(r, DIAG_OBJECTIVE, r->word, hint, "a name is missing here");
    }
    return diag_add(r->diags, DIAG_UNKNOWN_NAME, place(r, r->word), hint, "no %s is named '%.*s'",
                    what, BYTES_ARG(r->word.text));
}

static bool is_near(const struct reader *r, const struct bytes *names, uint32_t count)
{
    return diag_nearest_name(r->word.text, names, count).len > 0;
}

static bool read_of(struct reader *r, struct objective *out)
{
    const struct objective_names *n = r->names;
    if (out->metric == METRIC_USERS) {
        return wrong(r, DIAG_OBJECTIVE, r->word,
                     "take it away; users walk all scenarios of a stage",
                     "'users' are not counted by name");
    }
    advance(r);
    if (is_word(r, "each")) {
        out->scope = SCOPE_EACH;
        advance(r);
        return true;
    }
    bool named = r->word.kind == WORD_NAME || r->word.kind == WORD_QUOTED;
    uint32_t request =
        named ? find_name(n->requests, n->request_count, r->word.text) : n->request_count;
    uint32_t scenario =
        named ? find_name(n->scenarios, n->scenario_count, r->word.text) : n->scenario_count;
    if (request < n->request_count) {
        out->scope = SCOPE_REQUEST;
        out->scope_index = request;
    } else if (scenario < n->scenario_count) {
        out->scope = SCOPE_SCENARIO;
        out->scope_index = scenario;
    } else if (named && n->requests_lost && !is_near(r, n->requests, n->request_count)
               && !is_near(r, n->scenarios, n->scenario_count)) {
        return false; /* it may be one of those */
    } else {
        return tell_name(r, "request or scenario", n->scenarios, n->scenario_count, n->requests,
                         n->request_count);
    }
    advance(r);
    return true;
}

static bool read_in(struct reader *r, struct objective *out)
{
    const struct objective_names *n = r->names;
    advance(r);
    bool named = r->word.kind == WORD_NAME || r->word.kind == WORD_QUOTED;
    uint32_t at = named ? find_name(n->stage_names, n->stage_count, r->word.text) : n->stage_count;
    out->stage_count = 1;
    if (at == n->stage_count && named) {
        at = find_name(n->stage_groups, n->stage_count, r->word.text);
        while (at + out->stage_count < n->stage_count
               && bytes_equal(n->stage_groups[at + out->stage_count], r->word.text)) {
            out->stage_count++;
        }
    }
    if (at == n->stage_count && named && n->stages_lost
        && !is_near(r, n->stage_groups, n->stage_count)) {
        return false; /* it may be one of those */
    }
    if (at == n->stage_count) {
        return tell_name(r, "stage", n->stage_groups, n->stage_count, NULL, 0);
    }
    out->has_in = true;
    out->stage_first = at;
    advance(r);
    return true;
}

/* `abort_when: p95 < 100ms`, which is what should hold, and ends a run that does well. */
static bool tell_turned(struct reader *r, enum objective_op op)
{
    static const enum objective_op turned[] = {
        [OP_LT] = OP_GE, [OP_LE] = OP_GT, [OP_GT] = OP_LE, [OP_GE] = OP_LT};
    char hint[200];
    struct text t = text_in(hint, sizeof hint);
    struct bytes before = {r->text.at, r->word.at};
    text_addf(&t, "write %.*s%s%.*s", BYTES_ARG(before), objective_op_text(turned[op]),
              BYTES_ARG(bytes_from(r->text, r->word.at + r->word.len)));
    return wrong(r, DIAG_OBJECTIVE, r->word, hint,
                 "abort_when says when to give up, and this is so while all is well");
}

/* Limits at the very end of what can be measured. */
static bool check_sense(struct reader *r, const struct objective *o, struct word value)
{
    bool share = r->unit == UNIT_SHARE || o->of_offered;
    bool low = o->value <= 0;
    bool high = share && o->value >= 1;
    bool time = r->unit == UNIT_TIME; /* no reply takes no time */
    bool never = (low && (o->op == OP_LT || (o->op == OP_LE && time))) || (high && o->op == OP_GT);
    bool always = (low && (o->op == OP_GE || (o->op == OP_GT && time)))
                  || (high && o->op == OP_LE && r->abort);
    if (!never && !always) return true;
    return wrong(r, DIAG_OBJECTIVE, value,
                 never && low    ? "write a value above it"
                 : never && high ? "write >=, or a value below it"
                                 : "write a value above it, or leave the sentence out",
                 never ? "nothing that is measured is ever so" : "this is so whatever is measured");
}

static bool read_op(struct reader *r, struct objective *out)
{
    static const struct {
        const char *word;
        enum objective_op op;
    } ops[] = {{"<", OP_LT}, {"<=", OP_LE}, {"\xe2\x89\xa4", OP_LE},
               {">", OP_GT}, {">=", OP_GE}, {"\xe2\x89\xa5", OP_GE}};
    for (size_t i = 0; i < COUNT_OF(ops) && r->word.kind == WORD_OP; i++) {
        if (!bytes_is(r->word.text, ops[i].word)) continue;
        out->op = ops[i].op;
        bool below = out->op == OP_LT || out->op == OP_LE;
        if (r->abort && below == r->limit && r->unit != UNIT_COUNT) return tell_turned(r, out->op);
        if (!r->abort && below != r->limit) {
            return wrong(r, DIAG_OBJECTIVE, r->word,
                         r->limit ? "it is a limit: write < or <="
                                  : "it is to be reached: write > or >=",
                         "an objective says what must hold, and this says the opposite");
        }
        advance(r);
        return true;
    }
    if (r->word.kind == WORD_OP) {
        return wrong(r, DIAG_OBJECTIVE, r->word,
                     "one of < <= > >=", "measured values are never exactly equal");
    }
    return wrong(r, DIAG_OBJECTIVE, r->word, "the form is  " SENTENCE_FORM,
                 "here a comparison is wanted: < <= > >=");
}

static bool read_amount(struct reader *r, struct objective *out, const char **why)
{
    struct bytes word = r->word.text;
    uint64_t whole = 0;
    bool good;
    if (r->unit == UNIT_TIME || r->unit == UNIT_COUNT) {
        good = r->unit == UNIT_TIME ? units_duration(word, &whole, why)
                                    : units_count(word, &whole, why);
        if (good) out->value = (double)whole;
        return good;
    }
    if (r->unit == UNIT_SHARE) return units_share(word, &out->value, why);
    if (word.len > 0 && word.at[word.len - 1] == '%') {
        out->of_offered = true;
        return units_share(word, &out->value, why);
    }
    return units_rate(word, &out->value, why);
}

/* What was meant by the value at r->word and perhaps words behind it, `98 %`: the longest text that
 * can be read as an amount is `*whole`. */
static bool find_amount(const struct reader *r, struct text *amount, struct word *whole)
{
    struct reader next = *r;
    bool found = false;
    do {
        struct word upto = next.word;
        advance(&next);
        bool share =
            r->unit == UNIT_RATE && (upto.text.at[upto.len - 1] == '%' || is_word(&next, "of"));
        struct word all = {.kind = WORD_NAME, .at = r->word.at};
        all.len = upto.at + upto.len - all.at;
        all.text = (struct bytes){r->text.at + all.at, all.len};
        char array[80];
        struct text t = text_in(array, sizeof array);
        if (!unit_hint_find(&t, all.text, share ? UNIT_SHARE : r->unit)) continue;
        text_clear(amount);
        text_add(amount, text_bytes(&t));
        *whole = all;
        found = true;
    } while (next.word.kind == WORD_NAME && !is_word(&next, "of") && !is_word(&next, "for")
             && !is_word(&next, "in"));
    return found;
}

static bool tell_value(struct reader *r, const char *why)
{
    char hint[120];
    char array[80];
    struct text t = text_in(hint, sizeof hint);
    struct text amount = text_in(array, sizeof array);
    struct word whole = r->word;
    double number = 0;
    if (find_amount(r, &amount, &whole)) {
        text_addf(&t, "write %s", array);
        if (r->unit == UNIT_TIME && bytes_to_double(whole.text, &number))
            text_addf(&t, " or %.*ss", BYTES_ARG(whole.text));
    }
    bool apart = whole.len > r->word.len;
    return diag_add(r->diags, DIAG_UNIT, place(r, whole), hint, "'%.*s': %s", BYTES_ARG(whole.text),
                    apart ? "a number and its unit stand together, without a blank" : why);
}

static bool read_value(struct reader *r, struct objective *out)
{
    const char *why = "";
    if (r->word.kind != WORD_NAME) {
        return wrong(r, DIAG_OBJECTIVE, r->word, "the form is  " SENTENCE_FORM,
                     "the value is missing");
    }
    if (!read_amount(r, out, &why)) return tell_value(r, why);
    if (!check_sense(r, out, r->word)) return false;
    advance(r);
    if (!out->of_offered) return true;
    if (is_word(r, "of")) {
        advance(r);
        if (is_word(r, "offered")) {
            advance(r);
            return true;
        }
    }
    return wrong(r, DIAG_OBJECTIVE, r->word, "write: throughput >= 98% of offered",
                 "a share of what?");
}

static bool read_for(struct reader *r, struct objective *out)
{
    const char *why = "";
    if (!is_word(r, "for")) {
        if (!r->abort) return true;
        return wrong(r, DIAG_OBJECTIVE, r->word, "add at the end: for 10s",
                     "how long must it have been so?");
    }
    if (!r->abort) {
        return wrong(r, DIAG_OBJECTIVE, r->word, "take it away; only abort_when has it",
                     "an objective is judged over its whole stage");
    }
    advance(r);
    if (r->word.kind == WORD_NAME && !units_duration(r->word.text, &out->for_ns, &why)) {
        r->unit = UNIT_TIME;
        return tell_value(r, why);
    }
    if (out->for_ns == 0)
        return wrong(r, DIAG_UNIT, r->word, "write: for 10s", "this is no time to wait");
    advance(r);
    return true;
}

static bool read_scopes(struct reader *r, struct objective *out)
{
    for (bool of = false; is_word(r, "of") || is_word(r, "in");) {
        bool now_of = is_word(r, "of");
        if (now_of ? of : out->has_in) {
            return wrong(r, DIAG_OBJECTIVE, r->word, "write two sentences",
                         "one name is enough here");
        }
        of |= now_of;
        if (!(now_of ? read_of(r, out) : read_in(r, out))) return false;
    }
    return true;
}

bool objective_parse(struct objective *out, struct arena *arena, struct bytes text, struct span at,
                     bool abort, const struct objective_names *names, struct diags *diags)
{
    struct reader r = {.text = text, .at = at, .diags = diags, .names = names, .abort = abort};
    struct bytes warn = BYTES_LIT("warn:");
    *out = (struct objective){.at = at, .stage_count = 0};
    while (r.i < text.len && is_space(text.at[r.i])) r.i++;
    if (bytes_starts(bytes_from(text, r.i), warn)) {
        out->warn = true;
        r.i += warn.len;
    }
    out->text = arena_copy(arena, bytes_trim(bytes_from(text, r.i)));
    advance(&r);
    if (abort && out->warn) {
        return wrong(&r, DIAG_OBJECTIVE, r.word, "make it an objective",
                     "what ends a run cannot be a mere warning");
    }
    if (!read_metric(&r, out) || !read_scopes(&r, out) || !read_op(&r, out)
        || !read_value(&r, out)) {
        return false;
    }
    if (!read_for(&r, out)) return false;
    if (r.word.kind == WORD_END) return true;
    bool late = is_word(&r, "of") || is_word(&r, "in");
    return wrong(&r, DIAG_OBJECTIVE, r.word, "the form is  " SENTENCE_FORM,
                 late ? "'of' and 'in' stand before the comparison" : "nothing may follow here");
}

void objective_metric_name(struct text *out, const struct objective *o)
{
    text_adds(out, metrics[o->metric].name);
    if (o->metric == METRIC_QUANTILE) text_addf(out, "%g", (double)o->per_million / 10000);
}

enum objective_unit objective_unit(const struct objective *o)
{
    return metrics[o->metric].unit;
}

bool objective_small_is_good(const struct objective *o)
{
    return metrics[o->metric].limit;
}

bool objective_is_capacity(const struct objective *o)
{
    enum objective_unit unit = objective_unit(o);
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
