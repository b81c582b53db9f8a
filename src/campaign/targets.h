/* targets.h - where the targets of a run are: certificates, own addresses, a route to each.
 *
 * Why: before the first request each target is reached once, by all means that the load will use,
 * and what stands in the way is told with its cure.
 * Source: docs/exit-codes.md, 4 and 6.
 * Thread: main; the resolver's thread is its own.  Memory: an arena of its own; OpenSSL's. */
#pragma once

#include "base/arena.h"
#include "net/resolver.h"
#include "plan/plan.h"

struct targets {
    struct arena arena;
    struct route *routes; /* [plan->target_count] */
    struct address *sources;
    uint32_t source_count;
    struct tls *tls;           /* NULL: no target wants it */
    struct resolver *resolver; /* NULL: not started */
};

struct targets_options {
    const struct plan *plan;
    uint64_t within_ns; /* for each connect */
    bool idle;          /* nothing will be sent: nobody is reached, and no name looked up */
    bool anyhow;        /* one that cannot be reached now may come back */
    bool (*cancelled)(void *ctx);
    void (*say)(void *ctx, const char *line); /* the facts of each certificate */
    void *ctx;
};

/* Reaches all targets. False: `err`; targets_close() is due in any case. */
MUST_USE bool targets_open(struct targets *out, const struct targets_options *options,
                           struct err *err);
/* Whether a target of plain HTTP answers to a handshake of TLS. One connect and one handshake each,
 * not beside a load. */
bool targets_speak_tls(const struct targets *targets, const struct plan *plan, uint64_t within_ns);
/* After the engine; all zero is closed already. */
void targets_close(struct targets *targets);
/* Whether the files of a plan's `tls` can be used; a struct plan_host's check_tls. */
bool targets_check_tls(void *ctx, const struct tls_plan *tls, const struct bytes **which,
                       struct err *err);
