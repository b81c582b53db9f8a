/* ask.h - servers that are asked in their own protocol how they fare.
 *
 * Why: a database tells of itself what no process list shows: which statement, which wait. The plan
 * says where it is; who asks it is a source of the observer.
 * Source: docs/plan.md, "Services".
 * Thread: as plan.h.  Memory: as plan.h. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/text.h"
#include "plan/span.h"

enum ask_kind { ASK_POSTGRES, ASK_PGBOUNCER, ASK_REDIS, ASK_MEMCACHED, ASK_KINDS };

/* All NUL-terminated; may hold a password: shown by ask_add_masked() only. */
struct ask {
    struct span at;
    struct bytes text;           /* variables filled in; at == NULL: it is not asked this way */
    struct bytes host;           /* redis, memcached: without brackets, or unix:/path */
    uint16_t port;               /* the same; 0 of unix:/path */
    struct bytes user, password; /* redis; at == NULL: none */
};

/* "postgres", ...: the key of the plan; static. */
const char *ask_name(enum ask_kind kind);
/* Appends where it is, without a user's name and password. */
void ask_add_masked(struct text *out, const struct ask *ask);
