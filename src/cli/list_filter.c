#include "cli/list_filter.h"

#include <fnmatch.h>

#include "base/clock.h"
#include "cli/moment.h"
#include "plan/diag.h"
#include "store/runs.h"

#define LAST_UNASKED 1000
#define PLANS_MAX 64 /* names that a hint could hold */
/* A run's services may take so long to get ready between its id and its start. */
#define READY_NS (86400 * NS_PER_S)

/* The moment of a flag; it was read before. */
static uint64_t moment_of(const struct flags *flags, enum flag flag, uint64_t otherwise_ns)
{
    uint64_t ns;
    const char *why;
    bool given = flags_given(flags, flag)
                 && moment_read(flags_value(flags, flag, ""), clock_wall_ns(), &ns, &why);
    return given ? ns : otherwise_ns;
}

struct list_filter list_filter_of(const struct flags *flags)
{
    uint64_t last = flags_count(flags, FLAG_LAST);
    return (struct list_filter){.flags = flags,
                                .since_ns = moment_of(flags, FLAG_SINCE, 0),
                                .until_ns = moment_of(flags, FLAG_UNTIL, UINT64_MAX),
                                .last = last > 0 ? (uint32_t)last : LAST_UNASKED};
}

bool list_filter_too_new(const struct list_filter *filter, uint64_t id_ns)
{
    return id_ns >= filter->until_ns;
}

bool list_filter_too_old(const struct list_filter *filter, uint64_t id_ns)
{
    return id_ns + READY_NS < filter->since_ns;
}

/* ---- one run ---- */

static bool is_plan(struct bytes pattern, struct bytes plan)
{
    return bytes_equal(pattern, plan) || fnmatch(pattern.at, plan.at, 0) == 0;
}

/* `missed,not-judged`: a blank of a verdict is a dash in a flag. */
static bool has_verdict(struct bytes words, struct bytes verdict)
{
    while (words.len > 0) {
        size_t end = bytes_find(words, BYTES_LIT(","));
        if (end == SIZE_MAX) end = words.len;
        bool same = end == verdict.len;
        for (size_t i = 0; same && i < end; i++) {
            char want = verdict.at[i] == ' ' ? '-' : verdict.at[i];
            same = words.at[i] == want;
        }
        if (same) return true;
        words = bytes_from(words, end + 1);
    }
    return false;
}

/* One of the values that a flag was given is enough; true where it was not given. */
static bool any_of(const struct flags *flags, enum flag flag, struct bytes of,
                   bool (*is)(struct bytes value, struct bytes of))
{
    bool given = false;
    for (uint32_t i = 0; i < flags->given_count; i++) {
        if (flags->given[i].flag != flag) continue;
        given = true;
        if (is(flags->given[i].value, of)) return true;
    }
    return !given;
}

static bool of_plan(const struct list_filter *filter, const struct run_entry *entry)
{
    return any_of(filter->flags, FLAG_PLAN, entry->plan, is_plan);
}

bool list_filter_takes(const struct list_filter *filter, const struct run_entry *entry)
{
    bool whole = entry->trouble.len == 0;
    bool asked = flags_given(filter->flags, FLAG_PLAN) || flags_given(filter->flags, FLAG_VERDICT);
    uint64_t began_ns = entry->wall_start_ns > 0 ? entry->wall_start_ns : runs_id_ns(entry->id);
    if (began_ns < filter->since_ns || began_ns >= filter->until_ns) return false;
    if (!whole) return !asked;
    return of_plan(filter, entry)
           && any_of(filter->flags, FLAG_VERDICT, entry->verdict, has_verdict);
}

/* ---- none ---- */

/* The names of the plans, each once. */
static uint32_t plans_of(const struct run_entry *entries, uint32_t count,
                         struct bytes names[PLANS_MAX])
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count && found < PLANS_MAX; i++) {
        bool seen = entries[i].trouble.len > 0;
        for (uint32_t k = 0; k < found; k++) seen = seen || bytes_equal(names[k], entries[i].plan);
        if (!seen) names[found++] = entries[i].plan;
    }
    return found;
}

void list_filter_words(const struct list_filter *filter, struct text *out)
{
    const struct flags *flags = filter->flags;
    for (uint32_t i = 0; i < flags->given_count; i++) {
        if (flags_table[flags->given[i].flag].group != GROUP_FILTER) continue;
        text_addf(out, " --%s ", flags_table[flags->given[i].flag].name);
        text_add_safe(out, flags->given[i].value);
    }
}

void list_filter_hint(const struct list_filter *filter, const struct run_entry *entries,
                      uint32_t count, struct text *out)
{
    struct bytes names[PLANS_MAX];
    const struct flags *flags = filter->flags;
    bool all = !flags_given(flags, FLAG_SINCE) && !flags_given(flags, FLAG_UNTIL);
    if (!flags_given(flags, FLAG_PLAN) || !all) return;
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].trouble.len == 0 && of_plan(filter, &entries[i])) return;
    }
    diag_suggest(out, flags_value(flags, FLAG_PLAN, ""), "plans here", names,
                 plans_of(entries, count, names));
}
