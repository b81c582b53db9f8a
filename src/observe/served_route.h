/* served_route.h - which request of the plan a path is that a service says it served.
 *
 * Why: a log has /jobs/7 and /jobs/8, a span /jobs/{id}, the plan /jobs/$id: all three are one
 * route, and only as one can they be counted, bounded, and held against what the plan says of it.
 * Source: own; templates as OpenTelemetry's http.route has them, in the ways that frameworks write
 * them ("{id}", ":id", "<int:id>").
 * Thread: any.  Memory: the caller's. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/text.h"
#include "plan/plan.h"

/* A request of the plan as a route. */
struct served_form {
    struct bytes method, path; /* what is filled in stands as {} */
    uint32_t name_index;       /* plan->names */
    size_t literal;            /* bytes of the path that are written out: the more, the nearer */
};

struct served_forms {
    struct served_form *all;
    uint32_t count;
    struct bytes base_path; /* of the plan's first target; a proxy may have taken it away */
};

/* All requests of `plan` (kept) whose path is known beforehand. False: the arena is full. */
bool served_route_forms(struct served_forms *out, const struct plan *plan, struct arena *arena);
/* The plan's name of a request; PLAN_NO_INDEX: it sends none like it. An empty method is any. */
uint32_t served_route_name(const struct served_forms *forms, struct bytes method,
                           struct bytes route, bool is_template);
/* Whether `{...}` in `form`, which stands for one or more characters but '/', can be filled in so
 * that `path` comes out. */
bool served_route_matches(struct bytes form, struct bytes path);
/* A path whose segments that look like somebody's number (digits, UUIDs, long hexadecimal) are {}.
 */
void served_route_general(struct text *out, struct bytes path);
