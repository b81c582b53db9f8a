/* plan_load.h - from the text of a plan to a checked struct plan.
 *
 * Why our own binding over libyaml: it only tokenises, so the schema decides types (`NO` and `1.10`
 * stay text) and every node keeps its mark.
 * Source: docs/plan.md; YAML 1.1 as libyaml 0.2.5 reads it.
 * Thread: main, before the run.  Memory: everything into `arena`; nothing else survives. */
#pragma once

#include "base/arena.h"
#include "plan/diag.h"
#include "plan/plan.h"

/* What the plan may ask of its surroundings; plan/ itself reads no environment and opens no port.
 */
struct plan_host {
    void *ctx;
    /* A free TCP port on 127.0.0.1 for `$NAME.port`; 0 when there is none. */
    uint16_t (*free_port)(void *ctx);
    /* The private folder of a service for `$dir`, copied into `arena`; empty when it cannot be. */
    struct bytes (*private_dir)(void *ctx, struct arena *arena, struct bytes service);
    /* Value of an environment variable; at == NULL when unset. */
    struct bytes (*env)(void *ctx, struct bytes name);
    /* The whole of a file named in the plan (CSV), already joined to the plan's folder; false:
     * `err`. */
    bool (*read_file)(void *ctx, struct arena *arena, struct bytes path, struct bytes *out,
                      struct err *err);
    /* Whether the files of `tls:` can be used; false: `err`, and `*which` is the field of `tls`
     * that names the wrong one. NULL: nobody looks. */
    bool (*check_tls)(void *ctx, const struct tls_plan *tls, const struct bytes **which,
                      struct err *err);
};

struct plan_var {
    struct bytes name, value;
};

/* Flags that stand above the plan. A zero field overrides nothing. */
struct plan_overrides {
    const struct bytes *objectives; /* sentences; with any given the plan's own are left out */
    const struct diag_word *objective_words; /* what each was made of; NULL: it stands for itself */
    uint32_t objective_count;
    uint64_t seed;
    bool has_seed;
    uint32_t threads, connections;
    uint64_t max_in_flight;
    uint64_t connect_timeout_ns, response_timeout_ns;
    struct bytes trace;          /* as `trace:` */
    const struct plan_var *vars; /* --var: values of `vars:` */
    const struct bytes *sets;    /* --set: PATH=VALUE, in the order given */
    const struct bytes *only;    /* --only: names of scenarios and stages */
    uint32_t var_count, set_count, only_count;
};

struct plan_input {
    struct bytes path;   /* for messages and for relative paths; empty: a one-liner */
    struct bytes folder; /* absolute, without trailing '/' */
    struct bytes source;
    const struct plan_host *host;
    const struct plan_overrides *overrides; /* may be NULL */
};

/* Reads and checks. False: at least one diagnostic; `out` must not be used. */
MUST_USE bool plan_load(struct plan *out, struct arena *arena, const struct plan_input *input,
                        struct diags *diags);
