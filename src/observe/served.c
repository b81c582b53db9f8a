#include "observe/served.h"

#include <assert.h>
#include <pthread.h>

#include "base/ns.h"
#include "observe/served_route.h"
#include "stats/hist.h"

#define OPEN_S (SERVED_LATE_MOST_S + 2)
#define LATE_LEAST_S 1 /* who looks once a second tells of a second within the next */
#define LABEL_BYTES 200
#define STATUS_5XX 500
#define CACHE 1024 /* of what was told before; a power of two */
#define TIME_MOST_NS                                                                               \
    (UINT64_C(1) << 43) /* beyond the range of stats/hist.h, and sums stay sums                    \
                         */
#define SPREAD 64       /* values that a bucket of somebody's histogram becomes, at most */
#define NO_ENTRY UINT32_MAX
#define P95_PER_MILLION 950000

/* Times of one second, with the buckets of stats/hist.h. */
struct times {
    uint64_t count, sum_ns, max_ns;
    uint32_t low, high;                 /* of the buckets that are not 0; low > high: none */
    uint32_t buckets[HIST_BUCKETS + 1]; /* the last: HIST_OVER */
};

struct second {
    uint64_t count, failed, answered_5xx;
    struct times times[2]; /* of those that did not fail, and of those that did */
    struct second *next;   /* of the free ones */
};

/* A route of a service. */
struct entry {
    uint32_t service;
    struct bytes label;
    uint32_t name;    /* of the plan's requests; PLAN_NO_INDEX: none of them */
    uint32_t since_s; /* the second it was met */
    struct second *open[OPEN_S];
    uint32_t rate, failed, time, p95; /* numbers of its series; told from the look after on */
    bool declared;
};

struct of_service {
    uint32_t closed_s; /* all before it was told */
    uint32_t late_s;   /* how old a second gets before it is told */
    uint32_t other;    /* its entry; NO_ENTRY: none yet */
    bool any;
    uint64_t too_late;
    bool too_late_told;
};

struct remembered {
    uint64_t hash;
    uint32_t entry; /* + 1 */
};

struct served_book {
    const struct plan *plan;
    bool expected;
    struct served_forms forms;
    pthread_mutex_t lock; /* for all below */
    uint32_t now_s;       /* the newest look's */
    struct of_service *services;
    struct entry *entries; /* [entry_max] */
    uint32_t entry_count, entry_max, route_count;
    char *labels; /* [entry_max][LABEL_BYTES] */
    struct second *seconds;
    struct second *free;
    struct remembered cache[CACHE];
    struct second *names; /* [plan->name_count]: closed and not taken; NULL: nobody wants them */
    uint32_t speaker;     /* the service whose requests these are; PLAN_NO_INDEX: none yet */
    bool speaker_told;
    uint64_t pooled; /* requests counted as "other" for want of room */
    bool pooled_told;
};

struct served_book *served_open(const struct plan *plan, struct arena *arena)
{
    struct served_book *book = ARENA_NEW(arena, struct served_book);
    if (!book) return NULL;
    uint32_t entries = SERVED_ROUTES + plan->service_count; /* one more of each: "other" */
    *book = (struct served_book){
        .plan = plan,
        .entry_max = entries,
        .speaker = PLAN_NO_INDEX,
        .services = ARENA_ARRAY(arena, plan->service_count + 1, struct of_service),
        .entries = ARENA_ARRAY(arena, entries, struct entry),
        .labels = arena_array(arena, entries, LABEL_BYTES),
        .seconds = ARENA_ARRAY(arena, (size_t)entries * OPEN_S, struct second),
    };
    if (!served_route_forms(&book->forms, plan, arena) || !arena_ok(arena)) return NULL;
    for (uint32_t i = 0; i < plan->service_count; i++) {
        book->services[i] = (struct of_service){.late_s = LATE_LEAST_S, .other = NO_ENTRY};
    }
    /* The first is taken first, and given back it is taken again: few pages are ever touched. */
    for (uint32_t i = entries * OPEN_S; i > 0; i--) {
        book->seconds[i - 1].next = book->free;
        book->free = &book->seconds[i - 1];
    }
    int failed = pthread_mutex_init(&book->lock, NULL);
    assert(failed == 0); /* of a plain mutex it never does on Linux */
    return failed == 0 ? book : NULL;
}

void served_close(struct served_book *book)
{
    pthread_mutex_destroy(&book->lock);
}

void served_expect(struct served_book *book)
{
    book->expected = true;
}

bool served_is_expected(const struct served_book *book)
{
    return book->expected;
}

/* ---- whose it is ---- */

/* FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv, section 2), 64 bits, each text with its length. */
static uint64_t hash_more(uint64_t hash, struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        hash ^= (unsigned char)b.at[i];
        hash *= UINT64_C(0x100000001b3);
    }
    hash ^= b.len;
    return hash * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(const struct served *s)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + s->is_template;
    hash = hash_more(hash_more(hash_more(hash, s->service), s->method), s->route);
    return hash ? hash : 1;
}

static uint32_t service_of(const struct served_book *book, struct bytes name)
{
    for (uint32_t i = 0; i < book->plan->service_count; i++) {
        if (bytes_equal(book->plan->services[i].name, name)) return i;
    }
    return PLAN_NO_INDEX;
}

/* "poll", as the plan calls it; else "GET /jobs/{}". */
static void add_label(struct text *out, const struct served_book *book, const struct served *s,
                      uint32_t name)
{
    if (name != PLAN_NO_INDEX) {
        text_add_safe(out, book->plan->names[name]);
        return;
    }
    char array[LABEL_BYTES];
    struct text route = text_in(array, sizeof array);
    if (s->is_template) text_add(&route, s->route);
    else served_route_general(&route, s->route);
    text_add_safe(out, s->method);
    if (s->method.len > 0) text_addc(out, ' ', 1);
    text_add_safe(out, text_bytes(&route));
    text_end_whole(out);
}

static uint32_t add_entry(struct served_book *book, const struct entry *like, struct bytes label)
{
    assert(book->entry_count < book->entry_max);
    uint32_t index = book->entry_count++;
    struct text kept = text_in(book->labels + (size_t)index * LABEL_BYTES, LABEL_BYTES);
    text_add(&kept, label);
    book->entries[index] = *like;
    book->entries[index].label = text_bytes(&kept);
    return index;
}

/* The entry that is like that one, with this label. */
static uint32_t find_entry(struct served_book *book, const struct entry *like, struct bytes label)
{
    struct of_service *of = &book->services[like->service];
    for (uint32_t i = 0; i < book->entry_count; i++) {
        const struct entry *e = &book->entries[i];
        if (e->service == like->service && bytes_equal(e->label, label)) return i;
    }
    if (book->route_count < SERVED_ROUTES) {
        book->route_count++;
        return add_entry(book, like, label);
    }
    struct entry other = *like;
    other.name = PLAN_NO_INDEX;
    if (of->other == NO_ENTRY) of->other = add_entry(book, &other, BYTES_LIT("other"));
    return of->other;
}

/* Room for its label, in which a byte may become \xNN, is what bounds the query as well. */
static uint32_t entry_of(struct served_book *book, const struct served *s, uint32_t service,
                         uint32_t second)
{
    struct served plain = *s;
    size_t query = s->is_template ? SIZE_MAX : bytes_find(s->route, BYTES_LIT("?"));
    if (query != SIZE_MAX) plain.route.len = query;
    uint64_t hash = hash_of(&plain);
    struct remembered *known = &book->cache[hash % CACHE];
    if (known->hash != hash) {
        char array[LABEL_BYTES];
        struct text label = text_in(array, sizeof array);
        struct entry like = {
            .service = service,
            .name = served_route_name(&book->forms, s->method, plain.route, s->is_template),
            .since_s = second};
        add_label(&label, book, &plain, like.name);
        *known = (struct remembered){hash, find_entry(book, &like, text_bytes(&label)) + 1};
    }
    return known->entry - 1;
}

/* ---- telling ---- */

static void times_add(struct times *t, uint64_t value_ns, uint64_t count)
{
    if (value_ns > TIME_MOST_NS) value_ns = TIME_MOST_NS;
    uint32_t bucket = hist_bucket(value_ns);
    uint64_t sum = t->buckets[bucket] + count;
    if (t->count == 0) t->low = t->high = bucket;
    if (bucket < t->low) t->low = bucket;
    if (bucket > t->high) t->high = bucket;
    t->buckets[bucket] = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
    t->count += count;
    t->sum_ns += value_ns * count;
    if (value_ns > t->max_ns) t->max_ns = value_ns;
}

/* Where it counts. The service's first word begins its time. */
static uint32_t second_of(struct served_book *book, struct of_service *of, const struct served *s)
{
    uint32_t now = book->now_s;
    uint64_t wanted = s->end_ns / NS_PER_S;
    if (!of->any) {
        of->closed_s = now > SERVED_LATE_MOST_S ? now - SERVED_LATE_MOST_S : 0;
        of->any = true;
    }
    uint32_t late = wanted < now ? now - (uint32_t)wanted : 0;
    if (late > of->late_s && late <= SERVED_LATE_MOST_S) of->late_s = late;
    if (wanted < of->closed_s) {
        of->too_late += s->count;
        return of->closed_s;
    }
    uint32_t last = of->closed_s + OPEN_S - 1;
    return wanted < last ? (uint32_t)wanted : last;
}

/* The second of its route that it counts in; NULL: it is of nobody's. With the lock. */
static struct second *place(struct served_book *book, const struct served *s)
{
    uint32_t service = service_of(book, s->service);
    if (service == PLAN_NO_INDEX || s->count == 0) return NULL;
    struct of_service *of = &book->services[service];
    uint32_t at = second_of(book, of, s);
    uint32_t index = entry_of(book, s, service, at);
    struct entry *e = &book->entries[index];
    if (index == of->other) book->pooled += s->count;
    if (at < e->since_s) e->since_s = at;
    struct second **open = &e->open[at % OPEN_S];
    if (!*open) {
        assert(book->free); /* one for each second of each route */
        *open = book->free;
        book->free = (*open)->next;
    }
    (*open)->count += s->count;
    if (s->failed) (*open)->failed += s->count;
    if (s->failed && s->status >= STATUS_5XX) (*open)->answered_5xx += s->count;
    return *open;
}

void served_tell(struct served_book *book, const struct served *served)
{
    pthread_mutex_lock(&book->lock);
    struct second *second = place(book, served);
    if (second && served->duration_ns != SERVED_NO_TIME) {
        times_add(&second->times[served->failed], served->duration_ns, served->count);
    }
    pthread_mutex_unlock(&book->lock);
}

void served_tell_between(struct served_book *book, const struct served *of, uint64_t lo_ns,
                         uint64_t hi_ns, uint64_t count)
{
    struct served all = *of;
    all.count = count;
    if (hi_ns == UINT64_MAX || hi_ns < lo_ns) hi_ns = lo_ns;
    pthread_mutex_lock(&book->lock);
    struct second *second = place(book, &all);
    uint64_t points = count < SPREAD ? count : SPREAD;
    for (uint64_t i = 0; i < points && second; i++) {
        double part = (2.0 * (double)i + 1) / (2.0 * (double)points);
        uint64_t value_ns = lo_ns + (uint64_t)((double)(hi_ns - lo_ns) * part);
        uint64_t share = count / points + (i < count % points);
        times_add(&second->times[of->failed], value_ns, share);
    }
    pthread_mutex_unlock(&book->lock);
}

/* ---- the source ---- */

/* Of all, failed or not. `t` has some. */
static double p95_s(const struct times t[2])
{
    uint64_t rank = hist_rank(t[0].count + t[1].count, P95_PER_MILLION);
    uint64_t max_ns = t[0].max_ns > t[1].max_ns ? t[0].max_ns : t[1].max_ns;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HIST_OVER; i++) {
        seen += (uint64_t)t[0].buckets[i] + t[1].buckets[i];
        if (seen < rank) continue;
        uint64_t top = hist_bucket_top(i);
        return (double)(top < max_ns ? top : max_ns) / (double)NS_PER_S;
    }
    return (double)max_ns / (double)NS_PER_S;
}

static void declare(struct slip *slip, const struct served_book *book, struct entry *e)
{
    if (e->declared) return;
    struct bytes of = book->plan->services[e->service].name;
    e->rate = slip_series(slip, of, SERIES_OF_SERVED_RATE, e->label);
    e->failed = slip_series(slip, of, SERIES_OF_SERVED_FAILED, e->label);
    e->time = slip_series(slip, of, SERIES_OF_SERVED_TIME, e->label);
    e->p95 = slip_series(slip, of, SERIES_OF_SERVED_P95, e->label);
    e->declared = true;
}

static void empty(struct second *second)
{
    for (uint32_t i = 0; i < 2; i++) {
        struct times *t = &second->times[i];
        size_t used = t->high - t->low + 1;
        if (t->count > 0) memset(&t->buckets[t->low], 0, used * sizeof *t->buckets);
        t->count = t->sum_ns = t->max_ns = 0;
    }
    second->count = second->failed = second->answered_5xx = 0;
}

static void give_back(struct served_book *book, struct second *second)
{
    empty(second);
    second->next = book->free;
    book->free = second;
}

static void times_merge(struct times *into, const struct times *from)
{
    if (from->count == 0) return;
    if (into->count == 0 || from->low < into->low) into->low = from->low;
    if (into->count == 0 || from->high > into->high) into->high = from->high;
    for (uint32_t i = from->low; i <= from->high; i++) {
        uint64_t sum = (uint64_t)into->buckets[i] + from->buckets[i];
        into->buckets[i] = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
    }
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    if (from->max_ns > into->max_ns) into->max_ns = from->max_ns;
}

/* Of one service alone: where a proxy and what is behind it both tell, each request counts once. */
static void keep_for_cells(struct served_book *book, const struct entry *e,
                           const struct second *second)
{
    if (!book->names) return;
    if (book->speaker == PLAN_NO_INDEX) book->speaker = e->service;
    if (book->speaker != e->service) return;
    uint32_t name = e->name == PLAN_NO_INDEX ? book->plan->name_count - 1 : e->name;
    struct second *into = &book->names[name];
    into->count += second->count;
    into->failed += second->failed;
    into->answered_5xx += second->answered_5xx;
    for (uint32_t i = 0; i < 2; i++) times_merge(&into->times[i], &second->times[i]);
}

/* A route that is known and silent has a rate, 0, and no times. */
static void close_entry(struct served_book *book, struct slip *slip, struct entry *e, uint32_t at_s)
{
    if (at_s < e->since_s) return;
    declare(slip, book, e);
    struct second *second = e->open[at_s % OPEN_S];
    slip_put(slip, e->rate, second ? (double)second->count : 0);
    slip_put(slip, e->failed, second ? (double)second->failed : 0);
    if (!second) return;
    const struct times *t = second->times;
    uint64_t timed = t[0].count + t[1].count;
    if (timed > 0) {
        double sum_ns = (double)t[0].sum_ns + (double)t[1].sum_ns;
        slip_put(slip, e->time, sum_ns / (double)timed / (double)NS_PER_S);
        slip_put(slip, e->p95, p95_s(t));
    }
    keep_for_cells(book, e, second);
    e->open[at_s % OPEN_S] = NULL;
    give_back(book, second);
}

/* All seconds of a service that are old enough, each a pass of its own. */
static void close_seconds(struct served_book *book, struct slip *slip, uint32_t service)
{
    struct of_service *of = &book->services[service];
    uint32_t until = book->now_s > of->late_s ? book->now_s - of->late_s : 0;
    if (!of->any) return;
    for (; of->closed_s < until; of->closed_s++) {
        uint64_t from_ns = of->closed_s * NS_PER_S;
        slip_begin(slip, from_ns, from_ns + NS_PER_S);
        for (uint32_t i = 0; i < book->entry_count; i++) {
            struct entry *e = &book->entries[i];
            if (e->service == service) close_entry(book, slip, e, of->closed_s);
        }
        slip_end(slip);
    }
}

static void say_shortages(struct served_book *book, struct slip *slip)
{
    if (book->pooled > 0 && !book->pooled_told) {
        book->pooled_told = true;
        slip_say(slip, "more than %d routes are served: those beyond are counted together as other",
                 SERVED_ROUTES);
    }
    if (book->speaker != PLAN_NO_INDEX && !book->speaker_told) {
        book->speaker_told = true;
        slip_say(slip, "requests are judged as %.*s tells of them",
                 BYTES_ARG(book->plan->services[book->speaker].name));
    }
    for (uint32_t i = 0; i < book->plan->service_count; i++) {
        struct of_service *of = &book->services[i];
        if (of->too_late == 0 || of->too_late_told) continue;
        of->too_late_told = true;
        slip_say(slip,
                 "%.*s tells of requests later than the second was counted: they are counted in "
                 "the second in which they are told",
                 BYTES_ARG(book->plan->services[i].name));
    }
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct served_book *book = ctx;
    UNUSED(err);
    pthread_mutex_lock(&book->lock);
    book->now_s = (uint32_t)(when->now_ns / NS_PER_S);
    for (uint32_t i = 0; i < book->plan->service_count; i++) close_seconds(book, slip, i);
    say_shortages(book, slip);
    pthread_mutex_unlock(&book->lock);
    slip_begin(slip, when->first ? when->now_ns : when->since_ns, when->now_ns);
    return true;
}

/* ---- cells ---- */

bool served_want_cells(struct served_book *book, struct arena *arena)
{
    assert(book->plan->name_count > 0);
    book->names = ARENA_ARRAY(arena, book->plan->name_count, struct second);
    return book->names != NULL;
}

/* Pairs that do not fit are put into the last that does: the count stays whole. */
static struct hist_sparse sparse_of(const struct times *t, struct hist_pair *pairs, uint32_t room)
{
    struct hist_sparse out = {t->count, t->sum_ns, t->max_ns, pairs, 0};
    if (t->count == 0 || room == 0) return (struct hist_sparse){.pairs = pairs};
    uint64_t counted = 0;
    for (uint32_t i = t->low; i <= t->high; i++) {
        if (t->buckets[i] == 0) continue;
        counted += t->buckets[i];
        if (out.pair_count < room) {
            pairs[out.pair_count++] = (struct hist_pair){i, t->buckets[i]};
        } else {
            uint64_t sum = (uint64_t)pairs[room - 1].count + t->buckets[i];
            pairs[room - 1] = (struct hist_pair){i, sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX};
        }
    }
    out.count = counted; /* less than told only where a bucket was full */
    return out;
}

uint32_t served_take_cells(struct served_book *book, struct served_cell *out,
                           struct hist_pair *pairs, uint32_t room)
{
    uint32_t count = 0;
    if (!book->names) return 0;
    pthread_mutex_lock(&book->lock);
    for (uint32_t i = 0; i < book->plan->name_count; i++) {
        struct second *s = &book->names[i];
        if (s->count == 0) continue;
        struct served_cell *cell = &out[count++];
        *cell = (struct served_cell){.name = i,
                                     .count = s->count,
                                     .failed = s->failed,
                                     .answered_5xx = s->answered_5xx,
                                     .ok = sparse_of(&s->times[0], pairs, room)};
        pairs += cell->ok.pair_count;
        room -= cell->ok.pair_count;
        cell->not_ok = sparse_of(&s->times[1], pairs, room);
        pairs += cell->not_ok.pair_count;
        room -= cell->not_ok.pair_count;
        empty(s);
    }
    pthread_mutex_unlock(&book->lock);
    return count;
}

/* Others may still tell it something, so the book itself stays until its arena goes. */
static void close_source(void *ctx)
{
    UNUSED(ctx);
}

void served_source(struct source *out, struct served_book *book)
{
    *out = (struct source){
        .name = "served requests", .ctx = book, .look = look, .close = close_source};
}
