#include "plant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amounts.h"
#include "clock.h"
#include "downstream.h"
#include "flush.h"
#include "thread.h"

#define LEAK_MOST (UINT64_C(64) * 1024 * 1024)
#define PAUSER_LOOKS_NS (50 * NS_PER_MS) /* whether it is to stop */
#define ROUNDS_A_LOOK 2000               /* some microseconds */

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

static bool parse_url(struct plant *out, const char *text)
{
    int len = snprintf(out->downstream, sizeof out->downstream, "%s", text);
    return len > 0 && (size_t)len < sizeof out->downstream && downstream_is_url(text);
}

/* EVERY:FOR */
static bool parse_period(const char *first, const char *second, uint64_t *every_ns,
                         uint64_t *for_ns)
{
    return second && amounts_duration(first, every_ns) && amounts_duration(second, for_ns)
           && *for_ns < *every_ns;
}

/* The field of a fault that has one duration; NULL: it has not. */
static uint64_t *duration_of(struct plant *out, const char *name)
{
    const struct {
        const char *name;
        uint64_t *field;
    } all[] = {
        {"cpu", &out->cpu_ns},           {"lock", &out->lock_ns},
        {"rowlock", &out->rowlock_ns},   {"wait", &out->wait_ns},
        {"fsync", &out->fsync_ns},       {"storm", &out->storm_every_ns},
        {"crash", &out->crash_after_ns}, {"slowstart", &out->slow_start_ns},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(name, all[i].name) == 0) return all[i].field;
    }
    return NULL;
}

static bool parse_one(struct plant *out, char *text)
{
    const char *name = next_part(&text, ':');
    if (text && strcmp(name, "downstream") == 0) return parse_url(out, text);
    const char *first = next_part(&text, ':');
    const char *second = next_part(&text, ':');
    if (!first || text) return false;
    if (strcmp(name, "stall") == 0) {
        return parse_period(first, second, &out->stall_every_ns, &out->stall_for_ns);
    }
    if (strcmp(name, "pause") == 0) {
        return parse_period(first, second, &out->pause_every_ns, &out->pause_for_ns);
    }
    if (second) return false;
    if (strcmp(name, "leak") == 0) return amounts_bytes(first, LEAK_MOST, &out->leak_bytes);
    if (strcmp(name, "errors") == 0) return amounts_percent(first, &out->errors_per_million);
    if (strcmp(name, "jobfail") == 0) return amounts_percent(first, &out->jobfail_per_million);
    uint64_t *duration_ns = duration_of(out, name);
    return duration_ns && amounts_duration(first, duration_ns);
}

bool plant_parse(struct plant *out, const char *text)
{
    char copy[512];
    int len = snprintf(copy, sizeof copy, "%s", text);
    if (len < 0 || (size_t)len >= sizeof copy) return false;
    if (len == 0) return true;
    char *rest = copy;
    for (char *part = next_part(&rest, ','); part; part = next_part(&rest, ',')) {
        if (!parse_one(out, part)) return false;
    }
    return true;
}

/* Computes for `for_ns` of this thread's CPU time. */
static void compute(uint64_t for_ns)
{
    volatile uint64_t sink = 0;
    uint64_t x = 1;
    for (uint64_t end_ns = clock_thread_ns() + for_ns; clock_thread_ns() < end_ns;) {
        for (int i = 0; i < ROUNDS_A_LOOK; i++) x = (x ^ (x >> 29)) * UINT64_C(0x9e3779b97f4a7c15);
        sink = sink + x;
    }
}

/* Like a collector that stops the world: one thread computes, all others wait for it. */
static void *pause_world(void *arg)
{
    struct plant *plant = arg;
    uint64_t next_ns = atomic_load(&plant->start_ns) + plant->pause_every_ns;
    while (!atomic_load(&plant->stopped)) {
        uint64_t now_ns = clock_now_ns();
        if (now_ns < next_ns) {
            uint64_t look_ns = now_ns + PAUSER_LOOKS_NS;
            clock_sleep_until(next_ns < look_ns ? next_ns : look_ns);
            continue;
        }
        pthread_rwlock_wrlock(&plant->world);
        compute(plant->pause_for_ns);
        pthread_rwlock_unlock(&plant->world);
        next_ns += plant->pause_every_ns;
    }
    return NULL;
}

bool plant_start(struct plant *plant, uint64_t now_ns)
{
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&plant->world, &attr);
    pthread_rwlockattr_destroy(&attr);
    pthread_mutex_init(&plant->lock, NULL);
    flush_slow_down(plant->fsync_ns);
    atomic_store(&plant->start_ns, now_ns);
    if (plant->pause_every_ns == 0) return true;
    plant->pausing =
        thread_start(&plant->pauser, "jobs-pause", THREAD_STACK_SMALL, pause_world, plant);
    return plant->pausing;
}

void plant_stop(struct plant *plant)
{
    atomic_store(&plant->stopped, true);
    if (plant->pausing) pthread_join(plant->pauser, NULL);
    plant->pausing = false;
    struct plant_leak *next;
    for (struct plant_leak *leak = atomic_exchange(&plant->leaks, NULL); leak; leak = next) {
        next = leak->next;
        free(leak);
    }
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

/* Whether there is a world to enter does not change while somebody is in it: plant_start comes
 * before the first request is let in. */
static bool has_world(const struct plant *plant)
{
    return plant->pause_every_ns != 0 && atomic_load(&plant->start_ns) != 0;
}

void plant_enter(struct plant *plant)
{
    if (has_world(plant)) pthread_rwlock_rdlock(&plant->world);
}

void plant_leave(struct plant *plant)
{
    if (has_world(plant)) pthread_rwlock_unlock(&plant->world);
}

static void leak(struct plant *plant)
{
    struct plant_leak *more = malloc(sizeof *more + plant->leak_bytes);
    if (!more) return;
    memset(more->bytes, 1, plant->leak_bytes); /* pages that are never touched cost nothing */
    more->next = atomic_load(&plant->leaks);
    while (!atomic_compare_exchange_weak(&plant->leaks, &more->next, more)) {
    }
}

void plant_handle(struct plant *plant)
{
    if (plant->leak_bytes > 0) leak(plant);
    if (plant->cpu_ns > 0) compute(plant->cpu_ns);
}

bool plant_visit(struct plant *plant)
{
    if (plant->wait_ns > 0) clock_sleep_until(clock_now_ns() + plant->wait_ns);
    if (plant->lock_ns > 0) {
        pthread_mutex_lock(&plant->lock);
        compute(plant->lock_ns);
        pthread_mutex_unlock(&plant->lock);
    }
    return plant->downstream[0] == '\0' || downstream_ask(plant->downstream);
}

void plant_hold(const struct plant *plant)
{
    clock_sleep_until(clock_now_ns() + plant->rowlock_ns);
}

uint64_t plant_storms(const struct plant *plant, uint64_t now_ns)
{
    uint64_t start_ns = atomic_load(&plant->start_ns);
    if (plant->storm_every_ns == 0 || start_ns == 0) return 0;
    return (now_ns - start_ns) / plant->storm_every_ns;
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
