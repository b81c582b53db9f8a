#include "cli/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "cli/console.h"
#include "cli/several_document.h"
#include "judge/exit_code.h"
#include "show/result_json.h"
#include "show/result_junit.h"
#include "show/result_markdown.h"

#define BUFFER_BYTES ((size_t)64 << 10)
#define DOCUMENT_LIMIT ((size_t)4 << 20)

/* Written while the ticks pass by; of several runs there is only an end. */
static bool is_stream(const struct outputs *o, enum output_kind kind)
{
    return o->source_count == 0 && (kind == OUTPUT_NDJSON || kind == OUTPUT_CSV);
}

/* ---- writing ---- */

static bool to_stdout(const struct output *o)
{
    return o->path.len == 0 && !o->in_folder;
}

static void tell_broken(struct output *o, int cause)
{
    struct err err;
    o->broken = true;
    if (to_stdout(o)) {
        err_set(&err, ERR_IO, cause, "cannot write the result to stdout");
    } else {
        err_set(&err, ERR_IO, cause, "cannot write %.*s", BYTES_ARG(o->path));
    }
    if (console_fail(&err) == EXIT_HOLDS) return;
}

static void write_out(struct output *o, struct bytes left)
{
    while (left.len > 0 && !o->broken && o->fd >= 0) {
        ssize_t n = write(o->fd, left.at, left.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EPIPE && to_stdout(o)) { /* the reader has seen enough */
            o->fd = -1;
            return;
        }
        if (n < 0) {
            tell_broken(o, errno);
            return;
        }
        left = bytes_from(left, (size_t)n);
        o->began = true;
    }
}

/* What was put so far is a record: it leaves as a whole. */
static void flush(struct output *o)
{
    if (o->spool.is_open) {
        spool_put(&o->spool, text_bytes(&o->buffer));
        spool_end_record(&o->spool);
    } else {
        write_out(o, text_bytes(&o->buffer));
    }
    text_clear(&o->buffer);
}

static void put(void *ctx, struct bytes piece)
{
    struct output *o = ctx;
    if (o->buffer.len + piece.len < o->buffer.size) {
        text_add(&o->buffer, piece);
    } else if (o->spool.is_open) {
        spool_put(&o->spool, text_bytes(&o->buffer));
        spool_put(&o->spool, piece);
        text_clear(&o->buffer);
    } else {
        write_out(o, text_bytes(&o->buffer));
        write_out(o, piece);
        text_clear(&o->buffer);
    }
}

/* Ends the stream's own thread, and says what the reader did not get. */
static void end_spool(struct output *o)
{
    if (!o->spool.is_open) return;
    struct spool_end end = spool_close(&o->spool);
    o->began = o->began || end.began;
    if (end.failed == EPIPE && to_stdout(o)) return; /* the reader has seen enough */
    if (end.failed) {
        tell_broken(o, end.failed);
    } else if (end.lost_lines > 0) {
        struct err err;
        o->broken = true;
        err_set(&err, ERR_IO, 0, "%llu lines of %s are lost: %s was read too slowly",
                (unsigned long long)end.lost_lines, output_kind_name(o->kind),
                to_stdout(o) ? "stdout" : o->path.at);
        IGNORE(console_fail(&err));
    }
}

static void close_output(struct output *o)
{
    end_spool(o);
    bool useless = o->created && !o->began;
    if (o->fd >= 0 && !to_stdout(o) && close(o->fd) != 0 && !o->broken) tell_broken(o, errno);
    o->fd = -1;
    if (useless) IGNORE(unlink(o->path.at)); /* left behind, an empty file says nothing, either */
}

/* ---- opening ---- */

/* Opens the file without harm to what it holds: it is emptied when there is something to write. */
static bool open_file(struct output *o, struct err *err)
{
    mode_t mode = o->in_folder ? 0600 : 0666; /* a run's files are its owner's, as its folder is */
    o->fd = open(o->path.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    o->created = o->fd >= 0;
    if (o->fd < 0 && errno == EEXIST) o->fd = open(o->path.at, O_WRONLY | O_CLOEXEC);
    if (o->fd >= 0) return true;
    err_set(err, ERR_PREFLIGHT, errno, "cannot write %.*s", BYTES_ARG(o->path));
    return err_hint(err, "--output %s=FILE: the file's folder must exist, and be yours to write in",
                    output_kind_name(o->kind));
}

/* Whether `fd` is the file of `st`; what is no plain file, as /dev/null, may be written twice. */
static bool is_file(int fd, const struct stat *st)
{
    struct stat own;
    return S_ISREG(st->st_mode) && fstat(fd, &own) == 0 && own.st_dev == st->st_dev
           && own.st_ino == st->st_ino;
}

static bool would_overwrite(const struct output *out, const char *source, struct err *err)
{
    struct stat st;
    const char *name = output_kind_name(out->kind);
    if (!source || stat(source, &st) != 0 || !is_file(out->fd, &st)) return false;
    err_set(err, ERR_USAGE, 0, "%s would be written over %s, which is read", name, source);
    err_hint(err, "name another file: --output %s=FILE", name);
    return true;
}

/* By whatever name it was called. */
static bool is_free(const struct outputs *o, const struct output *out, struct err *err)
{
    struct stat st;
    const char *name = output_kind_name(out->kind);
    if (would_overwrite(out, o->source, err)) return false;
    for (uint32_t i = 0; o->sources && i < o->source_count; i++) {
        if (would_overwrite(out, o->sources[i].at, err)) return false;
    }
    for (uint32_t i = 0; i < o->count; i++) {
        const struct output *other = &o->items[i];
        if (to_stdout(other) || other->in_folder || fstat(other->fd, &st) != 0) continue;
        if (!is_file(out->fd, &st)) continue;
        err_set(err, ERR_USAGE, 0, "%s and %s would be written into the same file, %.*s",
                output_kind_name(other->kind), name, BYTES_ARG(out->path));
        return err_hint(err, "give each a file of its own");
    }
    return true;
}

static void empty(struct output *o)
{
    struct stat st;
    if (o->fd < 0 || fstat(o->fd, &st) != 0 || !S_ISREG(st.st_mode)) return;
    if (!to_stdout(o) && ftruncate(o->fd, 0) != 0) tell_broken(o, errno);
}

static bool add_output(struct outputs *o, enum output_kind kind, struct bytes path, bool in_folder,
                       struct err *err)
{
    struct arena *arena = o->arena;
    if (o->count == OUTPUTS_MAX) {
        return err_set(err, ERR_USAGE, 0, "more than %d outputs", OUTPUTS_MAX);
    }
    struct output *out = &o->items[o->count];
    *out = (struct output){.kind = kind, .in_folder = in_folder, .fd = -1};
    out->path = path.len > 0 ? arena_copy(arena, path) : (struct bytes){"", 0};
    char *buffer = arena_alloc(arena, BUFFER_BYTES);
    if (!arena_ok(arena)) return err_set(err, ERR_LIMIT, 0, "no memory for the outputs");
    out->buffer = text_in(buffer, BUFFER_BYTES);
    struct outlet outlet = {put, out};
    if (!is_stream(o, kind)) {
        out->sink = (struct sink){0};
    } else if (kind == OUTPUT_NDJSON) {
        result_ndjson_init(&out->ndjson, outlet);
        out->sink = result_ndjson_sink(&out->ndjson);
    } else if (kind == OUTPUT_CSV) {
        result_csv_init(&out->csv, outlet);
        out->sink = result_csv_sink(&out->csv);
    }
    if (to_stdout(out)) out->fd = STDOUT_FILENO;
    else if (!in_folder && !open_file(out, err)) return false;
    if (to_stdout(out) || in_folder || is_free(o, out, err)) {
        o->count++;
        return true;
    }
    close_output(out);
    return false;
}

static bool add_flag(struct outputs *o, struct bytes value, struct err *err)
{
    size_t equals = bytes_find(value, BYTES_LIT("="));
    struct bytes form = {value.at, equals < value.len ? equals : value.len};
    struct bytes path = equals < value.len ? bytes_from(value, equals + 1) : (struct bytes){0};
    if (bytes_is(path, "-")) path.len = 0; /* stdout, as everywhere */
    if (o->source_count > 0 && !several_document_has(output_kind_of(form))) {
        err_set(err, ERR_USAGE, 0, "--output %.*s is about one run, and these are %u",
                BYTES_ARG(form), o->source_count);
        return err_hint(err, "%s, or ask for text, json, csv or markdown",
                        o->sources ? "name one run"
                                   : "take what lies in each run's folder (`outputs` in the plan)");
    }
    for (uint32_t i = 0; i < o->count && path.len == 0; i++) {
        if (!to_stdout(&o->items[i])) continue;
        err_set(err, ERR_USAGE, 0, "only one --output can go to stdout");
        return err_hint(err, "give the others a file: --output %.*s=FILE", BYTES_ARG(form));
    }
    return add_output(o, output_kind_of(form), path, false, err);
}

bool outputs_open(struct outputs *o, const struct outputs_options *options, struct err *err)
{
    const struct flags *flags = options->flags;
    const struct plan *plan = options->plan;
    *o = (struct outputs){.folder = options->folder,
                          .source = options->source,
                          .sources = options->sources,
                          .source_count = options->source_count,
                          .arena = options->arena};
    o->loads = plan != NULL;
    bool fine = true;
    bool has_stdout = false;
    for (uint32_t i = 0; i < flags->given_count && fine && !options->in_series; i++) {
        if (flags->given[i].flag != FLAG_OUTPUT) continue;
        fine = add_flag(o, flags->given[i].value, err);
    }
    for (uint32_t i = 0; i < o->count; i++) has_stdout = has_stdout || to_stdout(&o->items[i]);
    if (fine && !has_stdout && !options->in_series) {
        fine = add_output(o, OUTPUT_TEXT, (struct bytes){0}, false, err);
    }
    /* Every run leaves it in its folder, beside result.json, which the conductor writes. */
    if (plan && fine) fine = add_output(o, OUTPUT_JUNIT, (struct bytes){0}, true, err);
    for (uint32_t i = 0; plan && i < plan->output_count && fine; i++) {
        const struct plan_output *item = &plan->outputs[i];
        bool kept_anyway = item->kind == OUTPUT_JSON || item->kind == OUTPUT_JUNIT;
        bool in_folder = item->path.len == 0;
        if (in_folder && kept_anyway) continue;
        if (!in_folder && options->in_series) {
            err_set(err, ERR_USAGE, 0, "--repeat: each run would write over %.*s of the one before",
                    BYTES_ARG(item->path));
            err_hint(err, "leave out its name in `outputs`: then it lies in each run's folder");
            fine = false;
            break;
        }
        fine = add_output(o, item->kind, item->path, in_folder, err);
    }
    if (!fine) outputs_drop(o);
    return fine;
}

/* ---- while it goes ---- */

/* The run has a folder now. */
static void open_in_folder(struct outputs *o, struct output *out)
{
    char array[4096];
    struct text path = text_in(array, sizeof array);
    struct err err;
    if (!out->in_folder || o->folder->len == 0) return;
    text_addf(&path, "%.*s/%s", BYTES_ARG(*o->folder), output_kind_file(out->kind));
    out->path = arena_copy(o->arena, text_bytes(&path));
    if (path.cut || !out->path.at) out->broken = true;
    else if (!open_file(out, &err)) tell_broken(out, err.sys);
}

static void on_begin(void *ctx, const struct run_header *header)
{
    struct outputs *o = ctx;
    for (uint32_t i = 0; i < o->count; i++) {
        struct output *out = &o->items[i];
        if (!out->sink.begin) continue;
        open_in_folder(o, out);
        if (!to_stdout(out)) empty(out);
        struct err err;
        bool started = !o->loads || out->fd < 0 || spool_open(&out->spool, out->fd, o->arena, &err);
        if (!started) tell_broken(out, err.sys);
        out->sink.begin(out->sink.ctx, header);
        flush(out);
    }
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct outputs *o = ctx;
    for (uint32_t i = 0; i < o->count; i++) {
        struct output *out = &o->items[i];
        if (!out->sink.tick) continue;
        out->sink.tick(out->sink.ctx, tick);
        flush(out);
    }
}

static void on_result(void *ctx, const struct result *result)
{
    struct outputs *o = ctx;
    for (uint32_t i = 0; i < o->count; i++) {
        struct output *out = &o->items[i];
        if (!out->sink.result) continue;
        out->sink.result(out->sink.ctx, result);
        flush(out);
    }
}

static void on_end(void *ctx, const struct run_end *end)
{
    struct outputs *o = ctx;
    for (uint32_t i = 0; i < o->count; i++) {
        struct output *out = &o->items[i];
        if (!out->sink.end) continue;
        if (out->spool.is_open) spool_be_patient(&out->spool); /* the load is over */
        out->sink.end(out->sink.ctx, end);
        flush(out);
    }
}

struct sink outputs_sink(struct outputs *o)
{
    struct sink sink = {.ctx = o, .begin = on_begin, .tick = on_tick, .end = on_end};
    for (uint32_t i = 0; i < o->count; i++) {
        if (o->items[i].sink.result) sink.result = on_result;
    }
    return sink;
}

bool outputs_trouble(void *outputs, struct text *out)
{
    struct outputs *o = outputs;
    size_t before = out->len;
    for (uint32_t i = 0; i < o->count; i++) {
        struct output *item = &o->items[i];
        if (!item->spool.is_open || item->told_lost || spool_news(&item->spool) == 0) continue;
        item->told_lost = true;
        if (out->len > before) text_adds(out, "; ");
        text_addf(out, "lines of %s are lost from here on: nobody reads them as fast as they come",
                  output_kind_name(item->kind));
    }
    return out->len > before;
}

bool outputs_streams(const struct outputs *o)
{
    for (uint32_t i = 0; i < o->count; i++) {
        if (is_stream(o, o->items[i].kind) && o->items[i].path.len == 0 && !o->items[i].in_folder)
            return true;
    }
    return false;
}

/* ---- at the end ---- */

static struct bytes document(const struct output *o, const struct ending *ending,
                             struct arena *arena)
{
    struct show_style plain = {.width = 100};
    struct show_style style = to_stdout(o) ? console_style(CONSOLE_OUT, ending->flags) : plain;
    if (ending->beside) return several_document_make(o->kind, ending, &style, arena);
    bool made_here = o->kind == OUTPUT_MARKDOWN || o->kind == OUTPUT_JUNIT;
    char *array = made_here ? arena_alloc(arena, DOCUMENT_LIMIT) : NULL;
    if (made_here && !array) return (struct bytes){0};
    struct text text = made_here ? text_in(array, DOCUMENT_LIMIT) : (struct text){0};
    switch (o->kind) {
    case OUTPUT_TEXT:
        return ending_text(ending, &style, arena);
    case OUTPUT_JSON:
        return result_json_make(arena, ending->result);
    case OUTPUT_MARKDOWN:
        result_markdown_write(&text, ending->result);
        return text.cut ? (struct bytes){0} : text_bytes(&text);
    case OUTPUT_JUNIT:
        result_junit_write(&text, ending->result, flags_lenient(ending->flags));
        return text.cut ? (struct bytes){0} : text_bytes(&text);
    case OUTPUT_NDJSON:
    case OUTPUT_CSV:
    case OUTPUT_KINDS:
        break;
    }
    return (struct bytes){0};
}

/* Files that were asked for by name, as far as they could be written; text comes last. */
static uint32_t list_elsewhere(const struct outputs *o, struct bytes out[OUTPUTS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < o->count; i++) {
        const struct output *item = &o->items[i];
        bool there = item->began || item->kind == OUTPUT_TEXT;
        if (!to_stdout(item) && !item->in_folder && !item->broken && there)
            out[count++] = item->path;
    }
    return count;
}

static void write_document(const struct outputs *all, struct output *o, const struct ending *ending)
{
    struct bytes elsewhere[OUTPUTS_MAX];
    struct ending told = *ending;
    told.elsewhere = elsewhere;
    told.elsewhere_count = list_elsewhere(all, elsewhere);
    told.loud = !to_stdout(o);
    struct bytes whole = document(o, &told, all->arena);
    if (!whole.at) {
        tell_broken(o, EFBIG);
        return;
    }
    empty(o);
    if (o->kind != OUTPUT_TEXT) {
        write_out(o, whole);
        return;
    }
    o->began = true;
    if (console_write_words(o->fd, whole)) return;
    if (errno != EPIPE || !to_stdout(o)) tell_broken(o, errno);
}

static bool finish_output(struct outputs *o, struct output *out, const struct ending *ending,
                          bool wanted)
{
    if (out->in_folder && !is_stream(o, out->kind)) open_in_folder(o, out);
    if (wanted && !is_stream(o, out->kind) && !out->broken) write_document(o, out, ending);
    close_output(out);
    return !out->broken;
}

bool outputs_finish(struct outputs *o, const struct ending *ending, bool ended)
{
    bool whole = true;
    for (uint32_t i = 0; i < o->count; i++) {
        if (o->items[i].kind != OUTPUT_TEXT) whole &= finish_output(o, &o->items[i], ending, true);
    }
    /* The text names the files that are there, so it comes last. */
    for (uint32_t i = 0; i < o->count; i++) {
        if (o->items[i].kind == OUTPUT_TEXT) whole &= finish_output(o, &o->items[i], ending, ended);
    }
    return whole;
}

void outputs_drop(struct outputs *o)
{
    for (uint32_t i = 0; i < o->count; i++) close_output(&o->items[i]);
}
