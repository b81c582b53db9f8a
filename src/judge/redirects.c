#include "judge/redirects.h"

#include "base/attr.h"

#define LEAST_LOOKS 2 /* one reply says little of all */

/* Not 304, which answers for the page itself, nor 300. */
static bool is_redirect(uint32_t status)
{
    static const uint32_t moved[] = {301, 302, 303, 307, 308};
    for (size_t i = 0; i < COUNT_OF(moved); i++) {
        if (moved[i] == status) return true;
    }
    return false;
}

void redirects_open(struct redirects *r, const struct run_header *header, struct arena *arena)
{
    *r = (struct redirects){.header = header};
    r->names = ARENA_ARRAY(arena, header->plan->name_count, struct redirects_name);
}

void redirects_take(struct redirects *r, const struct exemplar *e)
{
    if (!r->names || e->name >= r->header->plan->name_count || e->outcome != OUTCOME_OK) return;
    if (!run_stage_judged(r->header, e->stage)) return;
    struct redirects_name *name = &r->names[e->name];
    name->looked_at++;
    if (!is_redirect(e->status)) return;
    name->moved++;
    name->status = e->status;
}

uint32_t redirects_say(const struct redirects *r, struct text *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; r->names && i < r->header->plan->name_count; i++) {
        const struct redirects_name *name = &r->names[i];
        if (name->looked_at < LEAST_LOOKS || name->moved < name->looked_at) continue;
        if (count++ > 0) continue;
        text_add(out, r->header->plan->names[i]);
        text_addf(out, " that was looked at was %u", name->status);
    }
    if (count > 1) text_addf(out, " (so of %u more)", count - 1);
    return count;
}
