#include "base/child.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "check.h"

static char folder[] = "/tmp/prony-child-XXXXXX";
static char log_path[64];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

static bool start_script(struct child *out, const char *script, struct err *err)
{
    struct bytes argv[] = {BYTES_LIT("sh"), BYTES_LIT("-c"), bytes_of(script)};
    struct bytes env[] = {BYTES_LIT("COLOUR=blue"), BYTES_LIT("HOME=/nowhere")};
    struct child_options options = {
        .argv = argv, .argc = 3, .env = env, .env_count = 2, .cwd = folder, .log = log_path};
    return child_start(out, &options, err);
}

static void wait_end(struct child *c)
{
    struct pollfd p = {.fd = c->word_fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_true(child_ended(c));
}

static bool has_log(const char *want)
{
    char array[4096];
    struct text log = text_in(array, sizeof array);
    file_read_tail(&log, log_path);
    return strstr(array, want) != NULL;
}

static bool wait_log(const char *want)
{
    for (int tries = 0; tries < 500; tries++) {
        if (has_log(want)) return true;
        usleep(10000);
    }
    return false;
}

/* Killed and reaped by whoever it now belongs to, within two seconds. */
static bool wait_gone(pid_t pid)
{
    for (int tries = 0; tries < 200; tries++) {
        char path[64];
        char stat[512] = {0};
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        if (file_read_at(path, 0, stat, sizeof stat - 1) == 0) return true;
        if (strstr(stat, ") Z ")) return true; /* dead; a container's init may not reap */
        usleep(10000);
    }
    return false;
}

static pid_t number_after(const char *label)
{
    char array[4096];
    struct text log = text_in(array, sizeof array);
    file_read_tail(&log, log_path);
    const char *at = strstr(array, label);
    return at ? (pid_t)strtol(at + strlen(label), NULL, 10) : 0;
}

static void test_ends(void **state)
{
    (void)state;
    static const struct {
        const char *name, *script, *want;
        int signal, status;
    } cases[] = {
        {"success", "exit 0", "exited with status 0", 0, 0},
        {"status", "exit 3", "exited with status 3", 0, 3},
        {"signal", "kill -SEGV $$", "killed by SIGSEGV", SIGSEGV, 0},
        {"environment, folder, no input",
         "test \"$COLOUR$HOME\" = blue/nowhere && test -f log && ! read x", "exited with status 0",
         0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        struct child c;
        struct err err = {0};
        CHECK(name, start_script(&c, cases[i].script, &err));
        wait_end(&c);
        char array[64];
        struct text said = text_in(array, sizeof array);
        child_describe(&said, &c);
        CHECK_STR(name, array, cases[i].want);
        CHECK_U64(name, c.signal, cases[i].signal);
        CHECK_U64(name, c.status, cases[i].status);
        child_stop(&c, SIGTERM, 0);
    }
}

static void test_cannot_start(void **state)
{
    (void)state;
    struct bytes argv[] = {BYTES_LIT("./no-such-program")};
    struct child_options options = {.argv = argv, .argc = 1, .cwd = folder, .log = log_path};
    struct child c;
    struct err err = {0};
    assert_false(child_start(&c, &options, &err));
    assert_int_equal(err.kind, ERR_PREFLIGHT);
    assert_string_equal(err.msg, "cannot execute ./no-such-program: No such file or directory");
    assert_non_null(strstr(err.hint, folder));
    options.cwd = "/no/such/folder";
    assert_false(child_start(&c, &options, &err));
    assert_string_equal(err.msg, "cannot enter /no/such/folder: No such file or directory");
    options.log = "/no/such/folder/log";
    assert_false(child_start(&c, &options, &err));
    assert_non_null(strstr(err.msg, "cannot write /no/such/folder/log"));
    child_stop(&c, SIGTERM, 0); /* legal on one that never started */
}

static void test_stop_asks_then_kills(void **state)
{
    (void)state;
    struct child c;
    struct err err = {0};
    assert_true(start_script(&c,
                             "trap 'echo asked; exit 7' TERM; echo polite; "
                             "while :; do sleep 0.01; done",
                             &err));
    assert_true(wait_log("polite"));
    assert_false(child_ended(&c));
    child_stop(&c, SIGTERM, 5 * NS_PER_S);
    assert_int_equal(c.status, 7);
    assert_true(wait_log("asked"));

    assert_true(
        start_script(&c, "trap '' TERM; echo stubborn; while :; do sleep 0.01; done", &err));
    assert_true(wait_log("stubborn"));
    uint64_t before = clock_now_ns();
    child_stop(&c, SIGTERM, NS_PER_S / 5);
    assert_true(clock_now_ns() - before >= NS_PER_S / 5);
    assert_int_equal(c.signal, SIGKILL);
}

static void test_grandchildren_go_too(void **state)
{
    (void)state;
    struct child c;
    struct err err = {0};
    assert_true(start_script(&c, "(trap '' TERM; exec sleep 60) & echo first=$!; exit 0", &err));
    wait_end(&c);
    pid_t grandchild = number_after("first=");
    assert_true(grandchild > 0);
    assert_int_equal(kill(grandchild, 0), 0);
    child_stop(&c, SIGTERM, 0);
    assert_true(wait_gone(grandchild));
}

/* A daemon leaves its group and its parent; only a subreaper above it still knows whose it was. */
static void test_daemons_go_too(void **state)
{
    (void)state;
    static const struct {
        const char *name, *script;
        uint32_t left;
        bool ends; /* the child itself, before it is stopped */
        bool asked;
    } cases[] = {
        {"by itself",
         "setsid sh -c 'trap \"echo bye; exit\" TERM; echo daemon=$$; "
         "while :; do sleep 0.01; done' & echo off; exit 0",
         1, true, true},
        {"below one that lives",
         "setsid sh -c 'trap \"echo bye; exit\" TERM; echo daemon=$$; "
         "while :; do sleep 0.01; done' & exec sleep 60",
         1, false, true},
        {"deaf", "setsid sh -c 'trap \"\" TERM; echo daemon=$$; exec sleep 60' & exit 0", 1, true,
         false},
        {"of the group", "sh -c 'echo daemon=$$; exec sleep 60' & exit 0", 0, true, false},
        {"and what it has started",
         "setsid sh -c 'setsid sleep 60 & echo daemon=$!; "
         "exec sleep 60' & exit 0",
         2, true, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        struct child c;
        struct err err = {0};
        unlink(log_path);
        CHECK(name, start_script(&c, cases[i].script, &err));
        CHECK(name, wait_log("daemon="));
        if (cases[i].ends) wait_end(&c);
        pid_t daemon = number_after("daemon=");
        CHECK(name, daemon > 0 && kill(daemon, 0) == 0);
        bool deaf = strcmp(name, "deaf") == 0;
        child_stop(&c, SIGTERM, deaf ? NS_PER_S / 5 : 20 * NS_PER_S);
        CHECK(name, kill(daemon, 0) != 0); /* gone and reaped, not only dying */
        CHECK_U64(name, c.left_count, cases[i].left);
        CHECK(name, cases[i].left == 0 || c.left_pid > 0);
        CHECK(name, cases[i].asked == has_log("bye"));
        child_stop(&c, SIGTERM, 0);
    }
}

/* As kill -9 of prony: a process that has a child with a child dies without a word. */
static void test_nothing_outlives_a_killed_parent(void **state)
{
    (void)state;
    char guarded[64];
    snprintf(guarded, sizeof guarded, "%s/guarded", folder);
    pid_t parent = fork();
    if (parent == 0) {
        struct child c;
        struct err err = {0};
        if (!start_script(&c,
                          "sleep 61 & echo second=$!; "
                          "setsid sleep 62 & echo third=$! self=$$; wait",
                          &err))
            _exit(1);
        if (!file_write(guarded, BYTES_LIT("yes"), &err)) _exit(1);
        pause();
        _exit(0);
    }
    assert_true(wait_log("self="));
    for (int tries = 0; tries < 500 && !file_is_there(guarded); tries++) usleep(10000);
    pid_t grandchild = number_after("second=");
    pid_t daemon = number_after("third=");
    pid_t child = number_after("self=");
    assert_true(child > 0 && grandchild > 0 && daemon > 0);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_true(wait_gone(child));
    assert_true(wait_gone(grandchild));
    assert_true(wait_gone(daemon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_cannot_start),
        cmocka_unit_test(test_stop_asks_then_kills),
        cmocka_unit_test(test_grandchildren_go_too),
        cmocka_unit_test(test_daemons_go_too),
        cmocka_unit_test(test_nothing_outlives_a_killed_parent),
    };
    return cmocka_run_group_tests_name("child", tests, setup, teardown);
}
