#include "observe/log_source.h"

#include "base/clock.h"
#include "observe/follow.h"
#include "observe/log_entry.h"
#include "observe/log_patterns.h"
#include "plan/mask.h"
#include "wire/log_mask.h"

#define READ_MOST ((size_t)1 << 20)       /* bytes of a file ten times a second */
#define EARLIER_BYTES ((size_t)256 << 10) /* before the run that are known by then */
#define EXAMPLE_BYTES 120
#define NEWS_MOST 20 /* new patterns of a run that are told, of a service */
#define NEWS_ROOM 4  /* in one look */

/* A pattern as it comes. */
struct tally {
    uint64_t count; /* since the last look */
    bool seen;      /* before this look, or before the run */
    bool declared;
    uint32_t series;
};

/* A new pattern, with a line of it. */
struct news {
    uint32_t pattern;
    char example[EXAMPLE_BYTES];
};

struct logs;

struct log_file {
    struct logs *logs;
    struct follow follow;
    struct log_entry entry;
    bool begun, failing;
    bool missing_told, cut_told;
    uint64_t passed_told;
};

struct logs {
    struct log_source_options options;
    struct log_file *files; /* [file_count] */
    uint32_t file_count;
    struct log_patterns patterns;
    struct tally tallies[LOG_PATTERNS + 1];
    uint64_t levels[LOG_LEVELS]; /* entries since the last look */
    struct news news[NEWS_ROOM];
    uint32_t news_count, news_told;
    bool running; /* what is read was written in the run */
    bool full_told;
};

/* ---- entries ---- */

static void keep_news(struct logs *l, uint32_t pattern, struct bytes message)
{
    char array[4 * EXAMPLE_BYTES];
    if (l->news_count == NEWS_ROOM || l->news_told + l->news_count >= NEWS_MOST) return;
    struct news *fresh = &l->news[l->news_count++];
    fresh->pattern = pattern;
    struct text masked = text_in(array, sizeof array);
    struct text example = text_in(fresh->example, sizeof fresh->example);
    log_mask_add(&masked, message);
    text_end_whole(&masked);
    mask_add(&example, text_bytes(&masked), l->options.plan);
    text_end_whole(&example);
}

static void add_entry(void *ctx, enum log_level level, struct bytes message)
{
    struct logs *l = ctx;
    uint32_t at = log_patterns_add(&l->patterns, level, message);
    struct tally *tally = &l->tallies[at];
    bool fresh = !tally->seen && tally->count == 0;
    if (!l->running) {
        tally->seen = true;
        return;
    }
    if (fresh && level >= LOG_WARN && at != LOG_PATTERNS_OTHER) keep_news(l, at, message);
    tally->count++;
    l->levels[level]++;
}

static void add_line(void *ctx, struct bytes line, bool cut)
{
    struct log_file *file = ctx;
    (void)cut;
    log_entry_add(&file->entry, line);
}

/* ---- looking ---- */

static bool read_file(struct log_file *file, struct err *err)
{
    struct logs *l = file->logs;
    if (file->begun) {
        bool fine = follow_read(&file->follow, clock_now_ns(), READ_MOST, err);
        log_entry_rest(&file->entry);
        return fine;
    }
    l->running = false;
    file->begun = follow_begin(&file->follow, EARLIER_BYTES, add_line, err);
    log_entry_end(&file->entry);
    l->running = true;
    return file->begun;
}

static void glance(void *ctx)
{
    struct logs *l = ctx;
    for (uint32_t i = 0; i < l->file_count; i++) {
        struct err err = {0};
        struct log_file *file = &l->files[i];
        if (file->begun && !read_file(file, &err)) file->failing = true; /* the look tells */
    }
}

static void say_file(struct logs *l, struct log_file *file, struct slip *slip)
{
    struct follow *f = &file->follow;
    struct bytes of = l->options.service->name;
    if (f->missing && f->count == 0 && !file->missing_told) {
        slip_say(slip, "%.*s: no log is there yet: %s", BYTES_ARG(of), f->path);
        file->missing_told = true;
    }
    if (f->passed > file->passed_told) {
        slip_say(slip, "%.*s: %llu MB of its log came too fast and were passed over: %s",
                 BYTES_ARG(of), (unsigned long long)((f->passed - file->passed_told) >> 20),
                 f->path);
    }
    if (f->cut_lines > 0 && !file->cut_told) {
        slip_say(slip, "%.*s: a line of its log has more than %zu KB: %s", BYTES_ARG(of),
                 FOLLOW_LINE >> 10, f->path);
        file->cut_told = true;
    }
    file->passed_told = f->passed;
}

static void say_news(struct logs *l, struct slip *slip)
{
    struct bytes of = l->options.service->name;
    for (uint32_t i = 0; i < l->news_count; i++) {
        enum log_level level = l->patterns.all[l->news[i].pattern].level;
        slip_say(slip, "%.*s logs for the first time: %s %s", BYTES_ARG(of),
                 log_line_level_name(level), l->news[i].example);
    }
    l->news_told += l->news_count;
    if (l->news_count > 0 && l->news_told >= NEWS_MOST) {
        slip_say(slip, "%.*s: further new patterns of its logs are not told", BYTES_ARG(of));
    }
    l->news_count = 0;
    if (l->tallies[LOG_PATTERNS_OTHER].declared && !l->full_told) {
        slip_say(slip, "%.*s: its logs have more than %u patterns; the rest counts as other",
                 BYTES_ARG(of), LOG_PATTERNS);
        l->full_told = true;
    }
}

static uint32_t declare(struct logs *l, struct slip *slip, uint32_t at)
{
    char array[LOG_PATTERN_BYTES + 16];
    struct text label = text_in(array, sizeof array);
    struct bytes of = l->options.service->name;
    if (at == LOG_PATTERNS_OTHER) {
        text_adds(&label, "other");
    } else {
        const char *level = log_line_level_name(l->patterns.all[at].level);
        text_addf(&label, "%s%s", level, level[0] ? " " : "");
        mask_add(&label, bytes_of(l->patterns.all[at].text), l->options.plan);
    }
    text_end_whole(&label);
    return slip_series(slip, of, SERIES_OF_LOG_RATE, text_bytes(&label));
}

static void put(struct logs *l, struct slip *slip, const struct look *when)
{
    double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
    struct bytes of = l->options.service->name;
    for (uint32_t i = 0; i <= LOG_PATTERNS; i++) {
        struct tally *t = &l->tallies[i];
        if (t->count > 0 && !t->declared) {
            t->series = declare(l, slip, i);
            t->declared = true;
        }
        if (t->declared) slip_put(slip, t->series, (double)t->count / seconds);
        if (t->count > 0) t->seen = true;
        t->count = 0;
    }
    const struct bytes none = {0};
    slip_put(slip, slip_series(slip, of, SERIES_OF_LOG_ERRORS, none),
             (double)l->levels[LOG_ERROR] / seconds);
    slip_put(slip, slip_series(slip, of, SERIES_OF_LOG_WARNINGS, none),
             (double)l->levels[LOG_WARN] / seconds);
    for (size_t i = 0; i < LOG_LEVELS; i++) l->levels[i] = 0;
}

/* A file that can't be read is told; the others are read on. */
static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct logs *l = ctx;
    uint32_t failed = 0;
    for (uint32_t i = 0; i < l->file_count; i++) {
        struct log_file *file = &l->files[i];
        struct err why = {0};
        bool fine = read_file(file, &why);
        if (fine) say_file(l, file, slip);
        if (!fine && !file->failing && l->file_count > 1) {
            slip_say(slip, "%.*s: %s", BYTES_ARG(l->options.service->name), why.msg);
        }
        file->failing = !fine;
        if (!fine) *err = why;
        failed += !fine;
    }
    if (failed == l->file_count) return false;
    if (!when->first) {
        put(l, slip, when);
        say_news(l, slip);
    }
    return true;
}

static void close_source(void *ctx)
{
    struct logs *l = ctx;
    for (uint32_t i = 0; i < l->file_count; i++) follow_close(&l->files[i].follow);
}

/* What can't be read yet is told by the first look, which tries again. */
static bool add_file(struct logs *l, struct arena *arena, struct bytes path)
{
    struct err err;
    struct log_file *file = &l->files[l->file_count++];
    file->logs = l;
    file->entry.done = add_entry;
    file->entry.ctx = l;
    if (!follow_open(&file->follow, arena, path, add_line, file)) return false;
    IGNORE(read_file(file, &err));
    return true;
}

bool log_source(struct source *out, struct arena *arena, const struct log_source_options *options)
{
    const struct service *service = options->service;
    struct logs *l = ARENA_NEW(arena, struct logs);
    if (!l) return false;
    l->options = *options;
    l->files = ARENA_ARRAY(arena, LOG_FILES, struct log_file);
    if (!l->files) return false;
    bool fine = options->output.len == 0 || add_file(l, arena, options->output);
    for (uint32_t i = 0; i < service->log.file_count && l->file_count < LOG_FILES && fine; i++) {
        fine = add_file(l, arena, service->log.files[i]);
    }
    if (!fine || l->file_count == 0) return false;
    *out = (struct source){.ctx = l, .look = look, .glance = glance, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "logs of %.*s", BYTES_ARG(service->name));
    return true;
}
