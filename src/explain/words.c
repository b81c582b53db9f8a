#include "explain/words.h"

#include <math.h>

#include "base/text.h"

#define SHARE_LEAST 0.1 /* of the slowdown, for its place to be told */
#define ALIKE 1.25

static struct text into(char *array, size_t size)
{
    return text_in(array, size);
}

static void add_group(struct text *out, const struct facts *f)
{
    if (!f->group) return;
    double count = fmax(1, round(f->group->threads[1]));
    text_addf(out, " (%.*s, %.0f %s%s)", BYTES_ARG(f->group->name), count,
              f->group->connections ? "connection" : "thread", count < 2 ? "" : "s");
}

static bool is_about_group(const struct cause_rule *rule)
{
    for (uint32_t i = 0; i < CAUSES_LIST; i++) {
        if (rule->shown[i] == FACT_GROUP_BUSY) return true;
    }
    return false;
}

static bool is_in_database(const struct cause_rule *rule)
{
    return facts_is_of(rule->explains, LEDGER_DB_CPU) || facts_is_of(rule->explains, LEDGER_DB_IO)
           || facts_is_of(rule->explains, LEDGER_DB_LOCK)
           || facts_is_of(rule->explains, LEDGER_DB_OTHER) || rule->explains == FACT_MISSED;
}

static void add_ms(struct text *out, double seconds)
{
    text_addf(out, "%.3g ms", seconds * 1e3);
}

/* "SELECT ...: 14.2 at once (before 0.2), 20 of a request (before 1), 16 ms each (before 15 ms)" */
static void say_statement(const struct facts_statement *s, struct text *out)
{
    text_addf(out, "%.*s: %.3g at once", BYTES_ARG(s->text), s->running[1]);
    if (!isnan(s->running[0])) text_addf(out, " (before %.3g)", s->running[0]);
    if (!isnan(s->calls[1])) text_addf(out, ", %.3g of a request", s->calls[1]);
    if (!isnan(s->calls[1]) && !isnan(s->calls[0])) text_addf(out, " (%.3g)", s->calls[0]);
    if (isnan(s->time[1])) return;
    text_adds(out, ", ");
    add_ms(out, s->time[1]);
    text_adds(out, " each");
    if (isnan(s->time[0])) return;
    text_adds(out, " (");
    add_ms(out, s->time[0]);
    text_adds(out, ")");
}

/* The place of those that a fact counts at which most more are. */
static const struct ledger_row *place_of(const struct cause_rule *rule, const struct ledger *l)
{
    const struct ledger_row *most = NULL;
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (row->spare || row->label.len == 0 || row->class == LEDGER_CPU) continue;
        if (!facts_is_of(rule->explains, row->class)) continue;
        if (!most || row->seen[1] - row->seen[0] > most->seen[1] - most->seen[0]) most = row;
    }
    return most;
}

/* Where most of it is, on the next free line. */
static void say_where(struct cause_suspect *out, const struct cause_rule *rule,
                      const struct facts *f, const struct ledger *l)
{
    uint32_t at = 0;
    while (at < CAUSE_LINES && out->evidence[at][0]) at++;
    if (at == CAUSE_LINES || !(f->after[rule->explains] >= SHARE_LEAST)) return;
    struct text line = into(out->evidence[at], sizeof out->evidence[at]);
    if (is_in_database(rule) && f->statement.text.len > 0) {
        say_statement(&f->statement, &line);
        return;
    }
    const struct ledger_row *row = place_of(rule, l);
    if (!row) return;
    text_addf(&line, "most of it: %.*s", BYTES_ARG(row->label));
    if (row->group.len > 0 && !row->connections) {
        text_addf(&line, " of %.*s", BYTES_ARG(row->group));
    }
    text_addf(&line, ", %.3g (before %.3g)", row->seen[1], row->seen[0]);
}

void words_suspect(struct cause_suspect *out, const struct cause_rule *rule, const struct facts *f,
                   const struct ledger *l)
{
    out->id = rule->id;
    struct text title = into(out->title, sizeof out->title);
    bool own = rule->explains != FACT_LAG && rule->explains != FACT_NETWORK && f->hot.len > 0;
    bool memory = rule->explains == FACT_MEMORY_WANT && f->leaking.len > 0;
    if (own) text_addf(&title, "%.*s: ", BYTES_ARG(memory ? f->leaking : f->hot));
    text_adds(&title, rule->title);
    if (is_about_group(rule)) add_group(&title, f);
    /* What clears it is its whole alibi; what would have to be seen is said of one that has none.
     */
    enum fact alibi = causes_alibi(rule, f);
    for (uint32_t i = 0; i < CAUSES_LIST && rule->shown[i] != FACT_NONE; i++) {
        struct text line = into(out->evidence[i], sizeof out->evidence[i]);
        facts_say(f, alibi != FACT_NONE ? alibi : rule->shown[i], &line);
        if (alibi != FACT_NONE) break;
    }
    if (alibi == FACT_NONE) say_where(out, rule, f, l);
    struct text advice = into(out->advice, sizeof out->advice);
    text_adds(&advice, rule->advice);
}

void words_place(struct cause_place *out, const struct ledger_row *row)
{
    struct text name = into(out->name, sizeof out->name);
    struct text of = into(out->of, sizeof out->of);
    text_add(&of, row->of);
    if (row->class == LEDGER_INSIDE) {
        text_addf(&name, "in line for %.*s", BYTES_ARG(row->group));
    } else if (row->class == LEDGER_ACCEPT && row->label.len > 0) {
        text_addf(&name, "to be accepted, %.*s", BYTES_ARG(row->label));
    } else if (row->label.len > 0) {
        text_add(&name, row->label);
        if (row->connections) text_adds(&name, ", by connections");
        else if (row->group.len > 0) text_addf(&name, " of %.*s", BYTES_ARG(row->group));
    } else {
        text_adds(&name, ledger_class_name(row->class));
    }
}

static void add_stage(struct text *out, const struct recall *r, uint32_t stage)
{
    text_add(out, cause_stage_name(r->header, stage));
}

static void say_found(struct cause *c, struct text *out)
{
    const struct cause_suspect *first = &c->suspects[0];
    text_adds(out, first->title);
    if (strcmp(first->id, "leak") == 0) { /* a share of memory, not of what waits */
        text_addf(out, ": %s (grade %s)", first->evidence[0], cause_grade_name(c->grade));
        return;
    }
    text_addf(out, ", which is %.0f %% of what grew", first->share * 100);
    if (c->good != PLAN_NO_INDEX) text_addf(out, " from %s to %s", c->good_name, c->bad_name);
    else text_addf(out, " in %s", c->bad_name);
    if (c->tie_count > 1) {
        text_adds(out, "; it bent together with: ");
        text_adds(out, c->suspects[1].title);
    }
    text_addf(out, " (grade %s)", cause_grade_name(c->grade));
}

static double load_of(const struct recall *r, uint32_t stage)
{
    const struct recall_stage *s = &r->stages[stage];
    return s->seconds > 0 ? (double)s->passed / s->seconds : 0;
}

/* The stage before, in which it held, with the least load. */
static uint32_t held_in(const struct objective_result *o, const struct recall *r)
{
    uint32_t least = PLAN_NO_INDEX;
    for (uint32_t i = 0; i < o->stage && i + 1 < r->stage_count; i++) {
        const struct finding *f = &o->stages[i];
        if (f->verdict == VERDICT_MISSED || isnan(f->value) || f->value <= 0) continue;
        if (load_of(r, i) > 0 && (least == PLAN_NO_INDEX || load_of(r, i) < load_of(r, least))) {
            least = i;
        }
    }
    return least;
}

/* Of a level that is over its limit: does it go with the load? */
static void say_seen(const struct recall *r, const struct result *result, struct text *out)
{
    const struct objective_result *o = choose_seen(result);
    text_addf(out, "no request waited longer, and `%.*s` is missed", BYTES_ARG(o->objective->text));
    if (o->stage == PLAN_NO_INDEX || o->stage >= r->stage_count) return;
    text_adds(out, ": in ");
    add_stage(out, r, o->stage);
    uint32_t held = held_in(o, r);
    if (held == PLAN_NO_INDEX) {
        text_adds(out, ", and there is no stage before in which it held");
        return;
    }
    double times = o->stages[o->stage].value / o->stages[held].value;
    double load = load_of(r, o->stage) / load_of(r, held);
    text_addf(out, " it is %.3g times what it was in ", times);
    add_stage(out, r, held);
    text_addf(out, ", at %.3g times the requests a second", load);
    bool with = times < load * ALIKE;
    if (load < ALIKE && times > ALIKE) text_adds(out, ": it grows by itself");
    else if (!with) text_addf(out, ": %.3g times as much a request", times / load);
    else if (times > load / ALIKE) text_adds(out, ": it grows with the load");
}

static void say_state(struct cause *c, const struct recall *r, const struct result *result,
                      struct text *out)
{
    switch (c->state) {
    case CAUSE_FOUND:
    case CAUSE_HARNESS:
        say_found(c, out);
        break;
    case CAUSE_NONE:
        text_adds(out, "nothing bent");
        break;
    case CAUSE_SEEN:
        say_seen(r, result, out);
        break;
    case CAUSE_UNTOLD:
        text_addf(out,
                  "cannot tell: %.1f of the %.1f requests that came to be in flight wait where ",
                  c->unexplained, c->bad_n - c->good_n);
        text_adds(out, "nothing was seen, or no one place stands out");
        break;
    case CAUSE_UNSEEN:
        text_adds(out, "cannot tell: nothing of the service was looked at");
        break;
    case CAUSE_UNASKED:
        text_adds(out, "no stage was judged, so none can be explained");
        break;
    }
}

static void say_next(struct cause *c, struct text *out)
{
    switch (c->state) {
    case CAUSE_FOUND:
    case CAUSE_HARNESS:
        text_adds(out, c->suspects[0].advice);
        break;
    case CAUSE_UNTOLD:
        text_adds(out, c->good == PLAN_NO_INDEX
                           ? "add a stage with less load, which all goes well in, before this one"
                           : "let prony see more: `prony doctor` says what it takes");
        break;
    case CAUSE_UNSEEN:
        text_adds(out, "name what serves it in the plan: services: with command:, pid: or port:");
        break;
    case CAUSE_SEEN:
        text_adds(out, "keep one load for longer: what still grows under it is kept, not used");
        break;
    case CAUSE_NONE:
    case CAUSE_UNASKED:
        break;
    }
}

static uint32_t stage_at(const struct recall *r, uint64_t ns)
{
    for (uint32_t at = 0; at < r->ticks; at++) {
        const struct recall_second *second = recall_second_at(r, at);
        if (second && second->start_ns <= ns && ns < second->end_ns) return second->stage;
    }
    return 0;
}

static void name_stages(struct cause *c, const struct recall *r)
{
    struct text good = into(c->good_name, sizeof c->good_name);
    struct text bad = into(c->bad_name, sizeof c->bad_name);
    if (!isnan(c->cut_s)) {
        uint32_t stage = stage_at(r, (uint64_t)(c->cut_s * 1e9));
        add_stage(&good, r, stage);
        add_stage(&bad, r, stage);
        text_addf(&good, " until %.0f s", c->cut_s);
        text_addf(&bad, " from %.0f s on", c->cut_s);
        return;
    }
    if (c->good != PLAN_NO_INDEX) add_stage(&good, r, c->good);
    if (c->bad != PLAN_NO_INDEX) add_stage(&bad, r, c->bad);
}

void words_all(struct cause *c, const struct recall *r, const struct result *result)
{
    name_stages(c, r);
    struct text sentence = into(c->sentence, sizeof c->sentence);
    struct text next = into(c->next, sizeof c->next);
    say_state(c, r, result, &sentence);
    say_next(c, &next);
}
