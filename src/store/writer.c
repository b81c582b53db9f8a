#include "store/writer.h"

static const char *const sql[WRITER_STATEMENTS] = {
    [WRITER_TICK] = "INSERT INTO tick VALUES(?, ?, ?, ?, ?, ?, ?)",
    [WRITER_EVENT] = "INSERT INTO event VALUES(?, ?, ?, ?, ?, ?)",
    [WRITER_EXEMPLAR] = ("INSERT INTO exemplar"
                         " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    [WRITER_SERIES] = "INSERT INTO series VALUES(?, ?, ?, ?, ?, ?)",
    [WRITER_GET_COMMAND] = "SELECT id, verb FROM command WHERE taken_ns IS NULL ORDER BY id",
    [WRITER_TAKE_COMMAND] = "UPDATE command SET taken_ns = ? WHERE id = ?",
};

int writer_open(struct writer *w, struct run_file *file)
{
    *w = (struct writer){.db = file->db};
    int code = SQLITE_OK;
    for (int i = 0; i < WRITER_STATEMENTS && code == SQLITE_OK; i++) {
        code = sqlite3_prepare_v3(w->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &w->statements[i],
                                  NULL);
    }
    return code;
}

void writer_close(struct writer *w)
{
    for (int i = 0; i < WRITER_STATEMENTS; i++) {
        sqlite3_finalize(w->statements[i]);
        w->statements[i] = NULL;
    }
}

/* Binds whole numbers from parameter 1 on and gives the next parameter. */
static int bind_numbers(sqlite3_stmt *s, const uint64_t *numbers, int count)
{
    for (int i = 0; i < count; i++) sqlite3_bind_int64(s, i + 1, (sqlite3_int64)numbers[i]);
    return count + 1;
}

static int run_statement(sqlite3_stmt *s)
{
    int code = sqlite3_step(s);
    if (code == SQLITE_DONE) code = SQLITE_OK;
    sqlite3_reset(s);
    return code;
}

static int put_event(struct writer *w, const struct tick *tick, uint32_t seq)
{
    const struct event *e = &tick->events[seq];
    sqlite3_stmt *s = w->statements[WRITER_EVENT];
    uint64_t numbers[] = {tick->index, seq, e->at_ns, e->kind, e->stage};
    int next = bind_numbers(s, numbers, COUNT_OF(numbers));
    sqlite3_bind_text(s, next, e->text, -1, SQLITE_STATIC);
    return run_statement(s);
}

static void bind_blob(sqlite3_stmt *s, int at, struct bytes b)
{
    sqlite3_bind_blob64(s, at, b.len > 0 ? b.at : "", b.len, SQLITE_STATIC);
}

static int put_exemplar(struct writer *w, const struct tick *tick, uint32_t seq)
{
    const struct exemplar *e = &tick->exemplars[seq];
    sqlite3_stmt *s = w->statements[WRITER_EXEMPLAR];
    uint64_t numbers[] = {tick->index,    seq,        e->kind,      e->stage,
                          e->name,        e->outcome, e->status,    e->intended_ns,
                          e->response_ns, e->lag_ns,  e->wait_ns,   e->connect_ns,
                          e->tls_ns,      e->ttfb_ns, e->service_ns};
    int next = bind_numbers(s, numbers, COUNT_OF(numbers));
    char array[TRACE_ID_DIGITS + 1];
    struct text trace = text_in(array, sizeof array);
    trace_id_add(&trace, e->trace);
    bind_blob(s, next, e->detail);
    bind_blob(s, next + 1, e->sample);
    sqlite3_bind_text(s, next + 2, array, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, next + 3, e->sampled);
    return run_statement(s);
}

static int put_series(struct writer *w, const struct tick *tick, const struct series *series)
{
    sqlite3_stmt *s = w->statements[WRITER_SERIES];
    uint64_t numbers[] = {series->id, tick->index};
    struct bytes texts[] = {series->of, series->name, series->label};
    int next = bind_numbers(s, numbers, COUNT_OF(numbers));
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *at = texts[i].len > 0 ? texts[i].at : "";
        sqlite3_bind_text64(s, next++, at, texts[i].len, SQLITE_STATIC, SQLITE_UTF8);
    }
    sqlite3_bind_int64(s, next, series->unit);
    return run_statement(s);
}

int writer_put_tick(struct writer *w, const struct tick *tick, struct bytes packed)
{
    sqlite3_stmt *s = w->statements[WRITER_TICK];
    uint64_t numbers[] = {tick->index, tick->start_ns, tick->end_ns,
                          tick->stage, tick->judged,   tick->last};
    int next = bind_numbers(s, numbers, COUNT_OF(numbers));
    bind_blob(s, next, packed);
    int code = run_statement(s);
    for (uint32_t i = 0; i < tick->event_count && code == SQLITE_OK; i++)
        code = put_event(w, tick, i);
    for (uint32_t i = 0; i < tick->exemplar_count && code == SQLITE_OK; i++) {
        code = put_exemplar(w, tick, i);
    }
    for (uint32_t i = 0; i < tick->series_count && code == SQLITE_OK; i++) {
        code = put_series(w, tick, &tick->series[i]);
    }
    return code;
}

/* A statement that runs once in a run's life. */
static int put_once(struct writer *w, const char *text, const uint64_t *numbers, int count,
                    struct bytes words)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(w->db, text, -1, &s, NULL);
    if (code != SQLITE_OK) return code;
    int next = bind_numbers(s, numbers, count);
    sqlite3_bind_text64(s, next, words.at, words.len, SQLITE_STATIC, SQLITE_UTF8);
    code = run_statement(s);
    sqlite3_finalize(s);
    return code;
}

int writer_put_header(struct writer *w, struct bytes json)
{
    return put_once(w, "INSERT OR REPLACE INTO header VALUES('run', ?)", NULL, 0, json);
}

int writer_put_end(struct writer *w, const struct run_end *end)
{
    uint64_t numbers[] = {end->ended, (uint64_t)end->signal, end->at_ns, end->generator_cpu_ns,
                          end->max_rss_bytes};
    return put_once(w, "INSERT OR REPLACE INTO ending VALUES(1, ?, ?, ?, ?, ?, ?)", numbers,
                    COUNT_OF(numbers), bytes_of(end->reason));
}

int writer_put_verdict(struct writer *w, struct bytes verdict, int exit_code)
{
    uint64_t numbers[] = {(uint64_t)exit_code};
    return put_once(w,
                    "INSERT OR REPLACE INTO result(id, exit, verdict, json)"
                    " VALUES(1, ?, ?, '')",
                    numbers, COUNT_OF(numbers), verdict);
}

int writer_put_result(struct writer *w, struct bytes json)
{
    return put_once(w, "UPDATE result SET json = ?", NULL, 0, json);
}

enum command writer_take_commands(struct writer *w, uint64_t run_ns)
{
    sqlite3_stmt *get = w->statements[WRITER_GET_COMMAND];
    sqlite3_stmt *take = w->statements[WRITER_TAKE_COMMAND];
    enum command strongest = COMMAND_NONE;
    while (sqlite3_step(get) == SQLITE_ROW) {
        struct bytes verb = bytes_of((const char *)sqlite3_column_text(get, 1));
        enum command command = bytes_is(verb, "stop")    ? COMMAND_STOP
                               : bytes_is(verb, "leave") ? COMMAND_LEAVE
                                                         : COMMAND_NONE;
        if (command > strongest) strongest = command;
        sqlite3_bind_int64(take, 1, (sqlite3_int64)run_ns);
        sqlite3_bind_int64(take, 2, sqlite3_column_int64(get, 0));
        if (run_statement(take) != SQLITE_OK)
            break; /* taken again next time: no harm in asking twice */
    }
    sqlite3_reset(get);
    return strongest;
}
