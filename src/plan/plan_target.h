/* plan_target.h - where a plan's requests go, and how they get there.
 *
 * Why: addresses, names and certificates are the concern of few who read a plan.
 * Source: docs/plan.md, "The plan" and "TLS".
 * Thread: as plan.h.  Memory: as plan.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "plan/span.h"

struct target {
    struct span at;
    struct bytes text; /* as shown: no password */
    struct bytes host; /* without brackets; NUL-terminated */
    uint16_t port;
    bool tls;
    struct bytes address;   /* where it is, by `hosts`, or unix:/path; empty: host is looked up */
    struct bytes base_path; /* without trailing '/', usually empty */
    struct bytes authority; /* for the Host header */
};

/* `name` or `name:port` is at `address` for this run. */
struct host_entry {
    struct span at;
    struct bytes name;
    struct bytes address; /* an address, or unix:/path */
    uint16_t port;        /* 0: any */
};
