#include "store/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/file.h"
#include "check.h"
#include "store/header_json.h"
#include "store/recorder.h"
#include "store/run_file.h"
#include "tape.h"

#define TICKS 12

static struct tape tape;
static char folder[64], file[128];

/* A run that is written and closed. */
static int enter(void **state)
{
    (void)state;
    tape_folder(folder, sizeof folder);
    struct text text = text_in(file, sizeof file);
    text_addf(&text, "%s/" RUN_FILE_NAME, folder);
    struct arena arena;
    struct recorder *r;
    struct err err = {0};
    assert_true(arena_open(&arena, (size_t)256 << 20, &err));
    assert_true(recorder_open(&r, bytes_of(folder), &err));
    struct sink sink = recorder_sink(r);
    sink.begin(sink.ctx, &tape.header);
    for (uint32_t i = 0; i < TICKS; i++) {
        arena_reset(&arena);
        struct tick t = tape_tick(&tape, &arena, i);
        sink.tick(sink.ctx, &t);
    }
    struct run_end end = {.ended = RUN_COMPLETE, .at_ns = TICKS * NS_PER_S};
    sink.end(sink.ctx, &end);
    assert_true(recorder_close(r, &err));
    arena_close(&arena);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    tape_remove(folder);
    return 0;
}

/* Plays `path`; the ticks heard, or -1 with `err`. */
static int play(const char *path, struct err *err)
{
    struct replay *replay;
    struct tape_listener l = {.tape = &tape};
    if (!replay_open(&replay, bytes_of(path), err)) return -1;
    assert_true(arena_open(&l.arena, (size_t)256 << 20, err));
    struct bus bus;
    bus_init(&bus);
    bus_add(&bus, tape_listen(&l));
    bool played = replay_play(replay, &bus, err);
    assert_true(l.ended == played);
    replay_close(replay);
    arena_close(&l.arena);
    return played ? (int)l.ticks : -1;
}

static void sql(const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* ---- the header ---- */

#define SAME(field) CHECK(#field, got->field == want->field)
#define SAME_TEXT(field) CHECK(#field, bytes_equal(got->field, want->field))

static void check_stage(const struct stage *got, const struct stage *want, uint32_t scenarios)
{
    SAME_TEXT(name);
    SAME_TEXT(group);
    SAME(at.line);
    SAME(at.col);
    SAME(at.len);
    SAME(at.offset);
    SAME(model);
    SAME(rate_from);
    SAME(rate_to);
    SAME(users_from);
    SAME(users_to);
    SAME(length_ns);
    SAME(requests);
    SAME(settle_ns);
    SAME(judged);
    SAME(warmup);
    SAME(arrivals);
    SAME(has_think);
    SAME(think.lo_ns);
    SAME(think.hi_ns);
    SAME(pacing_ns);
    for (uint32_t i = 0; want->mix && i < scenarios; i++) SAME(mix[i]);
}

static void check_objective(const struct objective *got, const struct objective *want)
{
    SAME_TEXT(text);
    SAME(at.line);
    SAME(at.col);
    SAME(warn);
    SAME(implicit);
    SAME(metric);
    SAME(per_million);
    SAME(scope);
    SAME(scope_index);
    SAME(has_in);
    SAME(stage_first);
    SAME(stage_count);
    SAME(op);
    SAME(value);
    SAME(of_offered);
    SAME(for_ns);
}

static void check_plan(const struct plan *got, const struct plan *want)
{
    SAME_TEXT(name);
    SAME_TEXT(path);
    SAME_TEXT(source);
    SAME(target_count);
    SAME(scenario_count);
    SAME(name_count);
    SAME(stage_count);
    SAME(objective_count);
    SAME(abort_count);
    SAME(max_in_flight);
    SAME(connections);
    SAME(threads);
    SAME(seed);
    SAME(seed_given);
    for (uint32_t i = 0; i < want->target_count; i++) SAME_TEXT(targets[i].text);
    for (uint32_t i = 0; i < want->name_count; i++) SAME_TEXT(names[i]);
    for (uint32_t i = 0; i < want->scenario_count; i++) {
        SAME_TEXT(scenarios[i].name);
        SAME(scenarios[i].weight);
        SAME(scenarios[i].step_count);
        for (uint32_t k = 0; k < want->scenarios[i].step_count; k++)
            SAME(scenarios[i].steps[k].name_index);
    }
    for (uint32_t i = 0; i < want->stage_count; i++) {
        check_stage(&got->stages[i], &want->stages[i], want->scenario_count);
    }
    for (uint32_t i = 0; i < want->objective_count; i++) {
        check_objective(&got->objectives[i], &want->objectives[i]);
    }
    for (uint32_t i = 0; i < want->abort_count; i++) {
        check_objective(&got->abort_when[i], &want->abort_when[i]);
    }
}

static void header(void **state)
{
    (void)state;
    struct replay *replay;
    struct err err = {0};
    if (!replay_open(&replay, bytes_of(file), &err)) fail_msg("%s", err.msg);
    const struct run_header *got = replay_header(replay), *want = &tape.header;
    assert_string_equal(got->id, want->id);
    SAME(wall_start_ns);
    SAME(tick_ns);
    SAME(cores);
    SAME(memory_bytes);
    assert_true(got->threads == want->threads && got->budget_bytes == want->budget_bytes);
    SAME(response_limit_ns);
    SAME(watch_ns);
    SAME_TEXT(command);
    SAME_TEXT(version);
    SAME_TEXT(kernel);
    SAME_TEXT(cpu);
    assert_true(bytes_is(got->host, "bench\\xff")); /* JSON holds only UTF-8 */
    check_plan(got->plan, want->plan);
    replay_close(replay);
}

static const char secret_plan[] =
    "plan: 1\n"
    "name: secrets\n"
    "target: http://me:s3cret@127.0.0.1:8080/a:b@c # http://me:$env.PW@host\n"
    "scenarios:\n"
    "  all:\n"
    "    headers: { Authorization: \"Bearer abc.def\" }\n"
    "    steps:\n"
    "      - post: /login\n"
    "        body: user=me&password=$env.PASSWORD # was hunter22 once\n"
    "load:\n"
    "  stages: [ { name: only, rate: 10/s, for: 5s } ]\n";

/* No secret gets into the file, and places stay where they were. */
static void secrets(void **state)
{
    (void)state;
    struct tape with;
    tape_open(&with, NULL);
    static struct bytes secret;
    secret = BYTES_LIT("hunter22");
    with.plan.secrets = &secret;
    with.plan.secret_count = 1;
    with.plan.source = BYTES_LIT(secret_plan);
    struct bytes json = header_json_make(&with.arena, &with.header);
    assert_non_null(json.at);
    static const char *const hidden[] = {"hunter22", "abc.def", "Bearer", "s3cret"};
    for (size_t i = 0; i < COUNT_OF(hidden); i++) {
        CHECK(hidden[i], bytes_find(json, bytes_of(hidden[i])) == SIZE_MAX);
    }
    struct run_header back;
    struct err err;
    assert_true(header_json_read(&back, &with.arena, json, &err));
    struct bytes source = back.plan->source;
    assert_int_equal(source.len, with.plan.source.len);
    assert_int_equal(bytes_find(source, BYTES_LIT("load:")),
                     bytes_find(with.plan.source, BYTES_LIT("load:")));
    static const char *const kept[] = {"$env.PASSWORD", "http://me:", "@127.0.0.1:8080/a:b@c",
                                       "me:$env.PW@host"};
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        CHECK(kept[i], bytes_find(source, bytes_of(kept[i])) != SIZE_MAX);
    }
    tape_close(&with);
}

/* ---- other objectives ---- */

static void other_objectives(void **state)
{
    (void)state;
    struct replay *replay;
    struct err err = {0};
    static struct diags diags;
    assert_true(replay_open(&replay, bytes_of(file), &err));
    const struct bytes good[] = {BYTES_LIT("p95 of \"GET /jobs\" < 80ms"),
                                 BYTES_LIT("errors < 1%")};
    const struct bytes bad[] = {BYTES_LIT("p95 < 80ms"), BYTES_LIT("p95 of nobody < 80ms")};
    diags = (struct diags){0};
    assert_false(replay_set_objectives(replay, bad, 2, &diags));
    assert_int_equal(diags.count, 1);
    assert_int_equal(replay_header(replay)->plan->objective_count, 4);
    diags = (struct diags){0};
    assert_true(replay_set_objectives(replay, good, 2, &diags));
    const struct plan *plan = replay_header(replay)->plan;
    assert_int_equal(plan->objective_count, 2);
    assert_int_equal(plan->objectives[0].metric, METRIC_QUANTILE);
    assert_int_equal(plan->objectives[0].per_million, 950000);
    assert_true(plan->objectives[0].value == 80e6);
    assert_int_equal(plan->objectives[1].metric, METRIC_ERRORS);
    assert_false(plan->objectives[1].implicit);
    /* Limits of time alone get the implied one beside them. */
    assert_true(replay_set_objectives(replay, good, 1, &diags));
    assert_int_equal(plan->objective_count, 2);
    assert_int_equal(plan->objectives[1].metric, METRIC_ERRORS);
    assert_true(plan->objectives[1].implicit);
    assert_true(plan->objectives[1].value == 0.5);
    replay_close(replay);
}

/* ---- files in every state ---- */

/* Runs `body` where nothing may be written, as a user without rights. */
static int as_nobody(int (*body)(void))
{
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0
            && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)) {
            _exit(99);
        }
        _exit(body());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int play_here(void)
{
    char probe[160];
    struct text text = text_in(probe, sizeof probe);
    text_addf(&text, "%s/probe", folder);
    if (open(probe, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) >= 0) return 98; /* it may be written */
    struct err err = {0};
    int ticks = play(file, &err);
    if (ticks < 0) print_error("%s\n", err.msg);
    return ticks < 0 ? 97 : ticks;
}

static void read_only(void **state)
{
    (void)state;
    assert_int_equal(chmod(file, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(as_nobody(play_here), TICKS);
    assert_int_equal(chmod(folder, 0755), 0);
}

/* Left by a kill (a log stands beside the file), then moved to where nothing may be written. */
static void read_only_with_log(void **state)
{
    (void)state;
    sql("DELETE FROM ending");
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db;
        if (sqlite3_open(file, &db) != SQLITE_OK) _exit(1);
        const char *text = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
                           "DELETE FROM tick WHERE id > 7; DELETE FROM event WHERE tick > 7;"
                           "DELETE FROM exemplar WHERE tick > 7";
        _exit(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : 1); /* without closing */
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char beside[160];
    static const char *const suffixes[] = {"-wal", "-shm"};
    for (size_t i = 0; i < 2; i++) {
        struct text text = text_in(beside, sizeof beside);
        text_addf(&text, "%s%s", file, suffixes[i]);
        CHECK(beside, file_is_there(beside));
        if (i == 1) assert_int_equal(unlink(beside), 0);
        else assert_int_equal(chmod(beside, 0444), 0);
    }
    assert_int_equal(chmod(file, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(as_nobody(play_here), 8);
    assert_int_equal(chmod(folder, 0755), 0);
}

static void keep_end(void *ctx, const struct run_end *end)
{
    *(struct run_end *)ctx = *end;
}

/* Files that lack ticks say how many and from when; one that lacks only its end is not short. */
static void short_files(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql;
        uint32_t missing;
        uint64_t from_s;
        const char *trouble;
    } rows[] = {
        {"whole", "SELECT 1", 0, 0, ""},
        {"one gone", "DELETE FROM tick WHERE id = 4", 1, 4, "short from 4.0 s on: ticks"},
        {"three gone", "DELETE FROM tick WHERE id IN (4, 5, 9)", 3, 4, "short from 4.0 s"},
        {"the first gone", "DELETE FROM tick WHERE id = 0", 1, 0, "short from 0.0 s"},
        {"the last gone", "DELETE FROM tick WHERE id > 8", 1, 9, "short from 9.0 s"},
        {"all gone", "DELETE FROM tick", 1, 0, "short from 0.0 s"},
        {"said by the recorder", "INSERT INTO header VALUES('short_from_ns', '7000000000')", 1, 7,
         "short from 7.0 s on (it could not be written then)"},
        {"said and seen",
         "INSERT INTO header VALUES('short_from_ns', '7000000000'); DELETE FROM tick WHERE id = 7",
         1, 7, "short from 7.0 s on (it could not be written then)"},
        {"killed", "DELETE FROM tick WHERE id > 8; DELETE FROM ending", 0, 0, ""},
        {"killed, and one gone before", "DELETE FROM tick WHERE id IN (4, 11); DELETE FROM ending",
         1, 4, "short from 4.0 s"},
        {"ended before it could be judged", "DELETE FROM tick; UPDATE ending SET ended = 3", 0, 0,
         ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(enter(state), 0);
        sql("UPDATE tick SET last = 1 WHERE id = 11");
        sql(rows[i].sql);
        struct replay *replay;
        struct run_end end = {0};
        struct err err = {0};
        assert_true(replay_open(&replay, bytes_of(file), &err));
        struct bus bus;
        bus_init(&bus);
        bus_add(&bus, (struct sink){.ctx = &end, .end = keep_end});
        CHECK(rows[i].name, replay_play(replay, &bus, &err));
        CHECK_U64(rows[i].name, end.missing_ticks, rows[i].missing);
        CHECK_U64(rows[i].name, end.missing_from_ns, rows[i].from_s * NS_PER_S);
        char array[200];
        struct text why = text_in(array, sizeof array);
        CHECK(rows[i].name, replay_trouble(replay, &why) == (rows[i].missing > 0));
        CHECK(rows[i].name, strstr(array, rows[i].trouble) != NULL);
        replay_close(replay);
        assert_int_equal(leave(state), 0);
    }
}

static void overwrite(long offset, const char *bytes, size_t len)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, offset), (ssize_t)len);
    close(fd);
}

static void cut_short(void)
{
    assert_int_equal(truncate(file, 9000), 0);
}

static void emptied(void)
{
    assert_int_equal(truncate(file, 0), 0);
}

static void other_text(void)
{
    struct err err;
    assert_true(file_write(file, BYTES_LIT("plan: 1\nname: not a run\n"), &err));
}

static void other_application(void)
{
    overwrite(68, "abcd", 4);
}

static void newer(void)
{
    overwrite(60, "\0\0\0\x0a", 4);
}

static void no_version(void)
{
    overwrite(60, "\0\0\0\0", 4);
}

static void no_header(void)
{
    sql("DELETE FROM header WHERE key = 'run'");
}

static void header_not_json(void)
{
    sql("UPDATE header SET value = '{\"id\":' WHERE key = 'run'");
}

static void header_lacks_stages(void)
{
    sql("UPDATE header SET value = json_remove(value, '$.plan.stages') WHERE key = 'run'");
}

static void tick_lasts_nothing(void)
{
    sql("UPDATE header SET value = json_set(value, '$.tick_ns', 0) WHERE key = 'run'");
}

static void objective_garbled(void)
{
    sql("UPDATE header SET value = json_set(value, '$.plan.objectives[0].text', 'p95 of x < 1ms')"
        " WHERE key = 'run'");
}

static void blob_garbled(void)
{
    sql("UPDATE tick SET blob = x'28b52ffd2005290000' WHERE id = 4");
}

static void header_negative(void)
{
    sql("UPDATE header SET value = json_set(value, '$.cores', -1) WHERE key = 'run'");
}

static void tick_without_end(void)
{
    sql("UPDATE tick SET end_ns = -1 WHERE id = 4");
}

static void stage_of_centuries(void)
{
    sql("UPDATE header SET value = json_set(value, '$.plan.stages[0].length_ns',"
        " 5000000000000000000) WHERE key = 'run'");
}

/* 5,000 names in 5,000 stages. */
static void too_many_tables(void)
{
    sql("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        " UPDATE header SET value = json_set(value,"
        " '$.plan.names', (SELECT json_group_array('n' || i) FROM n),"
        " '$.plan.stages', json('[' || (SELECT"
        " group_concat(substr(i, 1, 0) || json_extract(value, '$.plan.stages[0]')) FROM n) || ']'),"
        " '$.plan.objectives', json('[]'), '$.plan.abort_when', json('[]')) WHERE key = 'run'");
}

static void event_out_of_range(void)
{
    sql("UPDATE event SET kind = 77 WHERE tick = 1 AND seq = 3");
}

static void exemplar_out_of_range(void)
{
    sql("UPDATE exemplar SET name = 77");
}

static void table_gone(void)
{
    sql("DROP TABLE exemplar");
}

static void damaged(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*damage)(void);
        const char *want;
        bool copy; /* a whole copy of it would help */
    } rows[] = {
        {"cut short", cut_short, "damaged (cut short: 8 of its ", true},
        {"empty", emptied, "is not a run file", false},
        {"text", other_text, "is not a run file", false},
        {"other application", other_application, "not a run of prony", false},
        {"newer", newer, "newer prony", false},
        {"no version", no_version, "no format version", true},
        {"no header", no_header, "holds no run", false},
        {"header not JSON", header_not_json, "header is damaged", true},
        {"header lacks stages", header_lacks_stages, "damaged at 'stages'", true},
        {"ticks last nothing", tick_lasts_nothing, "damaged at 'tick_ns'", true},
        {"objective garbled", objective_garbled, "damaged at 'objectives'", true},
        {"blob garbled", blob_garbled, "damaged at tick 4", true},
        {"header has a negative", header_negative, "damaged at 'cores'", true},
        {"a tick has no end", tick_without_end, "damaged at tick 4", true},
        {"a stage of centuries", stage_of_centuries, "damaged at 'length_ns'", true},
        {"too many tables", too_many_tables, "damaged at 'stages'", true},
        {"event out of range", event_out_of_range, "damaged at tick 1", true},
        {"exemplar out of range", exemplar_out_of_range, "damaged at tick 1", true},
        {"table gone", table_gone, "its tables are damaged", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        leave(NULL);
        enter(NULL);
        rows[i].damage();
        struct err err = {0};
        CHECK(rows[i].name, play(file, &err) == -1);
        if (!strstr(err.msg, rows[i].want)) fail_msg("%s: '%s'", rows[i].name, err.msg);
        bool copy = strcmp(err.hint, "copy it again from where it is whole") == 0;
        if (copy != rows[i].copy) fail_msg("%s: '%s'", rows[i].name, err.hint);
        if (rows[i].copy) CHECK(rows[i].name, strstr(err.msg, file) != NULL);
    }
}

static void not_there(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(play("/nonexistent/run.prony", &err), -1);
    assert_int_equal(err.sys, ENOENT);
    assert_int_equal(play(folder, &err), -1);
    assert_non_null(strstr(err.msg, "is a folder"));
}

/* Somebody else's database is refused without being touched. */
static void foreign_database(void **state)
{
    (void)state;
    char path[160];
    struct text text = text_in(path, sizeof path);
    text_addf(&text, "%s/other.db", folder);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE t(x)", NULL, NULL, NULL),
        SQLITE_OK);
    struct err err = {0};
    assert_int_equal(play(path, &err), -1);
    text_adds(&text, "-wal");
    assert_true(file_is_there(path)); /* its log was not folded in */
    sqlite3_close(db);
}

int main(void)
{
    tape_open(&tape, NULL);
#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(header),
        CASE(secrets),
        CASE(other_objectives),
        CASE(read_only),
        CASE(read_only_with_log),
        cmocka_unit_test(short_files),
        CASE(damaged),
        CASE(not_there),
        CASE(foreign_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
