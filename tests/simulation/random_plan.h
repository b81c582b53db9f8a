/* random_plan.h - plans drawn by a seed: stages of every kind, scenarios with captures and polls.
 * Thread: one.  Memory: the text lives until the next call. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct plan_wish {
    bool only_open; /* no stage with users */
    bool tight;     /* short timeouts, few in flight, few connections */
    bool no_connections_limit;
    uint32_t rate_most; /* arrivals per second */
};

/* YAML of a plan whose requests are named n0, n1, ... and carry X-Seq, X-User, X-Name, and X-Id
 * where a reply before was captured. Draws from the world. */
const char *random_plan(const struct plan_wish *wish, uint64_t seed);
