/* words.h - the sentences of a cause.
 *
 * Why: the same words live, replayed and in every form; so they are made once, here.
 * Source: docs/why.md.  Thread: collecting thread.  Memory: none. */
#pragma once

#include "explain/causes.h"
#include "explain/recall.h"
#include "tick/result.h"

/* A suspect's title, evidence and advice; of one with a share that is worth it, where most of it
 * is. */
void words_suspect(struct cause_suspect *out, const struct cause_rule *rule, const struct facts *f,
                   const struct ledger *l);
/* Where requests wait: "db-#: lock", "on a core". */
void words_place(struct cause_place *out, const struct ledger_row *row);
/* The sentence and the next step; all else of `c` is there. */
void words_all(struct cause *c, const struct recall *r, const struct result *result);
