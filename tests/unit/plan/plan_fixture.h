/* plan_fixture.h - loads a plan from a text, in a world where everything is known beforehand.
 *
 * Why: ports, folders, environment and files must not depend on the machine of the test.
 * Thread: main.  Memory: the fixture's arena; close it. */
#pragma once

#include "base/attr.h"
#include "check.h"
#include "plan/plan_load.h"

struct fixture {
    struct arena arena;
    struct diags diags;
    struct plan plan;
    bool good;
};

/* Ports 4001, 4002, ...; folders /private/NAME; TOKEN=t0p"secret, PORT=9; file /plans/owners.csv.
 */
void fixture_load(struct fixture *f, const char *yaml, const struct plan_overrides *overrides);
/* The same with an arena of `limit` bytes and a text that need not end in NUL. */
void fixture_load_bytes(struct fixture *f, struct bytes yaml, size_t limit);
void fixture_close(struct fixture *f);
/* The only diagnostic must be `code`; returns its message. */
const char *fixture_only(const char *name, const struct fixture *f, enum diag_code code);
