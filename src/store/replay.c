#include "store/replay.h"

#include "base/clock.h"
#include "store/damage.h"
#include "store/frames.h"
#include "store/header_json.h"
#include "store/run_file.h"
#include "store/tick_blob.h"

#define HEADER_ARENA_BYTES ((size_t)256 << 20) /* address space */
#define TICK_ARENA_BYTES ((size_t)512 << 20)
#define KILLED 9 /* SIGKILL */

static_assert(RUN_FILE_VERSION == TICK_BLOB_VERSION, "a file's version is that of its blobs");

/* Ticks that are not in the file though something behind them is. */
struct gap {
    uint32_t ticks; /* at least so many; 0: none */
    uint64_t from_ns;
};

struct replay {
    struct arena arena; /* this struct, header, plan */
    struct arena tick_arena;
    struct run_file file;
    const char *path; /* of it */
    struct run_header header;
    struct plan *plan;      /* header.plan, ours to change */
    bool live;              /* another process still writes it */
    uint64_t short_from_ns; /* as the recorder had it; UINT64_MAX: it wrote all there was */
    uint32_t series_next;   /* the least number of the next series */
    bool series_known[SERIES_MAX];
    struct gap gap; /* as the ticks tell, once they were played */
};

static int prepare(struct replay *r, const char *sql, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(r->file.db, sql, -1, out, NULL);
}

static uint64_t number_of(sqlite3_stmt *s, int column)
{
    return (uint64_t)sqlite3_column_int64(s, column);
}

static struct bytes column_bytes(sqlite3_stmt *s, int column)
{
    const char *at = sqlite3_column_blob(s, column);
    return (struct bytes){at, at ? (size_t)sqlite3_column_bytes(s, column) : 0};
}

/* The text under `key` of table header, in the arena; at == NULL: there is none. */
static struct bytes value_of(struct replay *r, const char *key)
{
    struct bytes value = {NULL, 0};
    sqlite3_stmt *s = NULL;
    if (prepare(r, "SELECT value FROM header WHERE key = ?", &s) == SQLITE_OK
        && sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC) == SQLITE_OK
        && sqlite3_step(s) == SQLITE_ROW) {
        value = arena_copy(&r->arena, column_bytes(s, 0));
    }
    sqlite3_finalize(s);
    return value;
}

bool replay_open(struct replay **out, struct bytes path, struct err *err)
{
    struct arena arena;
    if (!arena_open(&arena, HEADER_ARENA_BYTES, err)) return false;
    struct replay *r = ARENA_NEW(&arena, struct replay);
    struct bytes file = arena_copy(&arena, path);
    r->arena = arena;
    bool opened = false;
    if (!arena_open(&r->tick_arena, TICK_ARENA_BYTES, err)) goto out;
    r->path = file.at;
    if (!run_file_open(&r->file, file.at, &r->live, err)) goto out;
    struct bytes json = value_of(r, "run");
    if (!json.at) {
        if (r->live) {
            err_set(err, ERR_IO, 0, "the run in %s has not begun yet: it is being started",
                    file.at);
            err_hint(err, "ask again in a moment; services may take their time to be ready");
        } else {
            err_set(err, ERR_IO, 0, "%s holds no run: it ended before its start", file.at);
        }
        goto out;
    }
    if (!header_json_read(&r->header, &r->arena, json, err)) {
        err_context(err, "%s", file.at);
        damage_explain(err, file.at);
        goto out;
    }
    r->plan = ARENA_NEW(&r->arena, struct plan);
    if (!r->plan) {
        err_set(err, ERR_LIMIT, 0, "%s: its header is too large", file.at);
        goto out;
    }
    *r->plan = *r->header.plan;
    r->header.plan = r->plan;
    r->short_from_ns = UINT64_MAX;
    if (!bytes_to_u64(value_of(r, "short_from_ns"), &r->short_from_ns)) {
        r->short_from_ns = UINT64_MAX;
    }
    opened = true;
out:
    if (opened) *out = r;
    else replay_close(r);
    return opened;
}

const struct run_header *replay_header(const struct replay *r)
{
    return &r->header;
}

bool replay_set_objectives(struct replay *r, const struct bytes *sentences, uint32_t count,
                           struct diags *diags)
{
    struct objective_names names = header_json_names(&r->arena, r->plan);
    struct objective *items = ARENA_ARRAY(&r->arena, count + 1, struct objective);
    assert(arena_ok(&r->arena)); /* a few sentences in 256 MiB */
    bool all = true;
    for (uint32_t i = 0; i < count; i++) {
        struct bytes sentence = arena_copy(&r->arena, sentences[i]);
        /* Its word on the command line; some are sentences, of others one was made. */
        struct span at = {.col = i + 1, .len = (uint32_t)sentence.len};
        if (i < diags->word_count) at.len = (uint32_t)diags->words[i].value.len;
        all = objective_parse(&items[i], &r->arena, sentence, at, false, &names, diags) && all;
    }
    if (all && !objective_says_failures(items, count)) {
        struct bytes implied = BYTES_LIT(OBJECTIVE_IMPLICIT);
        struct span nowhere = {0};
        struct objective *item = &items[count++];
        all = objective_parse(item, &r->arena, implied, nowhere, false, &names, diags);
        item->implicit = true;
    }
    if (!all) return false;
    struct plan asked = *r->plan;
    asked.objectives = items;
    asked.objective_count = count;
    if (run_too_large(&asked)) {
        return diag_add(diags, DIAG_NUMBER, items[0].at, NULL, "too many objectives for this run");
    }
    r->plan->objectives = items;
    r->plan->objective_count = count;
    r->header.other_objectives = true;
    return true;
}

bool replay_trouble(const struct replay *r, struct text *out)
{
    if (r->gap.ticks == 0 && r->short_from_ns == UINT64_MAX) return false;
    uint64_t from_ns = r->gap.ticks > 0 ? r->gap.from_ns : r->short_from_ns;
    text_addf(
        out, "the file of this run is short from %.1f s on%s", (double)from_ns / (double)NS_PER_S,
        r->short_from_ns == UINT64_MAX ? ": ticks are missing" : " (it could not be written then)");
    return true;
}

void replay_set_window(struct replay *r, const struct run_window *window)
{
    r->header.window = window;
}

/* ---- playing ---- */

/* The rows of one table that belong to ticks, walked beside them. */
enum rows { ROWS_TICK, ROWS_EVENT, ROWS_EXEMPLAR, ROWS_SERIES, ROWS_COUNT };

struct walk {
    sqlite3_stmt *statements[ROWS_COUNT];
    int codes[ROWS_COUNT]; /* of the last step */
    struct frames frames;
};

static const char *const queries[ROWS_COUNT] = {
    [ROWS_TICK] = "SELECT id, start_ns, end_ns, stage, judged, last, blob FROM tick ORDER BY id",
    [ROWS_EVENT] = "SELECT tick, at_ns, kind, stage, text FROM event ORDER BY tick, seq",
    [ROWS_EXEMPLAR] = "SELECT tick, kind, stage, name, outcome, status, intended_ns, response_ns,"
                      " lag_ns, wait_ns, connect_ns, ttfb_ns, service_ns, detail, sample, tls_ns,"
                      " trace, sampled"
                      " FROM exemplar ORDER BY tick, seq",
    [ROWS_SERIES] = "SELECT tick, id, service, name, label, unit FROM series ORDER BY tick, id",
};

/* Of version 1, which knew no TLS. */
static const char exemplars_1[] =
    "SELECT tick, kind, stage, name, outcome, status, intended_ns, response_ns, lag_ns, wait_ns,"
    " connect_ns, ttfb_ns, service_ns, detail, sample, 0, '', 0 FROM exemplar ORDER BY tick, seq";

/* Of versions before 9, which knew no traces. */
static const char exemplars_8[] =
    "SELECT tick, kind, stage, name, outcome, status, intended_ns, response_ns, lag_ns, wait_ns,"
    " connect_ns, ttfb_ns, service_ns, detail, sample, tls_ns, '', 0 FROM exemplar"
    " ORDER BY tick, seq";

/* Of versions before 8, which had none. */
static const char series_7[] = "SELECT 0, 0, '', '', '', 0 WHERE false";

static const char *query_of(enum rows rows, uint32_t version)
{
    if (rows == ROWS_EXEMPLAR && version < 2) return exemplars_1;
    if (rows == ROWS_EXEMPLAR && version < 9) return exemplars_8;
    return rows == ROWS_SERIES && version < 8 ? series_7 : queries[rows];
}

static void step(struct walk *w, enum rows rows)
{
    w->codes[rows] = sqlite3_step(w->statements[rows]);
}

/* How many rows of a tick stand at the cursor can't be known beforehand: a list of `count` items
 * with room for `*room` grows in the arena by doubling. NULL: the arena is full. */
static void *grow(struct arena *arena, const void *items, uint32_t count, uint32_t *room,
                  size_t size)
{
    *room = *room > 0 ? 2 * *room : 8;
    void *grown = arena_array(arena, *room, size);
    if (grown && count > 0) memcpy(grown, items, count * size);
    return grown;
}

static bool read_event(struct replay *r, sqlite3_stmt *s, struct event *out)
{
    uint64_t kind = number_of(s, 2);
    uint64_t stage = number_of(s, 3);
    if (kind > EVENT_OBJECTIVE || stage > r->plan->stage_count) return false;
    out->at_ns = number_of(s, 1);
    out->kind = (enum event_kind)kind;
    out->stage = (uint32_t)stage;
    struct text text = text_in(out->text, sizeof out->text);
    text_add_safe(&text, column_bytes(s, 4));
    return true;
}

static bool read_exemplar(struct replay *r, sqlite3_stmt *s, struct exemplar *out)
{
    uint64_t kind = number_of(s, 1);
    uint64_t stage = number_of(s, 2);
    uint64_t name = number_of(s, 3);
    uint64_t outcome = number_of(s, 4);
    uint64_t status = number_of(s, 5);
    struct trace_id trace = {0};
    struct bytes digits = column_bytes(s, 16);
    if (digits.len > 0 && !trace_id_get(digits, &trace)) return false;
    if (kind >= EXEMPLAR_KINDS || stage > r->plan->stage_count) return false;
    if (name >= r->plan->name_count || outcome >= OUTCOME_COUNT || status > 999) return false;
    *out = (struct exemplar){.kind = (enum exemplar_kind)kind,
                             .stage = (uint32_t)stage,
                             .name = (uint32_t)name,
                             .outcome = (enum outcome)outcome,
                             .status = (uint32_t)status,
                             .trace = trace,
                             .sampled = number_of(s, 17) > 0,
                             .intended_ns = number_of(s, 6),
                             .response_ns = number_of(s, 7),
                             .lag_ns = number_of(s, 8),
                             .wait_ns = number_of(s, 9),
                             .connect_ns = number_of(s, 10),
                             .tls_ns = number_of(s, 15),
                             .ttfb_ns = number_of(s, 11),
                             .service_ns = number_of(s, 12),
                             .detail = arena_copy(&r->tick_arena, column_bytes(s, 13)),
                             .sample = arena_copy(&r->tick_arena, column_bytes(s, 14))};
    return true;
}

static bool read_events(struct replay *r, struct walk *w, struct tick *out)
{
    struct event *items = NULL;
    uint32_t count = 0;
    uint32_t room = 0;
    sqlite3_stmt *s = w->statements[ROWS_EVENT];
    for (; w->codes[ROWS_EVENT] == SQLITE_ROW && number_of(s, 0) <= out->index;
         step(w, ROWS_EVENT)) {
        if (count == room) items = grow(&r->tick_arena, items, count, &room, sizeof *items);
        if (!items || !read_event(r, s, &items[count])) return false;
        count++;
    }
    out->events = items;
    out->event_count = count;
    return true;
}

static bool read_exemplars(struct replay *r, struct walk *w, struct tick *out)
{
    struct exemplar *items = NULL;
    uint32_t count = 0;
    uint32_t room = 0;
    sqlite3_stmt *s = w->statements[ROWS_EXEMPLAR];
    for (; w->codes[ROWS_EXEMPLAR] == SQLITE_ROW && number_of(s, 0) <= out->index;
         step(w, ROWS_EXEMPLAR)) {
        if (count == room) items = grow(&r->tick_arena, items, count, &room, sizeof *items);
        if (!items || !read_exemplar(r, s, &items[count])) return false;
        count++;
    }
    out->exemplars = items;
    out->exemplar_count = count;
    return true;
}

static bool read_one_series(struct replay *r, sqlite3_stmt *s, struct series *out)
{
    struct bytes texts[3];
    size_t len = 0;
    for (int i = 0; i < 3; i++) {
        texts[i] = arena_copy(&r->tick_arena, column_bytes(s, 2 + i));
        len += texts[i].len;
    }
    uint64_t id = number_of(s, 1);
    uint64_t unit = number_of(s, 5);
    *out = (struct series){(uint32_t)id, texts[0], texts[1], texts[2], (enum series_unit)unit};
    return id >= r->series_next && id < SERIES_MAX && unit < SERIES_UNIT_COUNT
           && len <= SERIES_TEXT_BYTES;
}

/* A tick that the file lacks may have declared them. */
static void drop_unknown(struct replay *r, struct tick *tick)
{
    struct sample *kept = ARENA_ARRAY(&r->tick_arena, tick->sample_count, struct sample);
    uint32_t count = 0;
    for (uint32_t i = 0; kept && i < tick->sample_count; i++) {
        if (r->series_known[tick->samples[i].series]) kept[count++] = tick->samples[i];
    }
    tick->samples = kept;
    tick->sample_count = count;
}

static bool read_series(struct replay *r, struct walk *w, struct tick *out)
{
    struct series *items = NULL;
    uint32_t count = 0;
    uint32_t room = 0;
    sqlite3_stmt *s = w->statements[ROWS_SERIES];
    for (; w->codes[ROWS_SERIES] == SQLITE_ROW && number_of(s, 0) <= out->index;
         step(w, ROWS_SERIES)) {
        if (count == room) items = grow(&r->tick_arena, items, count, &room, sizeof *items);
        if (!items || !read_one_series(r, s, &items[count])) return false;
        r->series_next = items[count].id + 1;
        r->series_known[items[count].id] = true;
        count++;
    }
    out->series = items;
    out->series_count = count;
    drop_unknown(r, out);
    return true;
}

/* The columns before the blob. */
static bool read_frame(struct frames *frames, sqlite3_stmt *s, struct tick *out)
{
    uint64_t columns[FRAME_COLUMNS];
    for (int i = 0; i < FRAME_COLUMNS; i++) columns[i] = number_of(s, i);
    return frames_take(frames, columns, out);
}

static bool read_tick(struct replay *r, struct walk *w, struct tick *out)
{
    sqlite3_stmt *s = w->statements[ROWS_TICK];
    if (!read_frame(&w->frames, s, out)) return false;
    struct bytes raw = tick_blob_expand(&r->tick_arena, column_bytes(s, 6));
    struct blob_dims dims = tick_blob_dims(&r->header);
    dims.version = r->file.version;
    return raw.at && tick_blob_decode(out, &r->tick_arena, raw, &dims) && read_events(r, w, out)
           && read_exemplars(r, w, out) && read_series(r, w, out) && arena_ok(&r->tick_arena);
}

static bool damaged(const struct replay *r, sqlite3_stmt *s, struct err *err)
{
    err_set(err, ERR_IO, 0, "%s is damaged at tick %lld", r->path,
            (long long)sqlite3_column_int64(s, 0));
    return damage_explain(err, r->path);
}

bool replay_ticks(struct replay *r, struct arena *arena, const struct tick **out, uint32_t *count,
                  struct err *err)
{
    struct tick *ticks = NULL;
    struct frames frames;
    uint32_t room = 0;
    sqlite3_stmt *s = NULL;
    bool read = false;
    frames_init(&frames, &r->header);
    *count = 0;
    int code = prepare(r, queries[ROWS_TICK], &s);
    if (code == SQLITE_OK) code = sqlite3_step(s);
    for (; code == SQLITE_ROW; code = sqlite3_step(s), ++*count) {
        if (*count == room) ticks = grow(arena, ticks, *count, &room, sizeof *ticks);
        if (!ticks) {
            err_set(err, ERR_LIMIT, 0, "the run file has too many ticks");
            goto out;
        }
        if (!read_frame(&frames, s, &ticks[*count])) {
            damaged(r, s, err);
            goto out;
        }
    }
    if (code != SQLITE_DONE) {
        run_file_unreadable(r->path, code, err);
        goto out;
    }
    *out = ticks;
    read = true;
out:
    sqlite3_finalize(s);
    return read;
}

/* The end that stands in the file, or one that says that there is none. */
static int read_end(struct replay *r, uint64_t last_ns, struct run_end *out)
{
    sqlite3_stmt *s = NULL;
    int code = prepare(r,
                       "SELECT ended, signal, at_ns, generator_cpu_ns, max_rss_bytes, reason"
                       " FROM ending",
                       &s);
    if (code == SQLITE_OK) code = sqlite3_step(s);
    *out = (struct run_end){.ended = RUN_INTERRUPTED, .at_ns = last_ns};
    struct text reason = text_in(out->reason, sizeof out->reason);
    if (code == SQLITE_ROW && number_of(s, 0) <= RUN_REFUSED) {
        out->ended = (enum run_ended)number_of(s, 0);
        out->signal = sqlite3_column_int(s, 1);
        out->at_ns = number_of(s, 2);
        out->generator_cpu_ns = number_of(s, 3);
        out->max_rss_bytes = number_of(s, 4);
        text_add_safe(&reason, column_bytes(s, 5));
        code = SQLITE_DONE;
    } else if (code == SQLITE_DONE && r->live) {
        text_adds(&reason, "still going on, figures so far");
    } else if (code == SQLITE_DONE) {
        out->signal = KILLED; /* what else leaves no end */
        text_adds(&reason, "prony was killed or could not write the end, figures so far");
    }
    sqlite3_finalize(s);
    return code;
}

static void add_gap(struct gap *gap, uint64_t ticks, uint64_t from_ns)
{
    if (gap->ticks == 0 || from_ns < gap->from_ns) gap->from_ns = from_ns;
    gap->ticks += ticks < UINT32_MAX - gap->ticks ? (uint32_t)ticks : UINT32_MAX - gap->ticks;
}

/* What the file says of its own gaps, and an end that no last tick stands before. A file that has
 * no end at all was left by a kill: it lacks only what would have come, and is not short. */
static void find_last_gap(struct replay *r, bool last_seen, uint64_t last_ns,
                          const struct run_end *end)
{
    bool ended = end->signal != KILLED && !run_going_on(end) && !run_ended_early(end->ended);
    if (ended && !last_seen) add_gap(&r->gap, 1, last_ns);
    if (r->short_from_ns == UINT64_MAX) return;
    if (r->gap.ticks == 0 || r->short_from_ns < r->gap.from_ns) {
        add_gap(&r->gap, r->gap.ticks == 0, r->short_from_ns);
    }
}

/* The ticks that are there; where they end, and whether the last of the run is among them. */
struct played {
    uint64_t end_ns;
    bool last;
};

static bool play_ticks(struct replay *r, struct walk *w, struct bus *bus, struct played *out,
                       struct err *err)
{
    uint32_t next = 0; /* index of the tick that should come */
    r->gap = (struct gap){0};
    r->series_next = 0;
    memset(r->series_known, 0, sizeof r->series_known);
    for (step(w, ROWS_TICK); w->codes[ROWS_TICK] == SQLITE_ROW; step(w, ROWS_TICK)) {
        struct tick tick;
        arena_reset(&r->tick_arena);
        if (!read_tick(r, w, &tick)) return damaged(r, w->statements[ROWS_TICK], err);
        if (tick.index > next) add_gap(&r->gap, tick.index - next, out->end_ns);
        next = tick.index + 1;
        bus_tick(bus, &tick);
        *out = (struct played){tick.end_ns, tick.last};
    }
    for (int i = 0; i < ROWS_COUNT; i++) {
        if (w->codes[i] == SQLITE_DONE || w->codes[i] == SQLITE_ROW) continue;
        return run_file_unreadable(r->path, w->codes[i], err);
    }
    return true;
}

bool replay_play(struct replay *r, struct bus *bus, struct err *err)
{
    struct walk walk = {0};
    bool played = false;
    struct played ticks = {0};
    struct run_end end;
    frames_init(&walk.frames, &r->header);
    /* One transaction: of a run in progress, one instant. */
    int code = run_file_exec(&r->file, "BEGIN");
    for (int i = 0; i < ROWS_COUNT && code == SQLITE_OK; i++) {
        code = prepare(r, query_of((enum rows)i, r->file.version), &walk.statements[i]);
    }
    if (code != SQLITE_OK) {
        run_file_unreadable(r->path, code, err);
        goto out;
    }
    step(&walk, ROWS_EVENT);
    step(&walk, ROWS_EXEMPLAR);
    step(&walk, ROWS_SERIES);
    bus_begin(bus, &r->header);
    if (!play_ticks(r, &walk, bus, &ticks, err)) goto out;
    code = read_end(r, ticks.end_ns, &end);
    if (code != SQLITE_DONE) {
        run_file_unreadable(r->path, code, err);
        goto out;
    }
    find_last_gap(r, ticks.last, ticks.end_ns, &end);
    end.missing_ticks = r->gap.ticks;
    end.missing_from_ns = r->gap.from_ns;
    bus_end(bus, &end);
    played = true;
out:
    for (int i = 0; i < ROWS_COUNT; i++) sqlite3_finalize(walk.statements[i]);
    /* A reader's transaction: ending it can lose nothing, and lets a writer finish its file. */
    bool open = !sqlite3_get_autocommit(r->file.db);
    if (open) IGNORE(run_file_exec(&r->file, "COMMIT"));
    return played;
}

void replay_close(struct replay *r)
{
    if (!r) return;
    run_file_close(&r->file);
    arena_close(&r->tick_arena);
    struct arena arena = r->arena;
    arena_close(&arena);
}
