#include "store/runs.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "check.h"
#include "store/recorder.h"
#include "store/run_file.h"
#include "tape.h"

static struct tape tape;
static struct arena arena;
static char place[64], root_array[128];
static struct bytes root;

static int enter(void **state)
{
    (void)state;
    struct err err;
    tape_folder(place, sizeof place);
    struct text text = text_in(root_array, sizeof root_array);
    text_addf(&text, "%s/" RUNS_FOLDER, place);
    root = text_bytes(&text);
    return arena_open(&arena, (size_t)256 << 20, &err) ? 0 : 1;
}

static int leave(void **state)
{
    (void)state;
    arena_close(&arena);
    tape_remove(place);
    return 0;
}

/* A run of `ticks` ticks; without `ended` it is left as a kill leaves it. */
static struct bytes make_run(char id[RUN_ID_LEN + 1], uint32_t ticks, bool ended)
{
    struct bytes folder;
    struct recorder *r;
    struct err err = {0};
    if (!runs_create(root, &arena, id, &folder, &err)) fail_msg("%s", err.msg);
    assert_true(recorder_open(&r, folder, &err));
    memcpy(tape.header.id, id, RUN_ID_LEN + 1);
    struct sink sink = recorder_sink(r);
    sink.begin(sink.ctx, &tape.header);
    for (uint32_t i = 0; i < ticks; i++) {
        struct tick t = tape_tick(&tape, &arena, i);
        sink.tick(sink.ctx, &t);
    }
    struct run_end end = {.ended = RUN_COMPLETE, .at_ns = 5300000000};
    struct result result = {.final = true, .verdict = VERDICT_HOLDS};
    if (ended) sink.end(sink.ctx, &end);
    if (ended) sink.result(sink.ctx, &result);
    assert_true(recorder_close(r, &err));
    return folder;
}

static void new_ones(void **state)
{
    (void)state;
    char last[RUN_ID_LEN + 1] = "";
    for (int i = 0; i < 40; i++) { /* more than one tenth of a second has names for */
        char id[RUN_ID_LEN + 1];
        struct bytes folder;
        struct err err;
        if (i == 20) clock_sleep_until(clock_now_ns() + 150 * NS_PER_MS);
        assert_true(runs_create(root, &arena, id, &folder, &err));
        assert_int_equal(strlen(id), RUN_ID_LEN);
        assert_true(strcmp(id, last) > 0);
        memcpy(last, id, sizeof last);
        struct stat st;
        assert_int_equal(stat(folder.at, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
    }
}

static void cannot_create(void **state)
{
    (void)state;
    struct err err = {0};
    char id[RUN_ID_LEN + 1];
    struct bytes folder;
    char file[128];
    struct text text = text_in(file, sizeof file);
    text_addf(&text, "%s/file", place);
    assert_true(file_write(file, BYTES_LIT("x"), &err));
    text_adds(&text, "/runs");
    assert_false(runs_create(text_bytes(&text), &arena, id, &folder, &err));
    assert_int_equal(err.kind, ERR_PREFLIGHT);
    assert_true(err.hint[0] != '\0');
}

static void find(void **state)
{
    (void)state;
    char first[RUN_ID_LEN + 1], second[RUN_ID_LEN + 1], third[RUN_ID_LEN + 1];
    make_run(first, 2, true);
    clock_sleep_until(clock_now_ns() + 150 * NS_PER_MS);
    struct bytes folder = make_run(second, 2, true);
    struct bytes empty;
    struct err err = {0};
    clock_sleep_until(clock_now_ns() + 150 * NS_PER_MS);
    assert_true(runs_create(root, &arena, third, &empty, &err)); /* a run without a file */

    char file[160], older[160], same[8] = "", longest[RUN_ID_LEN + 1];
    struct text text = text_in(older, sizeof older);
    text_addf(&text, "%.*s/%s/" RUN_FILE_NAME, BYTES_ARG(root), first);
    text = text_in(file, sizeof file);
    text_addf(&text, "%.*s/" RUN_FILE_NAME, BYTES_ARG(folder));
    size_t common = 0;
    while (first[common] == second[common]) common++;
    memcpy(same, first, common < 7 ? common : 7);
    memcpy(longest, second, RUN_ID_LEN); /* all but the last sign: the tenth of a second */
    longest[RUN_ID_LEN - 1] = '\0';
    const struct {
        const char *name, *want; /* want: the file, or a part of the complaint */
        bool found;
    } rows[] = {
        {second, file, true},
        {longest, file, true},
        {"last", file, true},
        {"last~0", file, true},
        {"last~1", older, true},
        {"last~2", "last~2 goes back too far: 2 runs are in", false},
        {"last~18446744073709551616", "there is no run 'last~18446744073709551616'", false},
        {"last~", "there is no run 'last~'", false},
        {"last~x", "there is no run 'last~x'", false},
        {folder.at, file, true},
        {file, file, true},
        {same, "is the start of", false},
        {"zzzzzzzz", "there is no run 'zzzzzzzz'", false},
        {"\x1b[2J", "there is no run '\\x1b[2J'", false},
        {place, "holds no run.prony", false},
        {"", "no run is named", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes path = {0};
        bool found = runs_find(root, bytes_of(rows[i].name), &arena, &path, &err);
        CHECK(rows[i].name, found == rows[i].found);
        if (found) CHECK_STR(rows[i].name, path.at, rows[i].want);
        else if (!strstr(err.msg, rows[i].want)) fail_msg("%s: '%s'", rows[i].name, err.msg);
        if (!found) CHECK_U64(rows[i].name, err.kind, ERR_USAGE);
    }
}

static void no_runs(void **state)
{
    (void)state;
    struct err err;
    struct bytes path;
    assert_false(runs_find(root, BYTES_LIT("last"), &arena, &path, &err));
    assert_non_null(strstr(err.msg, "no run yet"));
    assert_false(runs_find(root, BYTES_LIT("last~1"), &arena, &path, &err));
    assert_non_null(strstr(err.msg, "no run yet"));
    assert_int_equal(runs_ids(root, RUNS_MAX, &arena).count, 0);
}

static void list(void **state)
{
    (void)state;
    char ended[RUN_ID_LEN + 1], killed[RUN_ID_LEN + 1], broken[RUN_ID_LEN + 1];
    struct err err;
    make_run(ended, 3, true);
    make_run(killed, 4, false);
    struct bytes folder = make_run(broken, 1, true);
    char file[160];
    struct text text = text_in(file, sizeof file);
    text_addf(&text, "%.*s/" RUN_FILE_NAME, BYTES_ARG(folder));
    assert_true(file_write(file, BYTES_LIT("not a run"), &err));

    struct runs_ids ids = runs_ids(root, RUNS_MAX, &arena);
    struct run_entry entries[3];
    assert_int_equal(ids.count, 3);
    for (uint32_t i = 0; i < ids.count; i++) {
        runs_read(&entries[i], root, ids.items[i], true, &arena);
    }
    assert_string_equal(entries[0].id, broken);
    assert_string_equal(entries[1].id, killed);
    assert_string_equal(entries[2].id, ended);
    assert_true(entries[0].trouble.len > 0);
    assert_true(bytes_is(entries[1].verdict, "no verdict"));
    assert_false(entries[1].has_exit || entries[1].sound);
    assert_true(entries[1].length_ns == 4 * NS_PER_S);
    assert_true(bytes_is(entries[2].verdict, "holds"));
    assert_true(entries[2].has_exit && entries[2].exit_code == 0);
    assert_true(entries[2].length_ns == 5300000000);
    assert_true(entries[2].wall_start_ns == tape.header.wall_start_ns);
    assert_true(bytes_is(entries[2].plan, "tape"));
}

/* Of more than are asked for the newest, in whatever order the folder has them. */
static void the_newest_of_many(void **state)
{
    (void)state;
    struct err err;
    for (uint32_t i = 0; i < 300; i++) {
        char path[200];
        struct text text = text_in(path, sizeof path);
        text_addf(&text, "%.*s/0000%04u", BYTES_ARG(root), i * 7 % 300);
        assert_true(file_make_folders(path, &err));
    }
    for (uint32_t most = 1; most < 400; most = 3 * most + 1) {
        struct runs_ids ids = runs_ids(root, most, &arena);
        CHECK_U64("as many", ids.count, most < 300 ? most : 300);
        for (uint32_t i = 0; i < ids.count; i++) {
            char want[RUN_ID_LEN + 1];
            struct text text = text_in(want, sizeof want);
            text_addf(&text, "0000%04u", 299 - i);
            CHECK_STR("the newest first", ids.items[i], want);
        }
    }
}

/* An id says when it was given. */
static void moment_of_an_id(void **state)
{
    (void)state;
    char id[RUN_ID_LEN + 1];
    struct bytes folder;
    struct err err;
    uint64_t before_ns = clock_wall_ns();
    assert_true(runs_create(root, &arena, id, &folder, &err));
    uint64_t id_ns = runs_id_ns(id);
    assert_true(id_ns + 100 * NS_PER_MS > before_ns && id_ns <= clock_wall_ns());
    assert_true(runs_id_ns("00000010") == 100 * NS_PER_MS);
    assert_true(runs_id_ns("0000010z") == 32 * 100 * NS_PER_MS);
}

int main(void)
{
    tape_open(&tape, NULL);
#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(new_ones),        CASE(cannot_create),      CASE(find), CASE(no_runs), CASE(list),
        CASE(moment_of_an_id), CASE(the_newest_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
