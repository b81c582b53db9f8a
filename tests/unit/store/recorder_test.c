#include "store/recorder.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/file.h"
#include "check.h"
#include "store/replay.h"
#include "store/run_file.h"
#include "tape.h"

static struct tape tape;
static char folder[64], file[128];

static int enter(void **state)
{
    (void)state;
    tape_folder(folder, sizeof folder);
    struct text text = text_in(file, sizeof file);
    text_addf(&text, "%s/" RUN_FILE_NAME, folder);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    tape_remove(folder);
    return 0;
}

static const struct run_end the_end = {.ended = RUN_ABORTED,
                                       .signal = 15,
                                       .at_ns = 40123456789,
                                       .generator_cpu_ns = 12345678901,
                                       .max_rss_bytes = 41943040,
                                       .reason = "errors > 20% for 10s"};

/* Plays ticks [from, to) of the tape into a recorder, at once. */
static void record(struct recorder *r, struct arena *arena, uint32_t from, uint32_t to)
{
    struct sink sink = recorder_sink(r);
    if (from == 0) sink.begin(sink.ctx, &tape.header);
    for (uint32_t i = from; i < to; i++) {
        arena_reset(arena);
        struct tick t = tape_tick(&tape, arena, i);
        sink.tick(sink.ctx, &t);
        clock_sleep_until(clock_now_ns() + 5 * NS_PER_MS);
    }
}

static void finish(struct recorder *r)
{
    struct sink sink = recorder_sink(r);
    sink.end(sink.ctx, &the_end);
    struct result result = {
        .header = &tape.header, .verdict = VERDICT_MISSED, .exit_code = 5, .final = true};
    sink.result(sink.ctx, &result);
    recorder_put_result(r, BYTES_LIT("{\"format\":\"prony.result/1\"}"));
}

/* Plays the file back and holds it against the tape; the number of ticks. */
static struct tape_listener listen(void)
{
    struct replay *replay;
    struct err err = {0};
    struct tape_listener listener = {.tape = &tape};
    assert_true(arena_open(&listener.arena, (size_t)256 << 20, &err));
    if (!replay_open(&replay, bytes_of(file), &err)) fail_msg("%s", err.msg);
    struct bus bus;
    bus_init(&bus);
    bus_add(&bus, tape_listen(&listener));
    if (!replay_play(replay, &bus, &err)) fail_msg("%s", err.msg);
    replay_close(replay);
    arena_close(&listener.arena);
    assert_true(listener.ended);
    return listener;
}

static void open_arena(struct arena *arena)
{
    struct err err;
    assert_true(arena_open(arena, (size_t)256 << 20, &err));
}

static void whole_run(void **state)
{
    (void)state;
    struct arena arena;
    struct recorder *r;
    struct err err = {0};
    open_arena(&arena);
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    record(r, &arena, 0, 40);
    finish(r);
    char news[240];
    struct text text = text_in(news, sizeof news);
    assert_false(recorder_trouble(r, &text));
    if (!recorder_close(r, &err)) fail_msg("%s", err.msg);

    struct tape_listener l = listen();
    assert_int_equal(l.ticks, 40);
    assert_int_equal(l.skipped, 0);
    assert_int_equal(l.end.ended, the_end.ended);
    assert_int_equal(l.end.signal, the_end.signal);
    assert_true(l.end.at_ns == the_end.at_ns);
    assert_true(l.end.generator_cpu_ns == the_end.generator_cpu_ns);
    assert_true(l.end.max_rss_bytes == the_end.max_rss_bytes);
    assert_string_equal(l.end.reason, the_end.reason);
    /* One plain file, and nothing beside it. */
    char wal[160];
    text = text_in(wal, sizeof wal);
    text_addf(&text, "%s-wal", file);
    assert_false(file_is_there(wal));
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    arena_close(&arena);
}

static const char day[] = "plan: 1\n"
                          "name: day\n"
                          "target: http://127.0.0.1:1\n"
                          "scenarios:\n"
                          "  all:\n"
                          "    steps: [ GET /0, GET /1, GET /2, GET /3, GET /4, GET /5, GET /6,"
                          " GET /7, GET /8, GET /9 ]\n"
                          "load:\n"
                          "  stages: [ { name: day, rate: 100/s, for: 24h } ]\n";

/* Bytes of a file of `ticks` ticks of the tape, which are few enough to wait in the queue. */
static uint64_t size_of_file(const struct tape *of, struct arena *arena, uint32_t ticks)
{
    struct recorder *r;
    struct err err = {0};
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    struct sink sink = recorder_sink(r);
    sink.begin(sink.ctx, &of->header);
    for (uint32_t i = 0; i < ticks; i++) {
        arena_reset(arena);
        struct tick t = tape_tick(of, arena, i);
        sink.tick(sink.ctx, &t);
    }
    if (!recorder_close(r, &err)) fail_msg("%s", err.msg);
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(unlink(file), 0);
    return (uint64_t)st.st_size;
}

/* A day at 100 iterations a second of ten requests, 86 million requests: what the file grows by
 * with a tick, unused parts of its pages included, times the ticks of a day. */
static void size_of_a_day(void **state)
{
    (void)state;
    enum { SAMPLES = 25, DAY_S = 24 * 3600 };
    struct tape long_tape;
    struct arena arena;
    open_arena(&arena);
    tape_open(&long_tape, day);
    long_tape.tick_ns = run_file_tick_ns(DAY_S * NS_PER_S);
    long_tape.names = 10;
    long_tape.values = (uint32_t)(100 * long_tape.tick_ns / NS_PER_S);
    uint64_t ticks = DAY_S * NS_PER_S / long_tape.tick_ns;
    assert_true(ticks <= RUN_FILE_TICKS_MAX);
    uint64_t empty = size_of_file(&long_tape, &arena, 0);
    uint64_t tick = (size_of_file(&long_tape, &arena, SAMPLES) - empty) / SAMPLES;
    double day_mb = (double)(empty + tick * ticks) / 1e6;
    print_message("# a day of ten names: %.1f MB, %llu bytes a tick\n", day_mb,
                  (unsigned long long)tick);
    assert_true(day_mb <= 50);
    tape_close(&long_tape);
    arena_close(&arena);
}

/* What anyone sees who opens the file with sqlite3. */
static void rows_for_others(void **state)
{
    (void)state;
    struct arena arena;
    struct recorder *r;
    struct err err = {0};
    open_arena(&arena);
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    record(r, &arena, 0, 3);
    finish(r);
    assert_true(recorder_close(r, &err));
    static const struct {
        const char *sql, *want;
    } rows[] = {
        {"PRAGMA application_id", "1886547577"},
        {"PRAGMA user_version", "9"},
        {"PRAGMA journal_mode", "delete"},
        {"SELECT value FROM header WHERE key = 'state'", "ended"},
        {"SELECT json_extract(value, '$.plan.name') FROM header WHERE key = 'run'", "tape"},
        {"SELECT count(*) FROM tick", "3"},
        {"SELECT text FROM event WHERE tick = 1 AND seq = 8", "event 8 of tick 1"},
        {"SELECT status FROM exemplar WHERE tick = 1 AND seq = 1", "503"},
        {"SELECT service || name || label || unit FROM series", "apiwaitinglock of db-#3"},
        {"SELECT verdict || exit || json FROM result", "missed5{\"format\":\"prony.result/1\"}"},
        {"SELECT reason FROM ending", "errors > 20% for 10s"},
    };
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        sqlite3_stmt *s;
        CHECK(rows[i].sql, sqlite3_prepare_v2(db, rows[i].sql, -1, &s, NULL) == SQLITE_OK);
        CHECK(rows[i].sql, sqlite3_step(s) == SQLITE_ROW);
        CHECK_STR(rows[i].sql, (const char *)sqlite3_column_text(s, 0), rows[i].want);
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    arena_close(&arena);
}

/* A child records as a run does, tells how far it is, and is killed. */
static void killed(void **state)
{
    (void)state;
    int told[2];
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        struct arena arena;
        struct recorder *r;
        struct err err;
        if (!arena_open(&arena, (size_t)256 << 20, &err)) _exit(1);
        if (!recorder_open(&r, bytes_of(folder), &err)) _exit(1);
        for (uint32_t i = 0;; i++) {
            record(r, &arena, i, i + 1);
            clock_sleep_until(clock_now_ns() + 50 * NS_PER_MS);
            if (write(told[1], &i, sizeof i) != sizeof i) _exit(1);
        }
    }
    assert_true(child > 0);
    uint32_t last = 0;
    while (last < 12) assert_int_equal(read(told[0], &last, sizeof last), sizeof last);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(told[0]);
    close(told[1]);

    struct tape_listener l = listen();
    assert_in_range(l.ticks, last + 1 - 2, last + 2); /* two ticks, two seconds, at most are lost */
    assert_int_equal(l.end.ended, RUN_INTERRUPTED);
    assert_true(l.end.at_ns == l.ticks * NS_PER_S);
    assert_int_equal(l.end.signal, SIGKILL);
    assert_non_null(strstr(l.end.reason, "killed"));
    /* Read once, it is one plain file. */
    char wal[160];
    struct text text = text_in(wal, sizeof wal);
    text_addf(&text, "%s-wal", file);
    assert_false(file_is_there(wal));
    assert_int_equal(listen().ticks, l.ticks);
}

/* While one process writes, another reads, and neither disturbs the other. */
static void followed(void **state)
{
    (void)state;
    struct arena arena;
    struct recorder *r;
    struct err err = {0};
    open_arena(&arena);
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    record(r, &arena, 0, 8);
    clock_sleep_until(clock_now_ns() + 200 * NS_PER_MS);
    struct tape_listener l = listen();
    assert_in_range(l.ticks, 6, 8);
    assert_int_equal(l.end.signal, 0);
    assert_non_null(strstr(l.end.reason, "still going on"));
    record(r, &arena, 8, 12);
    finish(r);
    if (!recorder_close(r, &err)) fail_msg("%s", err.msg);
    assert_int_equal(listen().ticks, 12);
    arena_close(&arena);
}

/* What another process asks of the run reaches it. */
static void commands(void **state)
{
    (void)state;
    struct arena arena;
    struct recorder *r;
    struct err err = {0};
    open_arena(&arena);
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    record(r, &arena, 0, 2);
    assert_int_equal(recorder_commanded(r), COMMAND_NONE);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    assert_int_equal(
        sqlite3_exec(db, "INSERT INTO command(verb) VALUES('dance'), ('stop')", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    for (uint32_t i = 2; i < 40 && recorder_commanded(r) == COMMAND_NONE; i++) {
        record(r, &arena, i, i + 1);
    }
    assert_int_equal(recorder_commanded(r), COMMAND_STOP);
    finish(r);
    assert_true(recorder_close(r, &err));
    arena_close(&arena);
}

/* A disk that is full for a while: a limit on file sizes stands for it, in a child. */
static void full_child(bool recovers)
{
    struct arena arena;
    struct recorder *r;
    struct err err = {0};
    open_arena(&arena);
    signal(SIGXFSZ, SIG_IGN);
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    record(r, &arena, 0, 10);
    clock_sleep_until(clock_now_ns() + 200 * NS_PER_MS);
    struct rlimit limit, old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = (struct rlimit){16384, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);

    /* More than the queue holds: the first wait, the last are lost to the file. */
    record(r, &arena, 10, 60);
    clock_sleep_until(clock_now_ns() + 200 * NS_PER_MS);
    char news[500];
    struct text text = text_in(news, sizeof news);
    assert_true(recorder_trouble(r, &text));
    text_adds(&text, "; ");
    recorder_trouble(r, &text);
    if (!strstr(news, "cannot be written") && !strstr(news, "short from")) fail_msg("%s", news);

    if (recovers) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        text_clear(&text);
        for (int i = 0; i < 60 && !strstr(news, "written again"); i++) {
            clock_sleep_until(clock_now_ns() + 100 * NS_PER_MS);
            recorder_trouble(r, &text);
        }
        if (!strstr(news, "written again")) fail_msg("news: %s", news);
        assert_non_null(strstr(news, "missing"));
        record(r, &arena, 60, 65);
    }
    finish(r);
    uint64_t began_ns = clock_now_ns();
    assert_false(recorder_close(r, &err));
    assert_non_null(strstr(err.msg, "short from"));
    /* A wait of its own, not a speed: nobody is kept for a disk that stays full. */
    assert_true(clock_now_ns() - began_ns < RECORDER_CLOSE_WAIT_S * NS_PER_S / 2);
}

static void run_child(bool recovers)
{
    pid_t child = fork();
    if (child == 0) {
        full_child(recovers);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void full_disk(void **state)
{
    (void)state;
    run_child(false);
    struct tape_listener l = listen();
    assert_in_range(l.ticks, 9, 40);
    assert_int_equal(l.skipped, 0);
    assert_int_equal(l.end.ended, RUN_INTERRUPTED);
}

static void full_disk_for_a_while(void **state)
{
    (void)state;
    run_child(true);
    struct tape_listener l = listen();
    assert_in_range(l.ticks, 30, 50);
    assert_in_range(l.skipped, 15, 35);
    assert_int_equal(l.ticks + l.skipped, 65);
    assert_int_equal(l.end.ended, RUN_ABORTED);
    struct replay *replay;
    struct err err;
    assert_true(replay_open(&replay, bytes_of(file), &err));
    char why[200];
    struct text text = text_in(why, sizeof why);
    assert_true(replay_trouble(replay, &text));
    assert_non_null(strstr(why, "short from"));
    replay_close(replay);
}

/* A tick that no blob can hold is left out, and those behind it are not held up. */
static void too_large_a_tick(void **state)
{
    (void)state;
    enum { BEFORE = 3, ALL = 6, SLOTS = 1000000 }; /* 28 MB as they are, 70 at most in a blob */
    struct arena arena;
    struct recorder *r;
    struct err err = {0};
    open_arena(&arena);
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    record(r, &arena, 0, BEFORE);
    arena_reset(&arena);
    struct tick huge = tape_tick(&tape, &arena, BEFORE);
    huge.slots = ARENA_ARRAY(&arena, SLOTS, struct slot);
    huge.slot_count = SLOTS;
    assert_non_null(huge.slots);
    struct sink sink = recorder_sink(r);
    sink.tick(sink.ctx, &huge);
    record(r, &arena, BEFORE + 1, ALL);
    finish(r);
    char news[500];
    struct text text = text_in(news, sizeof news);
    for (int i = 0; i < 100 && text.len == 0; i++) {
        clock_sleep_until(clock_now_ns() + 20 * NS_PER_MS);
        recorder_trouble(r, &text);
    }
    CHECK_STR("news", news, "the run file is short from 3 s on: a replay will differ");
    assert_false(recorder_close(r, &err));
    CHECK_STR("error", err.msg, "the run file is short from 3.0 s on: a replay will differ");

    struct tape_listener l = listen();
    assert_int_equal(l.ticks, ALL - 1);
    assert_int_equal(l.skipped, 1);
    assert_int_equal(l.end.ended, the_end.ended);
    struct replay *replay;
    assert_true(replay_open(&replay, bytes_of(file), &err));
    text_clear(&text);
    assert_true(replay_trouble(replay, &text));
    assert_non_null(strstr(news, "short from 3"));
    replay_close(replay);
    arena_close(&arena);
}

/* Plan or result may be too large for the file, too: it goes without, and that is said. */
static void too_large_a_whole(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool plan;
        const char *news, *error;
    } cases[] = {
        {"plan", true, "the plan is too large for the run file, which goes without",
         "the plan is too large for the run file, which is without it"},
        {"result", false, "the result is too large for the run file, which goes without",
         "the result is too large for the run file, which is without it"},
    };
    struct arena huge;
    assert_true(arena_open(&huge, (size_t)80 << 20, NULL));
    size_t len = (size_t)70 << 20;
    char *at = arena_alloc(&huge, len);
    assert_non_null(at);
    memset(at, 'x', len);
    struct bytes all = {at, len};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct recorder *r;
        struct err err = {0};
        char news[500] = "";
        struct text text = text_in(news, sizeof news);
        assert_true(recorder_open(&r, bytes_of(folder), &err));
        struct sink sink = recorder_sink(r);
        struct run_header header = tape.header;
        if (cases[i].plan) header.command = all;
        sink.begin(sink.ctx, &header);
        finish(r);
        if (!cases[i].plan) recorder_put_result(r, all);
        CHECK(cases[i].name, recorder_trouble(r, &text));
        CHECK_STR(cases[i].name, news, cases[i].news);
        CHECK(cases[i].name, !recorder_close(r, &err));
        CHECK_STR(cases[i].name, err.msg, cases[i].error);
        assert_int_equal(unlink(file), 0);
    }
    arena_close(&huge);
}

static void cannot_create(void **state)
{
    (void)state;
    struct recorder *r;
    struct err err = {0};
    assert_false(recorder_open(&r, BYTES_LIT("/nonexistent/folder"), &err));
    assert_int_equal(err.kind, ERR_PREFLIGHT);
    assert_non_null(strstr(err.msg, "/nonexistent/folder/run.prony"));
    /* A run never overwrites another. */
    struct err close_err;
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    struct recorder *second;
    assert_false(recorder_open(&second, bytes_of(folder), &err));
    assert_int_equal(err.sys, EEXIST);
    assert_true(recorder_close(r, &close_err));
}

int main(void)
{
    tape_open(&tape, NULL);
#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(whole_run),
        CASE(rows_for_others),
        CASE(killed),
        CASE(followed),
        CASE(commands),
        CASE(full_disk),
        CASE(full_disk_for_a_while),
        CASE(too_large_a_tick),
        CASE(too_large_a_whole),
        CASE(cannot_create),
        CASE(size_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
