#include "random_plan.h"

#include "base/text.h"
#include "world.h"

static char yaml[1 << 15];

static uint32_t below(uint32_t count)
{
    return (uint32_t)world_between(0, count - 1);
}

static void add_headers(struct text *t, uint32_t name, bool id)
{
    text_addf(t,
              "        name: n%u\n"
              "        headers:\n          X-Seq: $seq\n          X-User: $user\n"
              "          X-Name: n%u\n          X-Rand: $rand(1,1000000) $uuid\n",
              name, name);
    if (id) text_adds(t, "          X-Id: $id\n");
}

static void add_think(struct text *t)
{
    if (below(3) > 0) text_addf(t, "        think: %ums\n", 1 + below(300));
}

/* One request, with or without a check. */
static void add_single(struct text *t, uint32_t *name, bool checked)
{
    text_adds(t, "      - get: /single/$seq?r=$rand(1,100)\n");
    add_headers(t, (*name)++, false);
    if (checked) text_adds(t, "        check: [ status 200, json .good == true ]\n");
    if (below(4) == 0) add_think(t);
}

/* Captures an id, brings it along, and asks until it is done. */
static void add_job(struct text *t, uint32_t *name, bool tight)
{
    bool goes_on = tight && below(2);
    text_adds(t, "      - post: /jobs\n        json: { n: $seq, text: \"user $user\" }\n");
    add_headers(t, (*name)++, false);
    text_adds(t, "        check: [ json .good == true ]\n        capture: { id: json .id }\n");
    if (goes_on) text_adds(t, "        on_fail: continue\n");
    add_think(t);
    text_adds(t, "      - get: /jobs/$id\n");
    add_headers(t, (*name)++, true);
    /* Long enough where all is to end well, short where not. */
    text_addf(t, "        until: json .state == done\n        within: %s\n", tight ? "2s" : "300s");
    text_addf(t, "        every: %ums\n", 1 + below(400));
    add_think(t);
    text_adds(t, "      - get: /jobs/$id/last\n");
    add_headers(t, (*name)++, true);
}

static void add_length(struct text *t)
{
    text_addf(t, ", for: %ums", 900 + below(2500));
    if (below(3) == 0) text_addf(t, ", settle: %ums", 1 + below(800));
}

static void add_open(struct text *t, const struct plan_wish *wish)
{
    static const char *const patterns[] = {"poisson", "even", "exact"};
    uint32_t from = 1 + below(wish->rate_most), to = 1 + below(wish->rate_most);
    if (below(2)) text_addf(t, "rate: %u/s", from);
    else text_addf(t, "rate: %u/s..%u/s", from, to);
    if (below(4) == 0) text_addf(t, ", requests: %u", 1 + below(300));
    else add_length(t);
    text_addf(t, ", arrivals: %s", patterns[below(3)]);
}

static void add_closed(struct text *t)
{
    uint32_t from = 1 + below(30), to = below(30);
    bool ramp = below(3) == 0, think = below(2), pacing = below(3) == 0;
    if (ramp) text_addf(t, "users: %u..%u", from, to);
    else text_addf(t, "users: %u", from);
    if (think || !pacing) text_addf(t, ", think: %ums", 1 + below(500));
    if (pacing) text_addf(t, ", pacing: %ums", 1 + below(700));
    if (!ramp && below(4) == 0) text_addf(t, ", requests: %u", 1 + below(200));
    else add_length(t);
}

static void add_stages(struct text *t, const struct plan_wish *wish)
{
    uint32_t count = 1 + below(3);
    if (below(2))
        text_addf(t, "  warmup: { rate: %u/s, for: %ums }\n", 1 + below(50), 300 + below(900));
    text_adds(t, "  stages:\n");
    for (uint32_t i = 0; i < count; i++) {
        text_addf(t, "    - { name: s%u, ", i);
        bool open = wish->only_open || below(5) < 3;
        if (open) add_open(t, wish);
        else add_closed(t);
        if (below(3) == 0) text_adds(t, ", judge: false");
        text_adds(t, " }\n");
    }
}

const char *random_plan(const struct plan_wish *wish, uint64_t seed)
{
    struct text t = text_in(yaml, sizeof yaml);
    uint32_t name = 0;
    text_adds(&t, "plan: 1\nname: drawn\n");
    if (below(3) > 0) text_adds(&t, "target: http://127.0.0.1:1\n");
    else text_adds(&t, "target: [ http://127.0.0.1:1, http://127.0.0.1:2 ]\n");
    text_adds(&t, "scenarios:\n");
    text_adds(&t, "  one:\n    weight: 5\n    steps:\n");
    add_single(&t, &name, below(2));
    if (below(2)) {
        text_adds(&t, "  two:\n    weight: 2\n    steps:\n");
        add_single(&t, &name, true);
        add_single(&t, &name, false);
    }
    if (below(2)) {
        text_adds(&t, "  job:\n    weight: 1\n    steps:\n");
        add_job(&t, &name, wish->tight);
    }
    text_addf(&t, "load:\n  seed: %llu\n", (unsigned long long)seed);
    text_addf(&t, "  timeout: { connect: %s, response: %s }\n", wish->tight ? "200ms" : "30s",
              wish->tight ? "700ms" : "60s");
    if (wish->tight && below(2)) text_addf(&t, "  max_in_flight: %u\n", 1 + below(60));
    if (!wish->no_connections_limit && below(2)) {
        text_addf(&t, "  connections: %u\n", 1 + below(40));
    }
    add_stages(&t, wish);
    MUST(!t.cut, "the plan is too long for its place");
    return yaml;
}
