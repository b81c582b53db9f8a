#include "store/recorder.h"

#include <pthread.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/header_json.h"
#include "store/run_file.h"
#include "store/tick_blob.h"
#include "store/writer.h"

#define ITEM_BYTES ((size_t)64 << 20) /* address space of one queued tick */
#define RETRY_NS NS_PER_S
#define RESERVED_ITEMS 3 /* end, verdict, result: never lost to a full queue */

enum item_kind {
    ITEM_HEADER,
    ITEM_TICK,
    ITEM_DROPPED, /* was a tick; the file can't hold it */
    ITEM_END,
    ITEM_VERDICT,
    ITEM_RESULT
};

/* One thing to write. Its texts lie in its own arena. */
struct item {
    struct arena arena;
    enum item_kind kind;
    struct bytes bytes;  /* header and result: JSON; verdict: its name */
    struct tick tick;    /* all of it */
    struct bytes packed; /* tick: its blob, once the writer thread has made it */
    struct run_end end;
    int exit_code;
};

#define ARENA_BYTES                                                                                \
    (sizeof(struct recorder) + SERIES_MAX * (sizeof(struct series) + SERIES_TEXT_BYTES + 64) + 4096)

struct recorder {
    struct arena arena; /* holds this struct */
    struct run_file file;
    struct writer writer;
    pthread_t thread;
    struct blob_dims dims;
    ZSTD_CCtx *zstd; /* the writer thread's */
    struct shared command;

    /* All series of the run so far: one that a lost tick declared comes with the next that is kept.
     * Only ever added to. */
    struct series *series; /* [SERIES_MAX] */
    uint32_t series_count, series_put;

    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    struct item items[RECORDER_QUEUE];
    uint32_t first, count; /* a ring: the oldest, how many wait */
    bool closing;
    uint64_t close_deadline_ns;
    uint64_t run_ns; /* end of the newest tick taken */
    uint64_t lost_ticks;
    uint64_t short_from_ns; /* UINT64_MAX: nothing is missing */
    const char *too_large;  /* what is no tick and will not be in the file; NULL: nothing */
    bool stuck;             /* the last attempt failed */
    char news[480];         /* empty: none */
};

/* ---- news, with the lock held ---- */

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

/* Where the next news goes, behind what nobody has read yet. */
static struct text more_news(struct recorder *r)
{
    struct text news = {.at = r->news, .len = strlen(r->news), .size = sizeof r->news};
    if (news.len > 0) text_adds(&news, "; ");
    return news;
}

/* The file will not have the tick that began at `start_ns`. */
static void lose_tick(struct recorder *r, uint64_t start_ns)
{
    r->lost_ticks++;
    if (start_ns >= r->short_from_ns) return;
    bool first = r->short_from_ns == UINT64_MAX;
    r->short_from_ns = start_ns;
    if (!first) return;
    struct text news = more_news(r);
    text_addf(&news, "the run file is short from %.0f s on: a replay will differ",
              seconds(start_ns));
}

/* What is told once a run does not fit in its place. */
static void lose_whole(struct recorder *r, const char *what)
{
    if (!r->too_large) r->too_large = what;
    struct text news = more_news(r);
    text_addf(&news, "%s is too large for the run file, which goes without", what);
}

/* ---- the writer thread ---- */

static int put_item(struct recorder *r, const struct item *item)
{
    switch (item->kind) {
    case ITEM_HEADER:
        return writer_put_header(&r->writer, item->bytes);
    case ITEM_TICK:
        return writer_put_tick(&r->writer, &item->tick, item->packed);
    case ITEM_DROPPED:
        return SQLITE_OK;
    case ITEM_END:
        return writer_put_end(&r->writer, &item->end);
    case ITEM_VERDICT:
        return writer_put_verdict(&r->writer, item->bytes, item->exit_code);
    case ITEM_RESULT:
        return writer_put_result(&r->writer, item->bytes);
    }
    return SQLITE_OK;
}

/* Makes the blobs of `count` items from `first` on. A tick too large for one would be as large at
 * each new attempt, and hold up all behind it: it is dropped instead. */
static void pack_batch(struct recorder *r, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct item *item = &r->items[(first + i) % RECORDER_QUEUE];
        if (item->kind != ITEM_TICK || item->packed.at) continue;
        struct bytes raw = tick_blob_encode(&item->arena, &item->tick, &r->dims);
        if (raw.at) item->packed = tick_blob_compress(r->zstd, &item->arena, raw);
        if (item->packed.at) continue;
        item->kind = ITEM_DROPPED;
        pthread_mutex_lock(&r->lock);
        lose_tick(r, item->tick.start_ns);
        pthread_mutex_unlock(&r->lock);
    }
}

static uint64_t short_from_ns(struct recorder *r)
{
    pthread_mutex_lock(&r->lock);
    uint64_t ns = r->short_from_ns;
    pthread_mutex_unlock(&r->lock);
    return ns;
}

/* Writes `count` items from `first` on in one transaction. On failure nothing of them is in. */
static int put_batch(struct recorder *r, uint32_t first, uint32_t count)
{
    pack_batch(r, first, count);
    uint64_t from_ns = short_from_ns(r);
    int code = run_file_exec(&r->file, "BEGIN IMMEDIATE");
    for (uint32_t i = 0; i < count && code == SQLITE_OK; i++) {
        code = put_item(r, &r->items[(first + i) % RECORDER_QUEUE]);
    }
    if (code == SQLITE_OK && from_ns != UINT64_MAX) {
        char number[24];
        struct text text = text_in(number, sizeof number);
        text_addf(&text, "%llu", (unsigned long long)from_ns);
        if (!run_file_put_value(&r->file, "short_from_ns", text_bytes(&text))) {
            code = sqlite3_errcode(r->file.db);
        }
    }
    if (code == SQLITE_OK) code = run_file_exec(&r->file, "COMMIT");
    bool open = !sqlite3_get_autocommit(r->file.db);
    if (open) IGNORE(run_file_exec(&r->file, "ROLLBACK")); /* `code` says why */
    return code;
}

/* With the lock held: what an attempt changed. */
static void note_attempt(struct recorder *r, int code)
{
    bool stuck = code != SQLITE_OK;
    if (stuck == r->stuck) return;
    r->stuck = stuck;
    struct text news = more_news(r);
    if (stuck) {
        text_addf(&news,
                  "the run file cannot be written at %.0f s: %s; the run goes on, trying"
                  " again every second",
                  seconds(r->run_ns), run_file_said(code));
        return;
    }
    text_addf(&news, "the run file is written again at %.0f s; ", seconds(r->run_ns));
    if (r->lost_ticks == 0) text_adds(&news, "nothing is missing");
    else
        text_addf(&news, "%llu ticks from %.0f s on are missing", (unsigned long long)r->lost_ticks,
                  seconds(r->short_from_ns));
}

static bool is_busy(int code)
{
    int kind = code & 0xff;
    return kind == SQLITE_BUSY || kind == SQLITE_LOCKED;
}

/* With the lock held, closing: whether trying again at that time may gain something. Who holds the
 * file lets go of it within moments; a disk that is full stays so. */
static bool worth_waiting(const struct recorder *r, int code, uint64_t again_ns)
{
    uint64_t wait_ns = RECORDER_CLOSE_WAIT_S * NS_PER_S - RECORDER_FULL_WAIT_MS * NS_PER_MS;
    return again_ns <= (is_busy(code) ? r->close_deadline_ns : r->close_deadline_ns - wait_ns);
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

static void *write_all(void *ctx)
{
    struct recorder *r = ctx;
    pthread_mutex_lock(&r->lock);
    while (r->count > 0 || !r->closing) {
        if (r->count == 0) {
            pthread_cond_wait(&r->changed, &r->lock);
            continue;
        }
        /* One by one while the disk is nearly full: a small transaction may still fit. */
        uint32_t first = r->first;
        uint32_t count = r->stuck ? 1 : r->count;
        uint64_t run_ns = r->run_ns;
        pthread_mutex_unlock(&r->lock);
        int code = put_batch(r, first, count);
        if (code == SQLITE_OK) {
            shared_raise(&r->command, (uint64_t)writer_take_commands(&r->writer, run_ns));
        }
        pthread_mutex_lock(&r->lock);

        note_attempt(r, code);
        if (code == SQLITE_OK) {
            for (uint32_t i = 0; i < count; i++) {
                arena_reset(&r->items[(first + i) % RECORDER_QUEUE].arena);
            }
            r->count -= count;
            /* From the front again where all is written: memory that is warm, not all there is. */
            r->first = r->count > 0 ? (first + count) % RECORDER_QUEUE : 0;
            continue;
        }
        uint64_t again_ns = clock_now_ns() + (r->closing ? RETRY_NS / 10 : RETRY_NS);
        if (r->closing && !worth_waiting(r, code, again_ns)) break;
        struct timespec until = timespec_of(again_ns);
        bool was_closing = r->closing;
        while (r->closing == was_closing
               && pthread_cond_timedwait(&r->changed, &r->lock, &until) == 0) {
        }
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- the collecting thread ---- */

/* With the lock held: a free item, NULL when only the reserved ones are left. */
static struct item *new_item(struct recorder *r, enum item_kind kind)
{
    uint32_t limit = kind == ITEM_TICK ? RECORDER_QUEUE - RESERVED_ITEMS : RECORDER_QUEUE;
    if (r->count >= limit) return NULL;
    struct item *item = &r->items[(r->first + r->count) % RECORDER_QUEUE];
    struct arena arena = item->arena;
    *item = (struct item){.arena = arena, .kind = kind};
    return item;
}

static void push_item(struct recorder *r)
{
    r->count++;
    pthread_cond_signal(&r->changed);
}

static void push_bytes(struct recorder *r, enum item_kind kind, struct bytes b, int exit_code)
{
    pthread_mutex_lock(&r->lock);
    struct item *item = new_item(r, kind);
    assert(item); /* it is one of the reserved */
    item->bytes = arena_copy(&item->arena, b);
    item->exit_code = exit_code;
    if (arena_ok(&item->arena)) {
        push_item(r);
    } else {
        arena_reset(&item->arena);
        lose_whole(r, "the result");
    }
    pthread_mutex_unlock(&r->lock);
}

static void on_begin(void *ctx, const struct run_header *header)
{
    struct recorder *r = ctx;
    r->dims = tick_blob_dims(header);
    pthread_mutex_lock(&r->lock);
    struct item *item = new_item(r, ITEM_HEADER);
    assert(item); /* the first of all */
    item->bytes = header_json_make(&item->arena, header);
    if (item->bytes.at) {
        push_item(r);
    } else {
        arena_reset(&item->arena);
        lose_whole(r, "the plan");
    }
    pthread_mutex_unlock(&r->lock);
}

static const void *copy_items(struct arena *arena, const void *items, size_t count, size_t size)
{
    void *copy = arena_array(arena, count, size);
    if (copy && count > 0) memcpy(copy, items, count * size);
    return copy;
}

static void copy_cells(struct arena *arena, struct tick *t)
{
    struct cell *cells = ARENA_ARRAY(arena, t->cell_count, struct cell);
    for (uint32_t i = 0; cells && i < t->cell_count; i++) {
        cells[i] = t->cells[i];
        for (uint32_t m = 0; m < MEASURE_COUNT; m++) {
            struct hist_sparse *h = &cells[i].measures[m];
            h->pairs = copy_items(arena, h->pairs, h->pair_count, sizeof *h->pairs);
        }
    }
    t->cells = cells;
}

static void copy_exemplars(struct arena *arena, struct tick *t)
{
    struct exemplar *exemplars = ARENA_ARRAY(arena, t->exemplar_count, struct exemplar);
    for (uint32_t i = 0; exemplars && i < t->exemplar_count; i++) {
        exemplars[i] = t->exemplars[i];
        exemplars[i].detail = arena_copy(arena, exemplars[i].detail);
        exemplars[i].sample = arena_copy(arena, exemplars[i].sample);
    }
    t->exemplars = exemplars;
}

static void keep_series(struct recorder *r, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->series_count && r->series_count < SERIES_MAX; i++) {
        struct series *kept = &r->series[r->series_count++];
        *kept = tick->series[i];
        kept->of = arena_copy(&r->arena, kept->of);
        kept->name = arena_copy(&r->arena, kept->name);
        kept->label = arena_copy(&r->arena, kept->label);
    }
}

/* Copies a tick with all it points to. False: it is too large for its place. */
static bool copy_tick(const struct blob_dims *dims, struct item *item, const struct tick *tick)
{
    struct arena *arena = &item->arena;
    struct tick *t = &item->tick;
    *t = *tick;
    copy_cells(arena, t);
    t->slots = copy_items(arena, t->slots, t->slot_count, sizeof *t->slots);
    t->stalls = copy_items(arena, t->stalls, t->stall_count, sizeof *t->stalls);
    t->gaps = copy_items(arena, t->gaps, t->gap_count, sizeof *t->gaps);
    t->samples = copy_items(arena, t->samples, t->sample_count, sizeof *t->samples);
    t->events = copy_items(arena, t->events, t->event_count, sizeof *t->events);
    t->requests_in_flight =
        copy_items(arena, t->requests_in_flight, dims->name_count, sizeof(double));
    t->iterations_in_flight =
        copy_items(arena, t->iterations_in_flight, dims->scenario_count, sizeof(double));
    copy_exemplars(arena, t);
    return arena_ok(arena);
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct recorder *r = ctx;
    pthread_mutex_lock(&r->lock);
    r->run_ns = tick->end_ns;
    keep_series(r, tick);
    struct item *item = new_item(r, ITEM_TICK);
    bool fits = item && copy_tick(&r->dims, item, tick);
    if (fits) {
        item->tick.series = r->series + r->series_put;
        item->tick.series_count = r->series_count - r->series_put;
        r->series_put = r->series_count;
        push_item(r);
    } else {
        if (item) arena_reset(&item->arena);
        lose_tick(r, tick->start_ns);
    }
    pthread_mutex_unlock(&r->lock);
}

static void on_end(void *ctx, const struct run_end *end)
{
    struct recorder *r = ctx;
    pthread_mutex_lock(&r->lock);
    struct item *item = new_item(r, ITEM_END);
    if (item) {
        item->end = *end;
        push_item(r);
    }
    pthread_mutex_unlock(&r->lock);
}

static void on_result(void *ctx, const struct result *result)
{
    if (!result->final) return;
    push_bytes(ctx, ITEM_VERDICT, bytes_of(result_verdict_name(result->verdict)),
               result->exit_code);
}

struct sink recorder_sink(struct recorder *r)
{
    return (struct sink){
        .ctx = r, .begin = on_begin, .tick = on_tick, .result = on_result, .end = on_end};
}

bool recorder_trouble(struct recorder *r, struct text *out)
{
    pthread_mutex_lock(&r->lock);
    bool any = r->news[0] != '\0';
    text_adds(out, r->news);
    r->news[0] = '\0';
    pthread_mutex_unlock(&r->lock);
    return any;
}

uint32_t recorder_waiting(struct recorder *r)
{
    pthread_mutex_lock(&r->lock);
    uint32_t count = r->count;
    pthread_mutex_unlock(&r->lock);
    return count;
}

enum command recorder_commanded(const struct recorder *r)
{
    return (enum command)shared_see(&r->command);
}

void recorder_put_result(struct recorder *r, struct bytes json)
{
    push_bytes(r, ITEM_RESULT, json, 0);
}

/* ---- opening and closing ---- */

static bool open_queue(struct recorder *r, struct err *err)
{
    for (uint32_t i = 0; i < RECORDER_QUEUE; i++) {
        if (!arena_open(&r->items[i].arena, ITEM_BYTES, err)) return false;
    }
    pthread_condattr_t monotonic;
    bool made = pthread_mutex_init(&r->lock, NULL) == 0 && pthread_condattr_init(&monotonic) == 0
                && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0
                && pthread_cond_init(&r->changed, &monotonic) == 0;
    r->zstd = ZSTD_createCCtx();
    if (!made || !r->zstd) return err_set(err, ERR_LIMIT, 0, "cannot start the recorder");
    return true;
}

static void free_all(struct recorder *r)
{
    writer_close(&r->writer);
    ZSTD_freeCCtx(r->zstd);
    run_file_close(&r->file);
    for (uint32_t i = 0; i < RECORDER_QUEUE; i++) arena_close(&r->items[i].arena);
    struct arena arena = r->arena;
    arena_close(&arena);
}

bool recorder_open(struct recorder **out, struct bytes folder, struct err *err)
{
    char path[RUN_FILE_PATH_MAX];
    struct text name = text_in(path, sizeof path);
    text_addf(&name, "%.*s/" RUN_FILE_NAME, BYTES_ARG(folder));
    if (name.cut) return err_set(err, ERR_USAGE, 0, "the path of the runs folder is too long");

    struct arena arena;
    if (!arena_open(&arena, ARENA_BYTES, err)) return false;
    struct recorder *r = ARENA_NEW(&arena, struct recorder);
    r->arena = arena;
    r->series = ARENA_ARRAY(&r->arena, SERIES_MAX, struct series);
    r->short_from_ns = UINT64_MAX;
    if (!run_file_create(&r->file, path, err) || !open_queue(r, err)) goto failed;
    int code = writer_open(&r->writer, &r->file);
    if (code != SQLITE_OK) {
        err_set(err, ERR_PREFLIGHT, 0, "cannot write %s: %s", path, run_file_said(code));
        goto failed;
    }
    int failed = pthread_create(&r->thread, NULL, write_all, r);
    if (failed) {
        err_set(err, ERR_LIMIT, failed, "cannot start the recorder");
        goto failed;
    }
    *out = r;
    return true;
failed:
    free_all(r);
    return false;
}

/* Ending -> checkpoint -> one plain file -> ended. What a reader holds up is left as it is: the
 * next report folds it in. */
static void make_plain(struct recorder *r)
{
    writer_close(&r->writer);
    if (!run_file_put_value(&r->file, "state", BYTES_LIT(RUN_FILE_ENDING))) return;
    for (;;) {
        int code = run_file_exec(&r->file, "PRAGMA journal_mode = DELETE");
        if (!is_busy(code) || clock_now_ns() > r->close_deadline_ns) break;
        clock_sleep_until(clock_now_ns() + 100 * NS_PER_MS);
    }
    if (!run_file_put_value(&r->file, "state", BYTES_LIT(RUN_FILE_ENDED))) return;
}

bool recorder_close(struct recorder *r, struct err *err)
{
    if (!r) return true;
    pthread_mutex_lock(&r->lock);
    r->closing = true;
    r->close_deadline_ns = clock_now_ns() + RECORDER_CLOSE_WAIT_S * NS_PER_S;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    int failed = pthread_join(r->thread, NULL);
    assert(failed == 0);

    /* From here on there is one thread. */
    bool end_missing = r->count > 0;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct item *item = &r->items[(r->first + i) % RECORDER_QUEUE];
        if (item->kind != ITEM_TICK) continue;
        if (item->tick.start_ns < r->short_from_ns) r->short_from_ns = item->tick.start_ns;
        break;
    }
    if (!end_missing) make_plain(r);
    bool whole = r->short_from_ns == UINT64_MAX;
    if (!whole) {
        err_set(err, ERR_IO, 0, "the run file is short from %.1f s on: a replay will differ",
                seconds(r->short_from_ns));
    } else if (end_missing) {
        err_set(err, ERR_IO, 0, "the run file has no end: a replay will say interrupted");
    } else if (r->too_large) {
        err_set(err, ERR_IO, 0, "%s is too large for the run file, which is without it",
                r->too_large);
    }
    bool complete = !r->too_large;
    free_all(r);
    return whole && !end_missing && complete;
}
