#include "observe/access_source.h"

#include <assert.h>
#include <time.h>

#include "base/clock.h"
#include "observe/follow.h"
#include "plan/mask.h"
#include "wire/access_line.h"
#include "wire/log_mask.h"

#define READ_MOST ((size_t)8 << 20)    /* bytes ten times a second */
#define GUESS_BYTES ((size_t)64 << 10) /* of the lines that a format is guessed by */
#define GUESS_LINES 16
#define SERVERS 16 /* whose timers are told apart */
#define EXAMPLE_BYTES 120
#define TIMERS 3

struct timer {
    uint64_t sum_ns, count;
};

/* A server behind a proxy: queue, connect, server. */
struct behind {
    char name[80];
    struct timer timers[TIMERS];
};

struct access {
    struct access_source_options options;
    struct follow follow;
    struct access_format format;
    bool known; /* the format */
    bool begun;
    struct bytes family; /* which formats may be guessed */
    const char *guessed; /* what it was found to be; told once */
    char *pending;       /* [GUESS_BYTES]: lines whose format is not known yet */
    size_t pending_used;
    struct bytes pending_lines[GUESS_LINES];
    uint32_t pending_count;
    struct access_line line;
    uint64_t read_ns;  /* run time of the read before */
    uint64_t now_ns;   /* of this one */
    int64_t wall_ns;   /* 1970 to run time 0 */
    int64_t zone_ns;   /* of this host, east of UTC */
    uint64_t unparsed; /* since the last look */
    bool unparsed_told, failed;
    struct err failure;
    char example[EXAMPLE_BYTES];
    struct behind behind[SERVERS + 1]; /* the last: all others */
    uint32_t behind_count;
    uint64_t turned_told, emptied_told, passed_told, cut_told;
    bool missing_told;
};

/* ---- when ---- */

static void set_clock(struct access *a)
{
    uint64_t mono_ns = clock_now_ns();
    a->now_ns = mono_ns > a->options.origin_ns ? mono_ns - a->options.origin_ns : 0;
    a->wall_ns = (int64_t)a->options.origin_ns + clock_wall_offset_ns();
}

static void set_zone(struct access *a)
{
    time_t now = (time_t)(clock_wall_ns() / NS_PER_S);
    struct tm local;
    if (localtime_r(&now, &local)) a->zone_ns = (int64_t)local.tm_gmtoff * (int64_t)NS_PER_S;
}

/* Run time at which the request ended: within what the line says and when it was read, as far as
 * the two agree. False: before the run. */
static bool end_of(const struct access *a, const struct access_line *line, uint64_t *out_ns)
{
    int64_t lo = (int64_t)a->read_ns;
    int64_t hi = (int64_t)a->now_ns;
    bool lasting = line->duration_ns != ACCESS_UNKNOWN;
    if (line->has_when) {
        int64_t from = (int64_t)line->when.ns - a->wall_ns;
        if (!line->when.zoned) from -= a->zone_ns;
        if (line->starts && lasting) from += (int64_t)line->duration_ns;
        int64_t to = from + (int64_t)line->when.grain_ns;
        if (line->starts && !lasting) to = hi; /* it ended between then and now */
        if (to <= 0) return false;
        if (to <= lo || from >= hi) { /* written late; from a clock that is ahead: now */
            lo = from < hi ? from : hi;
            hi = to < hi ? to : hi;
        } else {
            if (from > lo) lo = from;
            if (to < hi) hi = to;
        }
    }
    if (lo < 0) lo = 0;
    *out_ns = (uint64_t)(lo + (hi > lo ? (hi - lo) / 2 : 0));
    return true;
}

/* ---- what a line tells ---- */

static struct behind *find_behind(struct access *a, struct bytes name)
{
    for (uint32_t i = 0; i < a->behind_count; i++) {
        if (bytes_is(name, a->behind[i].name)) return &a->behind[i];
    }
    bool full = a->behind_count == SERVERS || name.len >= sizeof a->behind[0].name;
    struct behind *fresh = &a->behind[full ? SERVERS : a->behind_count++];
    struct text text = text_in(fresh->name, sizeof fresh->name);
    if (full) text_adds(&text, "other");
    else text_add(&text, name);
    return fresh;
}

static void add_timers(struct access *a, const struct access_line *line)
{
    const uint64_t all[TIMERS] = {line->queue_ns, line->connect_ns, line->server_ns};
    bool any = false;
    for (size_t i = 0; i < TIMERS; i++) any |= all[i] != ACCESS_UNKNOWN;
    struct behind *to = any ? find_behind(a, line->server) : NULL;
    for (size_t i = 0; i < TIMERS && to; i++) {
        if (all[i] == ACCESS_UNKNOWN) continue;
        to->timers[i].sum_ns += all[i];
        to->timers[i].count++;
    }
}

static void tell(struct access *a, const struct access_line *line)
{
    struct served served = {
        .service = a->options.service->name,
        .method = line->method,
        .route = line->path,
        .is_template = line->is_route,
        .status = line->status,
        .failed = line->status >= 500,
        .duration_ns = line->duration_ns == ACCESS_UNKNOWN ? SERVED_NO_TIME : line->duration_ns,
        .count = 1,
    };
    if (!end_of(a, line, &served.end_ns)) return;
    add_timers(a, line);
    served_tell(a->options.served, &served);
}

static void note_unparsed(struct access *a, struct bytes line)
{
    char array[4 * EXAMPLE_BYTES];
    struct text masked = text_in(array, sizeof array);
    if (a->unparsed++ > 0 || a->unparsed_told) return;
    struct text example = text_in(a->example, sizeof a->example);
    if (line.len > EXAMPLE_BYTES) line.len = EXAMPLE_BYTES;
    log_mask_add(&masked, line);
    mask_add(&example, text_bytes(&masked), a->options.plan);
    text_end_whole(&example);
}

static void take_line(struct access *a, struct bytes line)
{
    if (access_line_parse(&a->format, line, &a->line)) tell(a, &a->line);
    else note_unparsed(a, line);
}

/* ---- which format ---- */

/* Guesses by the lines at hand; they are read then. */
static void guess(struct access *a, bool keep)
{
    const char *name = access_line_guess(&a->format, a->family, a->pending_lines, a->pending_count);
    a->known = name != NULL;
    if (a->known) a->guessed = name;
    for (uint32_t i = 0; i < a->pending_count && keep; i++) {
        if (a->known) take_line(a, a->pending_lines[i]);
        else note_unparsed(a, a->pending_lines[i]);
    }
    a->pending_count = 0;
    a->pending_used = 0;
}

static void hold(struct access *a, struct bytes line)
{
    if (line.len > GUESS_BYTES / GUESS_LINES) line.len = GUESS_BYTES / GUESS_LINES;
    char *to = a->pending + a->pending_used;
    if (line.len > 0) memcpy(to, line.at, line.len);
    a->pending_used += line.len;
    a->pending_lines[a->pending_count++] = (struct bytes){to, line.len};
}

static void add_line(void *ctx, struct bytes line, bool cut)
{
    struct access *a = ctx;
    if (a->known && !cut) {
        take_line(a, line);
    } else if (cut || line.len == 0) {
        if (cut) note_unparsed(a, line);
    } else {
        hold(a, line);
        if (a->pending_count == GUESS_LINES) guess(a, true);
    }
}

/* Of what was written before the run: only its format is of interest, that of its end. */
static void add_earlier(void *ctx, struct bytes line, bool cut)
{
    struct access *a = ctx;
    if (a->known || cut || line.len == 0) return;
    if (a->pending_count == GUESS_LINES) {
        a->pending_count = 0;
        a->pending_used = 0;
    }
    hold(a, line);
}

/* ---- looking ---- */

static bool begin(struct access *a, struct err *err)
{
    set_clock(a);
    if (!follow_begin(&a->follow, GUESS_BYTES, add_earlier, err)) return false;
    if (!a->known && a->pending_count > 0) guess(a, false);
    a->begun = true;
    a->read_ns = a->now_ns;
    return true;
}

static bool read_on(struct access *a, struct err *err)
{
    if (!a->begun) return begin(a, err);
    set_clock(a);
    bool fine = follow_read(&a->follow, clock_now_ns(), READ_MOST, err);
    a->read_ns = a->now_ns;
    return fine;
}

static void glance(void *ctx)
{
    struct access *a = ctx;
    struct err err = {0};
    if (!a->failed && !read_on(a, &err)) {
        a->failed = true;
        a->failure = err;
    }
}

static void say_news(struct access *a, struct slip *slip)
{
    struct follow *f = &a->follow;
    struct bytes of = a->options.service->name;
    if (a->guessed) {
        slip_say(slip, "%.*s: its access log is %s, as it seems: else set access_format",
                 BYTES_ARG(of), a->guessed);
        a->guessed = NULL;
    }
    if (f->missing && f->count == 0 && !a->missing_told) {
        slip_say(slip, "%.*s: no access log is there yet: %s", BYTES_ARG(of), f->path);
        a->missing_told = true;
    }
    if (f->emptied > a->emptied_told) {
        slip_say(slip, "%.*s: its access log was emptied; lines of the last 0.1 s may be lost",
                 BYTES_ARG(of));
    }
    if (f->turned > a->turned_told) {
        slip_say(slip, "%.*s: its access log was renamed, and the new one is read on",
                 BYTES_ARG(of));
    }
    if (f->passed > a->passed_told) {
        slip_say(slip, "%.*s: %llu MB of its access log came too fast and were passed over",
                 BYTES_ARG(of), (unsigned long long)((f->passed - a->passed_told) >> 20));
    }
    if (f->cut_lines > 0 && a->cut_told == 0) {
        slip_say(slip, "%.*s: a line of its access log has more than %zu KB", BYTES_ARG(of),
                 FOLLOW_LINE >> 10);
    }
    if (a->unparsed > 0 && !a->unparsed_told && !a->options.mixed) {
        slip_say(slip, "%.*s: lines of its access log are of another format: %s", BYTES_ARG(of),
                 a->example);
        a->unparsed_told = true;
    }
    a->emptied_told = f->emptied;
    a->turned_told = f->turned;
    a->passed_told = f->passed;
    a->cut_told = f->cut_lines;
}

static void put_timers(struct access *a, struct slip *slip)
{
    static const enum series_row rows[TIMERS] = {
        SERIES_OF_SERVED_QUEUE_TIME, SERIES_OF_SERVED_CONNECT_TIME, SERIES_OF_SERVED_SERVER_TIME};
    for (uint32_t i = 0; i <= SERVERS; i++) {
        struct behind *from = &a->behind[i];
        for (size_t k = 0; k < TIMERS; k++) {
            struct timer *t = &from->timers[k];
            if (t->count == 0) continue;
            uint32_t series =
                slip_series(slip, a->options.service->name, rows[k], bytes_of(from->name));
            slip_put(slip, series, (double)t->sum_ns / (double)t->count / 1e9);
            *t = (struct timer){0};
        }
    }
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct access *a = ctx;
    set_zone(a);
    if (a->failed) {
        *err = a->failure;
        a->failed = false;
        return false;
    }
    if (!read_on(a, err)) return false;
    if (!a->known && a->pending_count > 0) guess(a, true);
    if (!when->first) {
        double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
        put_timers(a, slip);
        slip_put(
            slip,
            slip_series(slip, a->options.service->name, SERIES_OF_SERVED_UNREAD, (struct bytes){0}),
            (double)a->unparsed / seconds);
    }
    say_news(a, slip);
    a->unparsed = 0;
    return true;
}

static void close_source(void *ctx)
{
    struct access *a = ctx;
    follow_close(&a->follow);
}

/* A name of several formats leaves the choice among them to a guess. */
static void set_format(struct access *a)
{
    static const char *const families[] = {"nginx", "apache", ""};
    const char *why;
    size_t at;
    struct bytes format = a->options.service->log.access_format;
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        if (!bytes_is(format, families[i])) continue;
        a->family = format;
        return;
    }
    a->known = access_format_compile(&a->format, format, &why, &at);
    assert(a->known); /* the plan was checked */
}

bool access_source(struct source *out, struct arena *arena,
                   const struct access_source_options *options)
{
    struct access *a = ARENA_NEW(arena, struct access);
    char *pending = arena_alloc(arena, GUESS_BYTES);
    if (!a || !pending) return false;
    a->options = *options;
    a->pending = pending;
    set_format(a);
    set_zone(a);
    if (!follow_open(&a->follow, arena, options->path, add_line, a)) return false;
    struct err err; /* what can't be read is told by the first look, which tries again */
    IGNORE(begin(a, &err));
    *out = (struct source){.ctx = a, .look = look, .glance = glance, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "access log of %.*s", BYTES_ARG(options->service->name));
    served_expect(options->served);
    return true;
}
