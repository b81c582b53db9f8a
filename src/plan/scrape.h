/* scrape.h - a service's own page of metrics: where it is, and what of it is wanted.
 *
 * Why: what a service counts itself (requests by route, a queue, a pool) no kernel shows. The page
 * is the one that Prometheus reads.
 * Source: docs/plan.md, "Services".
 * Thread: as plan.h.  Memory: as plan.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "plan/span.h"

/* For all targets of https, or for one page. Paths and names are NUL-terminated; empty: not given.
 */
struct tls_plan {
    struct span at; /* line 0: nothing of it is given */
    struct bytes ca, cert, key, server_name;
    bool insecure;
};

/* All texts NUL-terminated, variables filled in; a header may hold a secret. */
struct scrape {
    struct span at;
    struct bytes url;      /* len 0: there is no page */
    struct bytes *keep;    /* names, or their beginnings and a `*`; none: all */
    struct bytes *headers; /* "Name: value" */
    uint32_t keep_count, header_count;
    struct tls_plan tls; /* that of the plan where it has none of its own */
    bool required;       /* that it does not answer ends the run before anything is sent */
};
