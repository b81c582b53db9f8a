#include "explain/words.h"

#include <math.h>

#include "base/text.h"

static struct text into(char *array, size_t size)
{
    return text_in(array, size);
}

static void add_group(struct text *out, const struct facts *f)
{
    if (!f->group) return;
    text_addf(out, " (%.*s, %.0f threads)", BYTES_ARG(f->group->name), f->group->threads[1]);
}

static bool is_about_group(const struct cause_rule *rule)
{
    for (uint32_t i = 0; i < CAUSES_LIST; i++) {
        if (rule->needs[i].fact == FACT_GROUP_BUSY) return true;
    }
    return false;
}

void words_suspect(struct cause_suspect *out, const struct cause_rule *rule, const struct facts *f)
{
    out->id = rule->id;
    struct text title = into(out->title, sizeof out->title);
    bool own = rule->explains != FACT_LAG && rule->explains != FACT_NETWORK && f->hot.len > 0;
    if (own) text_addf(&title, "%.*s: ", BYTES_ARG(f->hot));
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
        if (row->group.len > 0) text_addf(&name, " of %.*s", BYTES_ARG(row->group));
    } else {
        text_adds(&name, ledger_class_name(row->class));
    }
}

static void add_stage(struct text *out, const struct recall *r, uint32_t stage)
{
    text_add(out, run_stage_name(r->header, stage));
}

static void say_found(struct cause *c, const struct recall *r, struct text *out)
{
    const struct cause_suspect *first = &c->suspects[0];
    text_adds(out, first->title);
    text_addf(out, ", which is %.0f %% of what grew", first->share * 100);
    if (c->good != PLAN_NO_INDEX) {
        text_adds(out, " from ");
        add_stage(out, r, c->good);
        text_adds(out, " to ");
    } else {
        text_adds(out, " in ");
    }
    add_stage(out, r, c->bad);
    if (c->tie_count > 1) {
        text_adds(out, "; it bent together with: ");
        text_adds(out, c->suspects[1].title);
    }
    text_addf(out, " (grade %s)", cause_grade_name(c->grade));
}

static void say_state(struct cause *c, const struct recall *r, struct text *out)
{
    switch (c->state) {
    case CAUSE_FOUND:
    case CAUSE_HARNESS:
        say_found(c, r, out);
        break;
    case CAUSE_NONE:
        text_adds(out, "nothing bent");
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
    case CAUSE_NONE:
    case CAUSE_UNASKED:
        break;
    }
}

void words_all(struct cause *c, const struct recall *r)
{
    struct text sentence = into(c->sentence, sizeof c->sentence);
    struct text next = into(c->next, sizeof c->next);
    say_state(c, r, &sentence);
    say_next(c, &next);
}
