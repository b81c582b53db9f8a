/* causes.h - the table of causes, weighed against the facts of a run.
 *
 * Why, Source: causes.def.
 * Thread: any.  Memory: static. */
#pragma once

#include "explain/facts.h"

#define CAUSES_LIST 4

/* FACT_NONE: the list ends. */
struct cause_bound {
    enum fact fact;
    bool over; /* else under */
    double bound;
};

struct cause_rule {
    const char *id, *title;
    enum fact explains;
    struct cause_bound needs[CAUSES_LIST], clears[CAUSES_LIST];
    enum fact shown[CAUSES_LIST];
    const char *advice;
};

enum cause_weight {
    CAUSE_BLAMED,   /* all that it needs is so, and nothing clears it */
    CAUSE_POSSIBLE, /* neither that nor cleared */
    CAUSE_CLEARED,
    CAUSE_BLIND /* what would tell was not seen */
};

/* NULL: past the end of the table. */
const struct cause_rule *causes_at(uint32_t index);
enum cause_weight causes_weigh(const struct cause_rule *rule, const struct facts *f);
/* The fact that clears it; FACT_NONE: none does. */
enum fact causes_alibi(const struct cause_rule *rule, const struct facts *f);
