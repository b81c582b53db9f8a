#include "campaign/watch_day.h"

#include <time.h>

#include "base/ns.h"
#include "base/text.h"

#define HOUR_S 3600
#define STAGES_MAX 200 /* of the longest roll, a week, and two in which the clock was put back */
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / the golden ratio */

/* The next full hour, or midnight, of local time after `now_s`. */
static int64_t next_edge(int64_t now_s, bool midnight)
{
    time_t at = (time_t)now_s;
    struct tm tm;
    if (!localtime_r(&at, &tm)) return now_s + HOUR_S;
    int64_t past_s = (int64_t)tm.tm_min * 60 + tm.tm_sec;
    if (!midnight) return now_s + HOUR_S - past_s;
    tm.tm_mday++;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    time_t next = mktime(&tm);
    return next > at ? (int64_t)next : now_s + (int64_t)24 * HOUR_S;
}

static bool is_taken(const struct plan *plan, struct bytes name)
{
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        if (bytes_equal(plan->stages[i].name, name)) return true;
    }
    return false;
}

/* "14h03"; of a full hour "14h"; with its day where the file has more of them. */
static struct bytes name_of(const struct plan *plan, int64_t at_s, struct arena *arena)
{
    char array[40];
    struct text name = text_in(array, sizeof array);
    time_t at = (time_t)at_s;
    struct tm tm;
    if (!localtime_r(&at, &tm)) tm = (struct tm){.tm_hour = 0};
    text_addf(&name, "%02dh", tm.tm_hour);
    if (tm.tm_min > 0) text_addf(&name, "%02d", tm.tm_min);
    if (!is_taken(plan, text_bytes(&name))) return arena_copy(arena, text_bytes(&name));
    text_clear(&name);
    text_addf(&name, "%04d-%02d-%02d.%02dh", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
              tm.tm_hour);
    while (is_taken(plan, text_bytes(&name)) && !name.cut) text_addc(&name, '+', 1);
    return arena_copy(arena, text_bytes(&name));
}

static void make_mix(double *mix, const struct plan *plan)
{
    double sum = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) sum += plan->scenarios[i].weight;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        mix[i] = sum > 0 ? plan->scenarios[i].weight / sum : 1.0 / plan->scenario_count;
    }
}

static bool make_stages(struct plan *out, const struct watch_day_options *o, struct arena *arena)
{
    double *mix = ARENA_ARRAY(arena, out->scenario_count, double);
    out->stages = ARENA_ARRAY(arena, STAGES_MAX, struct stage);
    out->stage_count = 0;
    if (!mix || !out->stages) return false;
    make_mix(mix, out);
    uint64_t roll_ns = o->plan->watch.roll_ns;
    int64_t now_s = (int64_t)(o->now_ns / NS_PER_S);
    if (roll_ns == 0) roll_ns = (uint64_t)(next_edge(now_s, true) - now_s) * NS_PER_S;
    uint64_t left_ns = roll_ns < o->most_ns ? roll_ns : o->most_ns;
    while (left_ns > 0 && out->stage_count < STAGES_MAX) {
        int64_t next_s = next_edge(now_s, false);
        uint64_t hour_ns = (uint64_t)(next_s - now_s) * NS_PER_S;
        uint64_t length_ns = hour_ns < left_ns ? hour_ns : left_ns;
        struct bytes name = name_of(out, now_s, arena);
        out->stages[out->stage_count++] = (struct stage){.name = name,
                                                         .group = name,
                                                         .model = MODEL_OPEN,
                                                         .rate_from = o->plan->watch.probe_per_s,
                                                         .rate_to = o->plan->watch.probe_per_s,
                                                         .length_ns = length_ns,
                                                         .judged = true,
                                                         .arrivals = ARRIVALS_EVEN,
                                                         .mix = mix};
        left_ns -= length_ns;
        now_s = next_s;
    }
    return arena_ok(arena);
}

const char *watch_day_leaves_out(const struct plan *plan, const struct objective *o)
{
    if (o->has_in) return "its stage is of a run";
    bool probes = plan->watch.probe_per_s > 0;
    if (o->scope == SCOPE_SCENARIO && !probes) return "nobody walks along the scenario";
    switch (o->metric) {
    case METRIC_USERS:
    case METRIC_IN_FLIGHT:
        return "it is about a load";
    case METRIC_THROUGHPUT:
        return probes || o->of_offered ? "it is about a load" : NULL;
    case METRIC_RECOVERY:
        return "its stage is of a run";
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY:
    case METRIC_AVAILABILITY_BY_TIME:
    case METRIC_MEMORY:
    case METRIC_CPU:
    case METRIC_LEAK:
    case METRIC_SERIES:
        break;
    }
    return NULL;
}

/* A name for what is none of the plan's requests, where nothing is sent. */
static bool add_other(struct plan *out, struct arena *arena)
{
    struct bytes *names = ARENA_ARRAY(arena, (size_t)out->name_count + 1, struct bytes);
    if (!names) return false;
    memcpy(names, out->names, out->name_count * sizeof *names);
    names[out->name_count] = BYTES_LIT(WATCH_DAY_OTHER);
    out->names = names;
    out->name_count++;
    return true;
}

bool watch_day_make(struct plan *out, const struct watch_day_options *o, struct arena *arena)
{
    const struct plan *plan = o->plan;
    *out = *plan;
    out->abort_count = 0;
    if (!plan->seed_given) out->seed += o->index * GOLDEN;
    out->objectives = ARENA_ARRAY(arena, plan->objective_count, struct objective);
    out->objective_count = 0;
    for (uint32_t i = 0; out->objectives && i < plan->objective_count; i++) {
        if (watch_day_leaves_out(plan, &plan->objectives[i])) continue;
        out->objectives[out->objective_count++] = plan->objectives[i];
    }
    if (plan->watch.probe_per_s <= 0 && !add_other(out, arena)) return false;
    return make_stages(out, o, arena) && arena_ok(arena);
}
