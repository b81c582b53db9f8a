#include "plan/parse_priv.h"

#include <math.h>

#include "base/ns.h"

#define LENGTH_MAX_NS (UINT64_C(30) * 86400 * NS_PER_S)
#define COUNTED_MAX_NS (3600 * NS_PER_S) /* closed, by count, without `for` */
#define STEADY_MAX_NS (60 * NS_PER_S)    /* of a warm-up with `for: auto` and no `at_most` */
#define STEADY_LEAST_NS (10 * NS_PER_S)  /* as many seconds as stats/steady.h needs values */
#define STAGES_MAX 1000
#define RATE_MAX 10e6
#define USERS_MAX 1000000
#define REQUESTS_MAX UINT64_C(1000000000000)

/* A stage as it is read, before it is cut into rungs. */
struct draft {
    struct fields f;
    struct stage stage;
    double from, to; /* rates or users */
    double step;     /* 0: no rungs */
    bool ranged;
};

static bool refuse(struct parse *p, struct draft *d, enum key k, enum diag_code code,
                   const char *hint, const char *cause)
{
    const struct node *n = d->f.at[k] ? d->f.at[k] : d->f.map;
    d->f.bad = true;
    return parse_node_error(p, code, n, hint, "%s", cause);
}

static bool push_stage(struct parse *p, struct draft *d, struct stage stage)
{
    struct plan *plan = p->plan;
    if (plan->stage_count >= STAGES_MAX) {
        return refuse(p, d, KEY_STAGE_STEP, DIAG_TOO_BIG, "take a larger step",
                      "more than 1000 stages");
    }
    struct stage *more = parse_node_push(p, plan->stages, plan->stage_count, sizeof *more);
    if (!more) return false;
    plan->stages = more;
    plan->stages[plan->stage_count++] = stage;
    return true;
}

/* Weights by scenario, summing to one; `mix` NULL: the scenarios' own. */
static double *read_mix(struct parse *p, const struct node *mix)
{
    const struct plan *plan = p->plan;
    double *weights = ARENA_ARRAY(p->arena, plan->scenario_count, double);
    double sum = 0;
    if (!weights) return NULL;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        if (!mix) weights[i] = plan->scenarios[i].weight;
    }
    for (uint32_t m = 0; mix && m < mix->count; m++) {
        const struct node *name = mix->items[m].key;
        struct bytes names[32];
        uint32_t at = 0;
        uint32_t count = 0;
        while (at < plan->scenario_count && !bytes_equal(plan->scenarios[at].name, name->text))
            at++;
        if (at < plan->scenario_count) {
            parse_node_number(p, mix->items[m].value, "mix", &weights[at]);
            continue;
        }
        for (uint32_t i = 0; i < plan->scenario_count && count < 32; i++) {
            names[count++] = plan->scenarios[i].name;
        }
        char hint[240];
        struct text t = text_in(hint, sizeof hint);
        diag_suggest(&t, name->text, "scenarios", names, count);
        parse_node_error(p, DIAG_UNKNOWN_NAME, name, hint, "no scenario is named '%.*s'",
                         BYTES_ARG(name->text));
        sum = 1; /* what is missing has been told */
    }
    double given = sum;
    for (uint32_t i = 0; i < plan->scenario_count; i++) sum += weights[i];
    if (mix && sum <= 0) {
        parse_node_error(p, DIAG_NUMBER, mix, "give at least one scenario a weight",
                         "this mix sends nothing");
    }
    sum -= given;
    for (uint32_t i = 0; i < plan->scenario_count && sum > 0; i++) weights[i] /= sum;
    return weights;
}

/* `climb@400/s`, `crowd@20` */
static struct bytes rung_name(struct parse *p, struct bytes group, double value, bool open)
{
    char array[200];
    struct text t = text_in(array, sizeof array);
    text_add(&t, group);
    text_addf(&t, "@%.6g%s", value, open ? "/s" : "");
    return arena_copy(p->arena, text_bytes(&t));
}

static void set_load(struct stage *s, double from, double to)
{
    if (s->model == MODEL_OPEN) {
        s->rate_from = from;
        s->rate_to = to;
    } else {
        s->users_from = (uint32_t)from;
        s->users_to = (uint32_t)to;
    }
}

/* The last rung is the end of the range, also where the step does not divide it. */
static bool push_rungs(struct parse *p, struct draft *d)
{
    double direction = d->to >= d->from ? 1 : -1;
    double whole = floor(fabs(d->to - d->from) / d->step + 1e-9);
    if (whole >= STAGES_MAX) {
        return refuse(p, d, KEY_STAGE_STEP, DIAG_TOO_BIG, "take a larger step",
                      "more than 1000 rungs");
    }
    uint32_t count = (uint32_t)whole + 1;
    double last = d->from + direction * whole * d->step;
    bool rest = fabs(d->to - last) > 1e-6 * d->step;
    for (uint32_t i = 0; i < count + rest; i++) {
        double value = i == count ? d->to : d->from + direction * i * d->step;
        struct stage rung = d->stage;
        set_load(&rung, value, value);
        rung.name = rung_name(p, d->stage.group, value, d->stage.model == MODEL_OPEN);
        if (value <= 0) continue; /* a rung of nothing */
        if (!push_stage(p, d, rung)) return false;
    }
    return true;
}

static bool check_length(struct parse *p, struct draft *d, enum key k, uint64_t length_ns)
{
    if (length_ns == 0)
        return refuse(p, d, k, DIAG_NUMBER, "write a length, as in 30s", "a stage of no length");
    if (length_ns <= LENGTH_MAX_NS) return true;
    return refuse(p, d, k, DIAG_NUMBER, NULL, "a stage lasts 30 days at most");
}

/* `step` and `each`, which come together and replace `for` and `requests`. */
static void read_rungs(struct parse *p, struct draft *d)
{
    uint64_t users = 0;
    struct fields *f = &d->f;
    bool open = d->stage.model == MODEL_OPEN;
    if (open ? parse_node_rate(p, f, KEY_STAGE_STEP, &d->step)
             : parse_node_count(p, f, KEY_STAGE_STEP, USERS_MAX, &users)) {
        if (!open) d->step = (double)users;
        if (d->step <= 0) refuse(p, d, KEY_STAGE_STEP, DIAG_NUMBER, NULL, "a step of nothing");
    }
    if (!d->ranged && !f->bad) {
        refuse(p, d, KEY_STAGE_STEP, DIAG_CONFLICT, "write a range: rate: 200/s..1400/s",
               "'step' needs a range to climb");
    }
    if (!f->at[KEY_STAGE_EACH] && !f->bad) {
        refuse(p, d, KEY_STAGE_STEP, DIAG_STAGE, "add: each: 15s",
               "'step' without 'each': how long is a rung?");
    }
    if (f->at[KEY_STAGE_FOR]) {
        refuse(p, d, KEY_STAGE_FOR, DIAG_CONFLICT, "take it away, or take away step and each",
               "with 'step' each rung lasts 'each'; 'for' has no meaning");
    }
    if (f->at[KEY_STAGE_REQUESTS]) {
        refuse(p, d, KEY_STAGE_REQUESTS, DIAG_CONFLICT, "take it away",
               "rungs go by time, not by count");
    }
    if (parse_node_duration(p, f, KEY_STAGE_EACH, &d->stage.length_ns)) {
        check_length(p, d, KEY_STAGE_EACH, d->stage.length_ns);
    }
}

/* Length by `for`, by `requests`, or both where users have that long for them. */
static void read_length(struct parse *p, struct draft *d)
{
    struct fields *f = &d->f;
    struct stage *s = &d->stage;
    bool open = s->model == MODEL_OPEN, timed = f->at[KEY_STAGE_FOR] != NULL;
    if (f->at[KEY_STAGE_EACH]) {
        refuse(p, d, KEY_STAGE_EACH, DIAG_CONFLICT, "write 'for', or add: step: 100/s",
               "'each' is the length of a rung, and there is no 'step'");
    }
    if (parse_node_duration(p, f, KEY_STAGE_FOR, &s->length_ns)) {
        check_length(p, d, KEY_STAGE_FOR, s->length_ns);
    }
    if (!f->at[KEY_STAGE_REQUESTS]) {
        if (!timed && !f->bad) {
            refuse(p, d, KEY_STAGE_FOR, DIAG_STAGE, "add: for: 30s",
                   "this stage does not say how long");
        }
        return;
    }
    if (!parse_node_count(p, f, KEY_STAGE_REQUESTS, REQUESTS_MAX, &s->requests)) return;
    if (s->requests == 0) {
        refuse(p, d, KEY_STAGE_REQUESTS, DIAG_NUMBER, NULL, "a stage of no requests");
    } else if (open && timed) {
        refuse(p, d, KEY_STAGE_FOR, DIAG_CONFLICT, "keep two of rate, requests and for",
               "the length follows from 'rate' and 'requests'");
    } else if (open && d->from + d->to > 0) {
        double seconds = (double)s->requests / ((d->from + d->to) / 2);
        double length_ns = seconds * (double)NS_PER_S;
        s->length_ns =
            length_ns < (double)UINT64_MAX / 2 ? (uint64_t)llround(length_ns) : UINT64_MAX;
        check_length(p, d, KEY_STAGE_REQUESTS, s->length_ns);
    } else if (!open && !timed) {
        s->length_ns = COUNTED_MAX_NS;
    }
}

/* Of a stage that does not say how much: what it says besides, so that all is told at once. */
static void read_without_load(struct parse *p, struct draft *d)
{
    static const enum key times[] = {KEY_STAGE_FOR, KEY_STAGE_EACH};
    uint64_t value = 0;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        if (parse_node_duration(p, &d->f, times[i], &value)) check_length(p, d, times[i], value);
    }
    if (parse_node_count(p, &d->f, KEY_STAGE_REQUESTS, REQUESTS_MAX, &value) && value == 0)
        refuse(p, d, KEY_STAGE_REQUESTS, DIAG_NUMBER, NULL, "a stage of no requests");
}

static void read_open(struct parse *p, struct draft *d)
{
    static const enum key closed[] = {KEY_STAGE_THINK, KEY_STAGE_PACING};
    d->stage.model = MODEL_OPEN;
    if (parse_node_rates(p, &d->f, KEY_STAGE_RATE, &d->from, &d->to)) {
        if (d->from + d->to <= 0)
            refuse(p, d, KEY_STAGE_RATE, DIAG_NUMBER, "write how many a second, as in 50/s",
                   "a rate of nothing");
        if (d->from > RATE_MAX || d->to > RATE_MAX) {
            refuse(p, d, KEY_STAGE_RATE, DIAG_NUMBER, NULL, "a rate is 10000000/s at most");
        }
    }
    for (size_t i = 0; i < COUNT_OF(closed); i++) {
        if (!d->f.at[closed[i]]) continue;
        refuse(p, d, closed[i], DIAG_CONFLICT,
               "pauses between steps belong to the steps; or use 'users'",
               "users pause, arrivals do not: this stage has a 'rate'");
    }
}

static void read_closed(struct parse *p, struct draft *d)
{
    uint64_t from = 0;
    uint64_t to = 0;
    d->stage.model = MODEL_CLOSED;
    if (parse_node_counts(p, &d->f, KEY_STAGE_USERS, &from, &to)) {
        if (from == 0 && to == 0)
            refuse(p, d, KEY_STAGE_USERS, DIAG_NUMBER, NULL, "no users at all");
        if (from > USERS_MAX || to > USERS_MAX) {
            refuse(p, d, KEY_STAGE_USERS, DIAG_NUMBER, NULL, "1000000 users at most");
        }
    }
    d->from = (double)from;
    d->to = (double)to;
    if (d->f.at[KEY_STAGE_ARRIVALS]) {
        refuse(p, d, KEY_STAGE_ARRIVALS, DIAG_CONFLICT, "take it away, or use 'rate'",
               "a stage with 'users' has no arrivals of its own");
    }
}

static void read_common(struct parse *p, struct draft *d, uint32_t number)
{
    static const char *const patterns[] = {"poisson", "even", "exact"};
    struct fields *f = &d->f;
    struct stage *s = &d->stage;
    const struct node *name = f->at[KEY_STAGE_NAME];
    char array[32];
    struct text t = text_in(array, sizeof array);
    uint32_t pattern = 0;
    text_addf(&t, "stage%u", number);
    s->judged = true;
    s->arrivals = p->arrivals;
    s->group = arena_copy(p->arena, text_bytes(&t));
    if (name && parse_node_name(p, name, "name")) s->group = name->text;
    s->name = s->group;
    parse_node_bool(p, f, KEY_STAGE_JUDGE, &s->judged);
    parse_node_duration(p, f, KEY_STAGE_SETTLE, &s->settle_ns);
    parse_node_duration(p, f, KEY_STAGE_PACING, &s->pacing_ns);
    s->has_think = parse_node_think(p, f, KEY_STAGE_THINK, &s->think);
    if (parse_node_choice(p, f, KEY_STAGE_ARRIVALS, patterns, COUNT_OF(patterns), &pattern)) {
        s->arrivals = (enum arrivals)pattern;
    }
    s->mix = read_mix(p, f->at[KEY_STAGE_MIX]);
}

bool parse_stage_read(struct parse *p, const struct node *n, uint32_t number)
{
    struct draft d = {.stage = {.at = n->at}};
    if (!parse_node_fields(p, n, PLACE_STAGE, &d.f)) return false;
    const struct node *rate = d.f.at[KEY_STAGE_RATE];
    const struct node *users = d.f.at[KEY_STAGE_USERS];
    if (rate && users) {
        refuse(p, &d, KEY_STAGE_USERS, DIAG_CONFLICT, "make two stages of it",
               "a stage has 'rate' or 'users', not both");
    }
    read_common(p, &d, number);
    if (rate) read_open(p, &d);
    else if (users) read_closed(p, &d);
    else if (!d.f.bad) {
        refuse(p, &d, KEY_STAGE_RATE, DIAG_STAGE, "add: rate: 500/s (arrivals), or: users: 50",
               "this stage does not say how much load");
    }
    if (!rate && !users) {
        read_without_load(p, &d);
        return false;
    }
    d.ranged = d.from < d.to || d.from > d.to;
    if (d.f.at[KEY_STAGE_STEP]) read_rungs(p, &d);
    else read_length(p, &d);
    bool by_count = !rate && d.stage.requests > 0;
    if (!d.f.bad && !by_count && d.stage.settle_ns >= d.stage.length_ns) {
        refuse(p, &d, KEY_STAGE_SETTLE, DIAG_NUMBER, "make it shorter than the stage",
               "nothing is left to judge: 'settle' is as long as the stage");
    }
    if (d.f.bad) return false;
    if (d.step > 0) return push_rungs(p, &d);
    set_load(&d.stage, d.from, d.to);
    return push_stage(p, &d, d.stage);
}

/* `for: 5s`, or `for: auto` and `at_most`. */
static void read_warmup_length(struct parse *p, struct draft *d)
{
    const struct node *length = d->f.at[KEY_WARMUP_FOR];
    struct stage *s = &d->stage;
    s->until_steady = length && bytes_is(length->text, "auto");
    if (length && !s->until_steady && bytes_same_nocase(length->text, BYTES_LIT("auto"))) {
        refuse(p, d, KEY_WARMUP_FOR, DIAG_UNIT, "write: for: auto",
               "a warm-up lasts for a duration, or until it is steady");
        return;
    }
    if (!s->until_steady) {
        if (parse_node_duration(p, &d->f, KEY_WARMUP_FOR, &s->length_ns)) {
            check_length(p, d, KEY_WARMUP_FOR, s->length_ns);
        }
        if (d->f.at[KEY_WARMUP_AT_MOST]) {
            refuse(
                p, d, KEY_WARMUP_AT_MOST, DIAG_CONFLICT, "take it away, or write: for: auto",
                "'at_most' bounds a warm-up that ends by itself, and this one is of fixed length");
        }
        return;
    }
    s->length_ns = STEADY_MAX_NS;
    if (!parse_node_duration(p, &d->f, KEY_WARMUP_AT_MOST, &s->length_ns)) return;
    check_length(p, d, KEY_WARMUP_AT_MOST, s->length_ns);
    if (s->length_ns < STEADY_LEAST_NS) {
        refuse(p, d, KEY_WARMUP_AT_MOST, DIAG_NUMBER, "give it some more: at_most: 60s",
               "it takes 10 s to see that a service has come to rest");
    }
}

bool parse_stage_warmup(struct parse *p, const struct node *n)
{
    struct draft d = {.stage = {.at = n->at,
                                .name = BYTES_LIT("warmup"),
                                .group = BYTES_LIT("warmup"),
                                .warmup = true,
                                .arrivals = p->arrivals}};
    struct stage *s = &d.stage;
    uint64_t users = 0;
    double rate = 0;
    if (!parse_node_fields(p, n, PLACE_WARMUP, &d.f)) return false;
    bool open = d.f.at[KEY_WARMUP_RATE] != NULL, closed = d.f.at[KEY_WARMUP_USERS] != NULL;
    if (open == closed && !d.f.bad) {
        return refuse(p, &d, open ? KEY_WARMUP_USERS : KEY_WARMUP_RATE,
                      open ? DIAG_CONFLICT : DIAG_STAGE,
                      open ? "keep one of them" : "add: rate: 50/s",
                      open ? "the warm-up has 'rate' or 'users', not both"
                           : "the warm-up does not say how much load");
    }
    s->model = closed ? MODEL_CLOSED : MODEL_OPEN;
    if (open && parse_node_rate(p, &d.f, KEY_WARMUP_RATE, &rate)
        && (rate <= 0 || rate > RATE_MAX)) {
        refuse(p, &d, KEY_WARMUP_RATE, DIAG_NUMBER, NULL,
               "a rate is above 0 and 10000000/s at most");
    }
    if (closed && parse_node_count(p, &d.f, KEY_WARMUP_USERS, USERS_MAX, &users) && users == 0) {
        refuse(p, &d, KEY_WARMUP_USERS, DIAG_NUMBER, NULL, "no users at all");
    }
    s->has_think = parse_node_think(p, &d.f, KEY_WARMUP_THINK, &s->think);
    if (s->has_think && open) {
        refuse(p, &d, KEY_WARMUP_THINK, DIAG_CONFLICT, "take it away, or use 'users'",
               "users pause, arrivals do not: this warm-up has a 'rate'");
    }
    read_warmup_length(p, &d);
    s->mix = read_mix(p, NULL);
    set_load(s, open ? rate : (double)users, open ? rate : (double)users);
    return !d.f.bad && push_stage(p, &d, *s);
}
