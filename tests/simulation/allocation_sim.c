/* Nothing allocates between the seal and the end: a minute of load, with checks, captures, polls
 * and failures, and not one call of the heap by us or by a library of ours. The heap's functions
 * are replaced for the whole program; what is behind them is glibc's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "run_sim.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t align, size_t size);

static bool sealed;
static uint64_t calls, before;

static void count(void)
{
    if (sealed) calls++;
    else before++;
}

void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
    count();
    return __libc_calloc(items, size);
}

void *realloc(void *at, size_t size)
{
    count();
    return __libc_realloc(at, size);
}

void *memalign(size_t align, size_t size);
void *memalign(size_t align, size_t size)
{
    count();
    return __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    count();
    return __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    count();
    *out = __libc_memalign(align, size);
    return *out ? 0 : 12; /* ENOMEM */
}

/* The first tick seals, the last opens again. */
static void seal(bool first, bool last)
{
    sealed = first || (sealed && !last);
}

static const char plan[] =
    "plan: 1\nname: minute\ntarget: http://127.0.0.1:1\n"
    "scenarios:\n"
    "  job:\n"
    "    steps:\n"
    "      - post: /jobs\n"
    "        name: n0\n"
    "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0 }\n"
    "        json: { n: $seq, text: \"user $user\", id: $uuid }\n"
    "        check: [ status 200, header Server == model, json .good == true ]\n"
    "        capture: { id: json .id, server: header Server, pad: 'regex \"pad\\\":\\\"(p*)\"' }\n"
    "        on_fail: continue\n"
    "      - get: /jobs/$id?r=$rand(1,100)\n"
    "        name: n1\n"
    "        headers: { X-Seq: $seq, X-User: $user, X-Name: n1 }\n"
    "        check: [ body contains state, 'regex \"^.*(open|done)+.*$\"' ]\n"
    "        until: json .state == done\n"
    "        every: 100ms\n"
    "        within: 5s\n"
    "load:\n"
    "  seed: 3\n"
    "  connections: 50\n"
    "  timeout: { connect: 1s, response: 2s }\n"
    "  stages:\n"
    "    - { name: open, rate: 100/s..400/s, for: 30s, settle: 2s }\n"
    "    - { name: closed, users: 100, think: 200ms, for: 30s }\n";

int main(void)
{
    struct run_setup setup = {.seed = 3, .yaml = plan, .threads = 2, .sealing = seal};
    setup.law = (struct target_law){.law = SERVICE_EXPONENTIAL,
                                    .service_ns = 20 * NS_PER_MS,
                                    .polls = 3,
                                    .drips = 100000,
                                    .sends_part = 50000,
                                    .large = 5000,
                                    .refuses = 5000,
                                    .idle_ns = 300 * NS_PER_MS};
    for (uint32_t k = REPLY_CHUNKED; k < REPLY_KIND_COUNT; k++) setup.law.per_million[k] = 5000;
    setup.costs = (struct world_costs){.call_ns = 5000, .wake_ns = 50000};
    struct run_outcome out = run_sim(&setup);
    uint64_t ok = out.ledger->outcomes[OUTCOME_OK], ended = out.ledger->requests_ended;
    printf("1..2\n");
    printf("%sok 1 - a minute with %llu requests, %llu of them ok\n",
           ended > 20000 && ok < ended && ok > ended / 2 ? "" : "not ", (unsigned long long)ended,
           (unsigned long long)ok);
    printf("%sok 2 - %llu allocations in it, %llu before\n", calls == 0 && before > 0 ? "" : "not ",
           (unsigned long long)calls, (unsigned long long)before);
    return calls == 0 && before > 0 && ended > 20000 ? 0 : 1;
}
