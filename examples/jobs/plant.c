#include "plant.h"

#include <stdio.h>
#include <string.h>

#include "amounts.h"
#include "clock.h"

/* Cuts `*rest` at the next `mark` and returns the part before it; NULL at the end. */
static char *next_part(char **rest, char mark)
{
    char *part = *rest;
    if (!part) return NULL;
    char *end = strchr(part, mark);
    if (end) *end++ = '\0';
    *rest = end;
    return part;
}

static bool parse_one(struct plant *out, char *text)
{
    const char *name = next_part(&text, ':');
    const char *first = next_part(&text, ':');
    const char *second = next_part(&text, ':');
    if (!first || text) return false;
    if (strcmp(name, "stall") == 0) {
        return second && amounts_duration(first, &out->stall_every_ns)
               && amounts_duration(second, &out->stall_for_ns)
               && out->stall_for_ns < out->stall_every_ns;
    }
    if (second) return false;
    if (strcmp(name, "errors") == 0) return amounts_percent(first, &out->errors_per_million);
    if (strcmp(name, "jobfail") == 0) return amounts_percent(first, &out->jobfail_per_million);
    if (strcmp(name, "crash") == 0) return amounts_duration(first, &out->crash_after_ns);
    if (strcmp(name, "slowstart") == 0) return amounts_duration(first, &out->slow_start_ns);
    return false;
}

bool plant_parse(struct plant *out, const char *text)
{
    char copy[256];
    int len = snprintf(copy, sizeof copy, "%s", text);
    if (len < 0 || (size_t)len >= sizeof copy) return false;
    if (len == 0) return true;
    char *rest = copy;
    for (char *part = next_part(&rest, ','); part; part = next_part(&rest, ',')) {
        if (!parse_one(out, part)) return false;
    }
    return true;
}

void plant_start(struct plant *plant, uint64_t now_ns)
{
    atomic_store(&plant->start_ns, now_ns);
}

void plant_stall(const struct plant *plant)
{
    if (plant->stall_every_ns == 0) return;
    uint64_t start_ns = atomic_load(&plant->start_ns);
    uint64_t now_ns = clock_now_ns();
    if (start_ns == 0) return;
    uint64_t into_ns = (now_ns - start_ns) % plant->stall_every_ns;
    if (into_ns < plant->stall_every_ns - plant->stall_for_ns) return;
    clock_sleep_until(now_ns + plant->stall_every_ns - into_ns);
}

bool plant_draw(struct plant *plant, uint32_t per_million)
{
    if (per_million == 0) return false;
    uint64_t x = atomic_fetch_add_explicit(&plant->draws, 1, memory_order_relaxed);
    x = (x + 1) * UINT64_C(0x9e3779b97f4a7c15); /* splitmix64: counter in, even spread out */
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return x % 1000000 < per_million;
}
