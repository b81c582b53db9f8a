#include "observe/observer.h"

#include <assert.h>

#include "base/clock.h"
#include "base/shared.h"
#include "observe/kinds.h"
#include "observe/otlp_hub.h"
#include "observe/slip.h"
#include "observe/source.h"

#define ARENA_BYTES ((size_t)256 << 20) /* address space */
#define SOURCES_MAX 64
#define GLANCE_NS (50 * NS_PER_MS)
#define GLANCE_MOST_NS (95 * NS_PER_MS)    /* a dear source is glanced at every other time */
#define GLANCE_REMOTE_NS (100 * NS_PER_MS) /* each is a question to somebody who has work to do */
#define LOOK_NS NS_PER_S
#define AGAIN_MOST_NS (10 * NS_PER_S) /* a source that fails is asked less and less often */
#define PATIENCE_NS (5 * NS_PER_S)    /* with a look under way at the end: longer than any asks */

/* A source, its slip, and how it fares. */
struct watch {
    struct source source;
    struct slip slip;
    uint32_t cost; /* series number */
    uint64_t since_ns, next_ns, again_ns, glance_due_ns;
    uint64_t cpu_ns; /* since the last look */
    bool failing;
    bool looked;   /* since it last failed */
    uint32_t *ids; /* [SLIP_SERIES]: the run's number of each series */
    uint32_t ids_count;
    uint64_t lost_told, refused_told;
};

/* A thread and what it looks at. */
struct watcher {
    pthread_t thread;
    bool started;
    struct watch **watches;
    uint32_t count;
    uint64_t origin_ns, glance_ns;
    struct shared leave, left;
};

struct observer {
    struct arena arena;
    struct watch watches[SOURCES_MAX];
    struct watcher watchers[SOURCES_MAX];
    uint32_t watch_count, watcher_count;
    struct served_book *served;
    struct otlp_hub *otlp;
    struct series fresh[SERIES_MAX];
    struct sample *samples; /* [SLIP_SAMPLES] */
    uint32_t series_count;
    bool full_told;
};

/* ---- on the watchers' threads ---- */

static void put_cost(struct watch *w)
{
    if (w->since_ns > 0 && w->slip.to_ns > w->slip.from_ns) {
        slip_put(&w->slip, w->cost, (double)w->cpu_ns / (double)(w->slip.to_ns - w->slip.from_ns));
    }
    w->cpu_ns = 0;
}

static void note_failure(struct watch *w, const struct err *err)
{
    if (!w->failing) {
        slip_say(&w->slip, "%s: nothing is seen: %s", w->source.name, err->msg);
        w->again_ns = LOOK_NS;
    }
    w->failing = true;
    w->looked = false;
    if (w->again_ns < AGAIN_MOST_NS) w->again_ns += LOOK_NS;
}

static void look_at(struct watch *w, uint64_t now_ns)
{
    struct err err = {0};
    struct look look = {.since_ns = w->since_ns, .now_ns = now_ns, .first = !w->looked};
    uint64_t before_ns = clock_thread_cpu_ns();
    slip_begin(&w->slip, w->looked ? w->since_ns : now_ns, now_ns);
    bool seen = w->source.look(w->source.ctx, &w->slip, &look, &err);
    w->cpu_ns += clock_thread_cpu_ns() - before_ns;
    if (seen) {
        if (w->failing) slip_say(&w->slip, "%s: seen again", w->source.name);
        w->failing = false;
        put_cost(w);
        slip_end(&w->slip);
        w->since_ns = now_ns;
        w->looked = true;
    } else {
        note_failure(w, &err);
    }
    uint64_t pause_ns = seen ? LOOK_NS : w->again_ns;
    w->next_ns = (now_ns / LOOK_NS) * LOOK_NS + pause_ns;
}

static void glance_at(struct watch *w, uint64_t now_ns)
{
    if (!w->source.glance || w->failing || now_ns < w->glance_due_ns) return;
    uint64_t before_ns = clock_thread_cpu_ns();
    w->source.glance(w->source.ctx);
    uint64_t cost_ns = clock_thread_cpu_ns() - before_ns;
    uint64_t pause_ns = cost_ns * w->source.glance_share;
    w->cpu_ns += cost_ns;
    w->glance_due_ns = now_ns + (pause_ns < GLANCE_MOST_NS ? pause_ns : GLANCE_MOST_NS);
}

static uint64_t run_time(const struct watcher *w)
{
    uint64_t now_ns = clock_now_ns();
    return now_ns > w->origin_ns ? now_ns - w->origin_ns : 0;
}

static void *watch_all(void *ctx)
{
    struct watcher *w = ctx;
    uint64_t glance_ns = w->glance_ns;
    while (!shared_see(&w->leave)) {
        clock_sleep_until(w->origin_ns + glance_ns);
        uint64_t now_ns = run_time(w);
        if (now_ns < glance_ns) continue; /* a signal, or the run has not begun */
        glance_ns = (now_ns / w->glance_ns + 1) * w->glance_ns;
        for (uint32_t i = 0; i < w->count && !shared_see(&w->leave); i++) {
            glance_at(w->watches[i], now_ns);
            if (now_ns >= w->watches[i]->next_ns) look_at(w->watches[i], run_time(w));
        }
    }
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->watches[i]->source.close) w->watches[i]->source.close(w->watches[i]->source.ctx);
    }
    shared_publish(&w->left, 1);
    return NULL;
}

/* ---- on the collecting thread ---- */

static bool add_watch(struct observer *o, struct watcher *w, const struct source *source)
{
    struct watch *watch = &o->watches[o->watch_count++];
    watch->source = *source;
    watch->ids = ARENA_ARRAY(&o->arena, SLIP_SERIES, uint32_t);
    w->watches[w->count++] = watch;
    if (!slip_open(&watch->slip, &o->arena)) return false;
    watch->cost = slip_series(&watch->slip, BYTES_LIT("prony"), SERIES_OF_OBSERVE_CPU,
                              bytes_of(source->name));
    return arena_ok(&o->arena);
}

/* A thread for `room` sources. */
static struct watcher *add_watcher(struct observer *o, const struct observer_options *options,
                                   uint32_t room, uint64_t glance_ns)
{
    struct watcher *w = &o->watchers[o->watcher_count++];
    w->origin_ns = options->origin_ns;
    w->glance_ns = glance_ns;
    w->watches = ARENA_ARRAY(&o->arena, room, struct watch *);
    return w;
}

/* The kernel's sources are all on one thread, the first; each of the others has its own. */
static bool add_all(struct observer *o, const struct observer_options *options)
{
    struct kinds kinds;
    kinds_make(&kinds, options, &o->arena);
    o->served = kinds.served;
    o->otlp = options->otlp;
    struct watcher *shared = NULL;
    for (uint32_t i = 0; i < kinds.count && o->watch_count < SOURCES_MAX; i++) {
        bool alone = kinds.remote[i];
        struct watcher *to = alone ? NULL : shared;
        if (!to) {
            to = add_watcher(o, options, alone ? 1 : SOURCES_MAX,
                             alone ? GLANCE_REMOTE_NS : GLANCE_NS);
        }
        if (!alone) shared = to;
        if (!arena_ok(&o->arena) || !add_watch(o, to, &kinds.all[i])) return false;
    }
    return arena_ok(&o->arena);
}

bool observer_check(const struct plan *plan, struct err *err)
{
    return kinds_check(plan, err);
}

bool observer_check_pages(const struct plan *plan, struct err *err)
{
    return kinds_check_pages(plan, err);
}

bool observer_start(struct observer **out, const struct observer_options *options, struct err *err)
{
    struct arena arena;
    if (!arena_open(&arena, ARENA_BYTES, err)) return false;
    struct observer *o = ARENA_NEW(&arena, struct observer);
    assert(o);
    o->arena = arena;
    o->samples = ARENA_ARRAY(&o->arena, SLIP_SAMPLES, struct sample);
    bool planned = add_all(o, options);
    if (!planned) err_set(err, ERR_LIMIT, 0, "no memory to look at the services");
    for (uint32_t i = 0; i < o->watcher_count && planned; i++) {
        struct watcher *w = &o->watchers[i];
        int failed = pthread_create(&w->thread, NULL, watch_all, w);
        w->started = failed == 0;
        planned = w->started
                  || err_set(err, ERR_LIMIT, failed, "cannot start a thread to look at services");
    }
    if (planned) *out = o;
    else observer_stop(o);
    return planned;
}

/* The run's number of a series of a slip; SERIES_MAX: there is no room for it. */
static uint32_t declare(struct observer *o, const struct slip_series *from)
{
    if (o->series_count == SERIES_MAX) return SERIES_MAX;
    bool own = from->row == SERIES_ROWS;
    o->fresh[o->series_count] =
        (struct series){.id = o->series_count,
                        .of = from->of,
                        .name = own ? from->name : bytes_of(series_row(from->row)->name),
                        .label = from->label,
                        .unit = own ? series_own_unit(from->name) : series_row(from->row)->unit};
    return o->series_count++;
}

static uint32_t take_samples(struct observer *o, struct watch *w, struct sample *out, uint32_t room)
{
    uint32_t known = 0;
    uint32_t count = slip_take_samples(&w->slip, out, room, &known);
    for (; w->ids_count < known; w->ids_count++) {
        w->ids[w->ids_count] = declare(o, &w->slip.series[w->ids_count]);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = w->ids[out[i].series];
        if (id == SERIES_MAX) continue;
        out[kept] = out[i];
        out[kept++].series = id;
    }
    return kept;
}

void observer_take(struct observer *o, struct tick *tick, struct event *events, uint32_t event_room)
{
    uint32_t series_before = o->series_count;
    uint32_t count = 0;
    for (uint32_t i = 0; i < o->watch_count; i++) {
        struct watch *w = &o->watches[i];
        count += take_samples(o, w, o->samples + count, SLIP_SAMPLES - count);
        while (tick->event_count < event_room) {
            struct event *e = &events[tick->event_count];
            *e = (struct event){.at_ns = tick->end_ns, .kind = EVENT_SOURCE, .stage = tick->stage};
            struct text text = text_in(e->text, sizeof e->text);
            if (!slip_take_news(&w->slip, &text)) break;
            tick->event_count++;
        }
    }
    tick->series = o->fresh + series_before;
    tick->series_count = o->series_count - series_before;
    tick->samples = o->samples;
    tick->sample_count = count;
    if (o->otlp) otlp_hub_take(o->otlp, tick);
}

uint32_t observer_take_cells(struct observer *o, struct served_cell *out, struct hist_pair *pairs,
                             uint32_t room)
{
    return o->served ? served_take_cells(o->served, out, pairs, room) : 0;
}

bool observer_hears_requests(const struct observer *o)
{
    return o->served && served_is_expected(o->served);
}

static bool stop_watcher(struct watcher *w)
{
    if (!w->started) return true;
    uint64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
    shared_publish(&w->leave, 1);
    while (!shared_see(&w->left) && clock_now_ns() < deadline_ns) {
        clock_sleep_until(clock_now_ns() + NS_PER_MS);
    }
    if (shared_see(&w->left)) {
        pthread_join(w->thread, NULL);
        return true;
    }
    pthread_detach(w->thread);
    return false;
}

void observer_stop(struct observer *o)
{
    if (!o) return;
    bool all = true;
    for (uint32_t i = 0; i < o->watcher_count; i++) shared_publish(&o->watchers[i].leave, 1);
    for (uint32_t i = 0; i < o->watcher_count; i++) all = stop_watcher(&o->watchers[i]) && all;
    if (!all) return; /* its thread still writes there */
    for (uint32_t i = 0; i < o->watch_count; i++) slip_close(&o->watches[i].slip);
    if (o->served) served_close(o->served);
    struct arena arena = o->arena;
    arena_close(&arena);
}
