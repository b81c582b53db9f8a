/* fuzz_objective.c - sentences that must hold: what is read is what it says, since written anew
 * from its parts it reads as the same; a wrong one has a reason and a place within it. What a later
 * reader finds in the text alone (objective_words.h) is what was read here.
 *
 * Input: a byte of how (bit 0: of abort_when, bits 1 and 2: a wrong plan whose stages or requests
 * are not all known), the sentence. */
#include <math.h>

#include "base/text.h"
#include "laws.h"
#include "plan/diag.h"
#include "plan/objective.h"
#include "plan/objective_words.h"
#include "plan/units.h"

#define MAX_TEXT 4096
#define ARENA_BYTES ((size_t)1 << 20)
#define LEAST_DIFFERENCE 1e-12 /* of shares, which are written in percent */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes requests[] = {{"GET /jobs", 9}, {"poll", 4}, {"a < b", 5}, {"it's", 4}};
static struct bytes scenarios[] = {{"read", 4}, {"in", 2}, {"p95", 3}};
static struct bytes services[] = {{"api", 3}, {"db", 2}};
static struct bytes stages[] = {{"warmup", 6}, {"climb@10/s", 10}, {"climb@20/s", 10}, {"of", 2}};
static struct bytes groups[] = {{"warmup", 6}, {"climb", 5}, {"climb", 5}, {"of", 2}};

static struct objective_names names_of(unsigned how)
{
    return (struct objective_names){.requests = requests,
                                    .scenarios = scenarios,
                                    .services = services,
                                    .stage_names = stages,
                                    .stage_groups = groups,
                                    .request_count = COUNT_OF(requests),
                                    .scenario_count = COUNT_OF(scenarios),
                                    .service_count = COUNT_OF(services),
                                    .stage_count = COUNT_OF(stages),
                                    .stages_lost = how & 2,
                                    .requests_lost = how & 4};
}

static void put_name(struct text *out, const char *before, struct bytes name)
{
    bool double_quoted = memchr(name.at, '"', name.len) == NULL;
    char quote = double_quoted ? '"' : '\'';
    text_addf(out, " %s %c%.*s%c", before, quote, BYTES_ARG(name), quote);
}

static void put_value(struct text *out, const struct objective *o)
{
    enum objective_unit unit = objective_unit(o);
    if (unit == UNIT_TIME) {
        units_add_duration(out, (uint64_t)o->value);
    } else if (unit == UNIT_COUNT) {
        text_addf(out, "%llu", (unsigned long long)o->value);
    } else if (unit == UNIT_BYTES || unit == UNIT_BYTES_RATE) {
        text_addf(out, "%.0fB%s", o->value, unit == UNIT_BYTES_RATE ? "/s" : "");
    } else if (unit == UNIT_NUMBER) {
        units_add_number(out, o->value);
    } else if (unit == UNIT_RATE && !o->of_offered) {
        units_add_rate(out, o->value);
    } else {
        text_addf(out, "%.17g%%%s", o->value * 100, o->of_offered ? " of offered" : "");
    }
}

static void put_sentence(struct text *out, const struct objective *o)
{
    text_adds(out, o->warn ? "warn: " : "");
    objective_metric_name(out, o);
    if (o->scope == SCOPE_EACH) text_adds(out, " of each");
    if (o->scope == SCOPE_REQUEST) put_name(out, "of", requests[o->scope_index]);
    if (o->scope == SCOPE_SCENARIO) put_name(out, "of", scenarios[o->scope_index]);
    if (o->scope == SCOPE_SERVICE) put_name(out, "of", services[o->scope_index]);
    if (o->has_in)
        put_name(out, "in", o->stage_count > 1 ? groups[o->stage_first] : stages[o->stage_first]);
    text_addf(out, " %s ", objective_op_text(o->op));
    put_value(out, o);
    if (o->for_ns == 0) return;
    text_adds(out, " for ");
    units_add_duration(out, o->for_ns);
}

static void check_parts(const struct objective *o, bool abort_when)
{
    if (o->metric == METRIC_QUANTILE) LAW(o->per_million > 0 && o->per_million < 1000000);
    if (o->scope == SCOPE_REQUEST) LAW(o->scope_index < COUNT_OF(requests));
    if (o->scope == SCOPE_SCENARIO) LAW(o->scope_index < COUNT_OF(scenarios));
    if (o->has_in) LAW(o->stage_count > 0 && o->stage_first + o->stage_count <= COUNT_OF(stages));
    if (o->scope == SCOPE_SERVICE) LAW(o->scope_index < COUNT_OF(services));
    LAW(objective_is_observed(o) || o->scope != SCOPE_SERVICE);
    LAW(!objective_is_observed(o) || (!abort_when && !objective_is_capacity(o)));
    LAW(isfinite(o->value) && (o->value >= 0 || objective_unit(o) == UNIT_NUMBER));
    LAW((o->for_ns > 0) == abort_when);
    LAW(!abort_when || !o->warn);
    if (objective_unit(o) == UNIT_SHARE) LAW(o->value <= 1);
}

/* Written again by put_value() a share may differ in its last bit. */
static bool is_share(const struct objective *o)
{
    return objective_unit(o) == UNIT_SHARE || o->of_offered;
}

static void check_same(const struct objective *a, const struct objective *b)
{
    LAW(a->warn == b->warn && a->metric == b->metric && a->per_million == b->per_million);
    LAW(a->scope == b->scope && a->scope_index == b->scope_index);
    LAW(bytes_equal(a->series, b->series) && bytes_equal(a->label, b->label));
    LAW(a->series_unit == b->series_unit);
    LAW(a->has_in == b->has_in && a->stage_first == b->stage_first);
    LAW(!a->has_in || a->stage_count == b->stage_count);
    LAW(a->op == b->op && a->of_offered == b->of_offered && a->for_ns == b->for_ns);
    double most = is_share(a) ? LEAST_DIFFERENCE * a->value : 0;
    LAW(fabs(a->value - b->value) <= most);
}

static void check_words(const struct objective *o)
{
    struct bytes text = o->text;
    struct bytes subject = objective_words_subject(text);
    size_t goal = objective_words_goal(text);
    LAW(goal < text.len);
    LAW(subject.at == text.at && subject.len > 0 && subject.len <= goal);
    LAW(objective_words_wants_little(text) == (o->op == OP_LT || o->op == OP_LE));
}

static void check_reasons(struct diags *diags, struct bytes text, unsigned how)
{
    static char shown[1 << 16];
    bool may_be_untold = how & 6; /* the name may be one of those that are not known */
    LAW(diags->count > 0 || may_be_untold);
    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        LAW(d->msg[0] != '\0');
        LAW(d->at.line == 1 && d->at.col >= 1 && d->at.len >= 1);
        LAW(d->at.offset <= text.len && d->at.offset + d->at.len <= text.len + 1);
    }
    struct text out = text_in(shown, sizeof shown);
    diag_print(&out, diags, BYTES_LIT("plan.yaml"), text);
    LAW(!out.cut);
}

/* A share beside its end is rounded onto it, and "> 100%" is refused. */
static bool is_at_an_end(const struct objective *o)
{
    return is_share(o) && o->value > 1 - LEAST_DIFFERENCE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    static struct arena arena;
    static char written[2 * MAX_TEXT];
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (!arena.base) LAW(arena_open(&arena, ARENA_BYTES, NULL));
    if (size == 0 || size > MAX_TEXT) return 0;
    arena_reset(&arena);
    unsigned how = data[0];
    bool abort_when = how & 1;
    struct objective_names names = names_of(how);
    struct bytes text = guard_put(&guard, (struct bytes){(const char *)data + 1, size - 1});
    struct span at = {1, 1, (uint32_t)text.len, 0};
    struct objective first, again;
    struct diags diags = {.count = 0};
    if (!objective_parse(&first, &arena, text, at, abort_when, &names, &diags)) {
        check_reasons(&diags, text, how);
        return 0;
    }
    LAW(diags.count == 0);
    check_parts(&first, abort_when);
    check_words(&first);
    struct text out = text_in(written, sizeof written);
    put_sentence(&out, &first);
    LAW(!out.cut);
    struct bytes sentence = text_bytes(&out);
    at.len = (uint32_t)sentence.len;
    if (!objective_parse(&again, &arena, sentence, at, abort_when, &names, &diags)) {
        if (is_at_an_end(&first)) return 0;
        law_print("read   ", text, MAX_TEXT);
        law_print("written", sentence, MAX_TEXT);
        LAW(false && "what was written anew is not read");
    }
    check_same(&first, &again);
    return 0;
}
