/* facts.h - the numbers that causes are weighed by, of the two stages that are held together.
 *
 * Why, Source: facts.def.
 * Thread: collecting thread.  Memory: in place. */
#pragma once

#include "explain/ledger.h"
#include "tick/result.h"

enum fact {
    FACT_NONE,
#define FACT(ident, name, form) FACT_##ident,
#include "explain/facts.def"
#undef FACT
    FACT_COUNT
};

/* The statement, or command of a cache, whose time grew most beyond the load. */
struct facts_statement {
    struct bytes of, text;    /* empty: none was seen */
    double excess;            /* at once, beyond the load */
    double running[2];        /* at once */
    double calls[2], time[2]; /* of a request; s; NAN: not known */
};

struct facts {
    double before[FACT_COUNT], after[FACT_COUNT]; /* NAN: not seen */
    struct bytes hot;     /* the service they are about: the one in which most waits, or works */
    struct bytes leaking; /* the service whose memory grows most, evenly; empty: none's does */
    const struct ledger_group *group; /* its busiest; NULL: none was seen */
    struct facts_statement statement;
};

/* All of them; what was not seen is NAN. */
void facts_find(struct facts *f, const struct recall *r, const struct ledger *l,
                const struct result *result);
/* Does the fact count what grew at that class? */
bool facts_is_of(enum fact fact, enum ledger_class class);
/* "97 % of the cores it may use (61 % before)". */
void facts_say(const struct facts *f, enum fact fact, struct text *out);
