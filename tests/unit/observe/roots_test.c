/* Services that run already, found by number, name, port, cgroup and unit; gone, and back. */
#include "observe/roots.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "seen.h"

#define NAME "prony-roots-t" /* of a process: at most 15 bytes */

static struct roots roots;

static void open_roots(const struct attach *attach, const char *root)
{
    assert_true(roots_open(&roots, seen_arena(), attach, 0, root));
}

static void put_stat(const char *pid, const char *start)
{
    char path[64];
    char words[200];
    struct text p = text_in(path, sizeof path);
    struct text w = text_in(words, sizeof words);
    text_addf(&p, "/proc/%s/stat", pid);
    text_addf(&w, "%s (x) y) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 %s 20\n", pid, start);
    seen_put(path, words);
}

/* A number whose process has gone is nobody, and stays so when another gets it. */
static void by_number(void **state)
{
    (void)state;
    struct err err = {0};
    const struct attach attach = {.kind = ATTACH_PID, .number = 71};
    seen_again();
    open_roots(&attach, seen_root());
    assert_false(roots_look(&roots, true, 0, &err));
    assert_string_equal(err.msg, "there is no process 71");
    put_stat("71", "500");
    assert_true(roots_look(&roots, true, 0, &err));
    assert_int_equal(roots.count, 1);
    assert_int_equal(roots.pids[0], 71);
    put_stat("71", "900");
    assert_true(roots_look(&roots, false, 1, &err)); /* its children are still there */
    assert_int_equal(roots.count, 0);
    assert_false(roots_look(&roots, true, 2, &err));
    assert_string_equal(err.msg, "there is no process 71 any more: its number is another's");
}

/* What a file says may change: it was restarted. */
static void by_file(void **state)
{
    (void)state;
    char path[100];
    struct err err = {0};
    seen_again();
    struct text text = text_in(path, sizeof path);
    text_addf(&text, "%s/x.pid", seen_root());
    const struct attach attach = {.kind = ATTACH_PID, .text = text_bytes(&text)};
    open_roots(&attach, seen_root());
    seen_put("/x.pid", "nonsense\n");
    assert_false(roots_look(&roots, true, 0, &err));
    assert_non_null(strstr(err.msg, "no number of a process in "));
    put_stat("71", "500");
    put_stat("72", "600");
    seen_put("/x.pid", " 71\n");
    assert_true(roots_look(&roots, true, 0, &err));
    assert_int_equal(roots.pids[0], 71);
    seen_put("/x.pid", "72\n");
    assert_true(roots_look(&roots, false, 1, &err));
    assert_int_equal(roots.pids[0], 72);
}

/* The name is comm, or the last part of the program's path where that is longer. */
static void by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t count;
    } cases[] = {{"nginx", 2}, {"a-server-with-a-long-name", 1}, {"python3", 0}, {"gunicorn", 1}};
    seen_again();
    seen_put("/proc/7/comm", "nginx\n");
    seen_put("/proc/8/comm", "nginx\n");
    seen_put("/proc/9/comm", "a-server-with-a\n");
    seen_put("/proc/9/cmdline", "/opt/a-server-with-a-long-name");
    seen_put("/proc/10/comm", "gunicorn\n"); /* a script: its program is another's */
    seen_put("/proc/10/cmdline", "/usr/bin/python3.11");
    seen_put("/proc/sys/comm", "nginx\n"); /* no process */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        const struct attach attach = {.kind = ATTACH_PROCESS, .text = bytes_of(cases[i].name)};
        open_roots(&attach, seen_root());
        CHECK(cases[i].name, roots_look(&roots, true, 0, &err) == (cases[i].count > 0));
        CHECK_U64(cases[i].name, roots.count, cases[i].count);
        if (cases[i].count == 0) assert_string_equal(err.msg, "no process has the name python3");
    }
}

static void put_cgroups(void)
{
    seen_again();
    seen_put("/proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n"
                                     "32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n"
                                     "30 23 0:26 / /cg/all rw - cgroup2 cgroup2 rw\n");
    seen_put("/cg/cpu/tasks", "");
    seen_put("/cg/all/system.slice/x.service/cgroup.procs", "71\n72\n");
    seen_put("/cg/all/system.slice/x.service/worker/cgroup.procs", "73\n");
    seen_put("/cg/all/user.slice/deep/y.service/cgroup.procs", "74\n");
    seen_put("/cg/all/empty.service/cgroup.procs", "");
    seen_put("/cg/all/odd.service/cgroup.procs", "75\n0\nx\n76\n");
}

static void by_cgroup(void **state)
{
    (void)state;
    static const struct {
        enum attach_kind kind;
        const char *text;
        uint32_t count;
    } cases[] = {
        {ATTACH_CGROUP, "/system.slice/x.service", 3},
        {ATTACH_CGROUP, "/system.slice", 3},
        {ATTACH_CGROUP, "/cg/all/system.slice/x.service", 3},
        {ATTACH_CGROUP, "/system.slice/x.service/worker", 1},
        {ATTACH_CGROUP, "/nowhere", 0},
        {ATTACH_CGROUP, "/empty.service", 0},
        {ATTACH_CGROUP, "/odd.service", 1},
        {ATTACH_UNIT, "x.service", 3},
        {ATTACH_UNIT, "y.service", 1},
        {ATTACH_UNIT, "z.service", 0},
    };
    put_cgroups();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        const struct attach attach = {.kind = cases[i].kind, .text = bytes_of(cases[i].text)};
        open_roots(&attach, seen_root());
        CHECK(cases[i].text, roots_look(&roots, true, 0, &err) == (cases[i].count > 0));
        CHECK_U64(cases[i].text, roots.count, cases[i].count);
        if (cases[i].count == 0) CHECK(cases[i].text, strstr(err.msg, cases[i].text) != NULL);
    }
}

/* More folders within each other than are looked into end the walk, not the program. */
static void deep_cgroups(void **state)
{
    (void)state;
    struct err err = {0};
    const struct attach attach = {.kind = ATTACH_CGROUP, .text = BYTES_LIT("/top")};
    put_cgroups();
    seen_put("/cg/all/top/a/a/a/a/a/a/a/a/a/a/a/a/cgroup.procs", "71\n");
    seen_put("/cg/all/top/b/cgroup.procs", "72\n");
    open_roots(&attach, seen_root());
    assert_true(roots_look(&roots, true, 0, &err));
    assert_int_equal(roots.count, 1);
    assert_int_equal(roots.pids[0], 72);
}

/* A child that listens, found by its port and by its name; ended, and another in its place. */
static pid_t start_child(uint16_t *port, int *ready)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons(*port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;
        int on = 1;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        prctl(PR_SET_NAME, NAME);
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
            || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 5) != 0
            || getsockname(fd, (struct sockaddr *)&address, &len) != 0
            || write(ends[1], &address.sin_port, 2) != 2) {
            _exit(1);
        }
        for (;;) pause();
    }
    uint16_t told;
    assert_int_equal(read(ends[0], &told, 2), 2);
    *port = ntohs(told);
    close(ends[1]);
    *ready = ends[0];
    return pid;
}

static void by_port(void **state)
{
    (void)state;
    struct err err = {0};
    uint16_t port = 0;
    int ready;
    pid_t pid = start_child(&port, &ready);
    const struct attach attach = {.kind = ATTACH_PORT, .number = port};
    const struct attach named = {.kind = ATTACH_PROCESS, .text = BYTES_LIT(NAME)};
    open_roots(&named, "");
    assert_true(roots_look(&roots, true, 0, &err));
    assert_int_equal(roots.pids[0], pid);
    open_roots(&attach, "");
    assert_true(roots_look(&roots, true, 0, &err));
    assert_int_equal(roots.count, 1);
    assert_int_equal(roots.pids[0], pid);
    for (int i = 0; i < 2; i++) { /* the second time there is another in its place */
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        close(ready);
        if (i == 1) break;
        pid = start_child(&port, &ready);
        assert_true(roots_look(&roots, true, 0, &err));
        assert_int_equal(roots.pids[0], pid);
    }
    assert_false(roots_look(&roots, true, 0, &err));
    assert_non_null(strstr(err.msg, "nobody listens at port "));
}

static int open_all(void **state)
{
    seen_open();
    return seen_open_root(state);
}

static int close_all(void **state)
{
    seen_close();
    return seen_close_root(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_number), cmocka_unit_test(by_file),      cmocka_unit_test(by_name),
        cmocka_unit_test(by_cgroup), cmocka_unit_test(deep_cgroups), cmocka_unit_test(by_port),
    };
    return cmocka_run_group_tests_name("roots", tests, open_all, close_all);
}
