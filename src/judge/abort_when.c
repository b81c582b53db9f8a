#include "judge/abort_when.h"

#include <math.h>

#include "base/ns.h"
#include "judge/claim.h"
#include "judge/scope.h"

static uint32_t watches_of(const struct objective *o, const struct plan *plan)
{
    return o->scope == SCOPE_EACH ? plan->name_count : 1;
}

void abort_when_open(struct abort_when *a, const struct books *books, struct arena *arena)
{
    const struct plan *plan = books->header->plan;
    *a = (struct abort_when){.books = books};
    reading_open(&a->reading, books, arena);
    size_t count = 0;
    for (uint32_t i = 0; i < plan->abort_count; i++)
        count += watches_of(&plan->abort_when[i], plan);
    a->watches = ARENA_ARRAY(arena, count, struct abort_watch);
}

static void say(struct text *out, const struct objective *o, struct bytes name, double value)
{
    text_adds(out, "abort_when ");
    text_add(out, o->text);
    text_adds(out, ": ");
    claim_add_value(out, o, value);
    if (name.len > 0) {
        text_adds(out, " of ");
        text_add(out, name);
    }
    text_adds(out, " in the last second");
}

/* What this tick's value makes of a watch. True: it has held for as long as it says. */
static bool has_held(struct abort_watch *watch, const struct objective *o, const struct tick *tick,
                     double value)
{
    if (isnan(value)) return false;
    bool met = claim_met(o, value);
    watch->held_ns = met ? watch->held_ns + (tick->end_ns - tick->start_ns) : 0;
    return met && watch->held_ns >= o->for_ns;
}

bool abort_when_take(struct abort_when *a, const struct tick *tick, struct text *reason)
{
    const struct plan *plan = a->books->header->plan;
    if (tick->stage >= plan->stage_count) return false; /* the drain sends nothing new */
    struct abort_watch *watch = a->watches;
    for (uint32_t i = 0; i < plan->abort_count; i++) {
        const struct objective *o = &plan->abort_when[i];
        bool each = o->scope == SCOPE_EACH;
        uint32_t count = watches_of(o, plan);
        for (uint32_t name = 0; name < count; name++, watch++) {
            if (!scope_has_stage(o, tick->stage)) continue;
            double value = reading_take(&a->reading, o, name, tick);
            if (!has_held(watch, o, tick, value)) continue;
            say(reason, o, each ? plan->names[name] : (struct bytes){NULL, 0}, value);
            return true;
        }
    }
    return false;
}
