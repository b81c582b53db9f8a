#include "rig/services.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "check.h"
#include "net/address.h"

static char folder[] = "/tmp/prony-services-XXXXXX";
static struct arena arena;
static char said[512]; /* the last line */

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) && arena_open(&arena, 1 << 20, NULL) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

static void keep_line(void *ctx, const char *line)
{
    (void)ctx;
    snprintf(said, sizeof said, "%s", line);
}

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

/* A server of one port that answers every request with `status`; stands for somebody's service. */
#define SERVER(status)                                                                             \
    "import socket,sys\n"                                                                          \
    "s=socket.create_server(('127.0.0.1',int(sys.argv[1])))\n"                                     \
    "print('listening',flush=True)\n"                                                              \
    "while True:\n"                                                                                \
    " c,_=s.accept()\n"                                                                            \
    " c.recv(4096)\n"                                                                              \
    " c.sendall(b'HTTP/1.1 " status " X\\r\\nContent-Length: 0\\r\\n\\r\\n')\n"                    \
    " c.close()\n"

/* A plan of services, filled by hand: the parser is another room's business. */
struct scene {
    struct plan plan;
    struct service services[3];
    struct bytes argv[3][4];
    char ports[3][8];
};

static struct service *add(struct scene *scene, const char *name, enum ready_kind ready)
{
    uint32_t i = scene->plan.service_count++;
    struct service *s = &scene->services[i];
    *s = (struct service){
        .name = bytes_of(name),
        .argv = scene->argv[i],
        .ready = ready,
        .ready_method = BYTES_LIT("GET"),
        .ready_path = BYTES_LIT("/healthz"),
        .ready_text = BYTES_LIT("listening"),
        .ready_within_ns = 10 * NS_PER_S,
        .stop_signal = SIGTERM,
        .stop_within_ns = 2 * NS_PER_S,
        .port = address_free_port(),
    };
    snprintf(scene->ports[i], sizeof scene->ports[i], "%u", s->port);
    scene->plan.services = scene->services;
    return s;
}

static void run_python(struct scene *scene, struct service *s, const char *code)
{
    struct bytes *argv = scene->argv[s - scene->services];
    argv[0] = BYTES_LIT("/usr/bin/python3");
    argv[1] = BYTES_LIT("-c");
    argv[2] = bytes_of(code);
    argv[3] = bytes_of(scene->ports[s - scene->services]);
    s->argc = 4;
}

static void run_shell(struct scene *scene, struct service *s, const char *code)
{
    struct bytes *argv = scene->argv[s - scene->services];
    argv[0] = BYTES_LIT("/bin/sh");
    argv[1] = BYTES_LIT("-c");
    argv[2] = bytes_of(code);
    s->argc = 3;
}

static bool start(struct services *s, struct scene *scene, struct err *err)
{
    for (uint32_t i = 0; i < scene->plan.service_count; i++) {
        char log[200]; /* a run's folder is fresh */
        snprintf(log, sizeof log, "%s/%s.log", folder, scene->services[i].name.at);
        if (unlink(log) != 0) continue;
    }
    struct services_options options = {.plan = &scene->plan, .folder = folder, .say = keep_line};
    return services_start(s, &arena, &options, err);
}

static void test_ready(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum ready_kind ready;
        const char *status;
    } cases[] = {
        {"by port", READY_PORT, "200"},       {"by request", READY_HTTP, "204"},
        {"by a redirect", READY_HTTP, "302"}, {"by log", READY_LOG, "500"},
        {"at once", READY_NONE, "200"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        struct scene scene = {0};
        struct services s;
        struct err err = {0};
        struct service *service = add(&scene, "api", cases[i].ready);
        run_python(&scene, service,
                   strcmp(cases[i].status, "204") == 0   ? SERVER("204")
                   : strcmp(cases[i].status, "302") == 0 ? SERVER("302")
                   : strcmp(cases[i].status, "500") == 0 ? SERVER("500")
                                                         : SERVER("200"));
        if (!start(&s, &scene, &err)) print_error("%s (%s)\n", err.msg, err.hint);
        CHECK_U64(name, s.count, 1);
        CHECK(name, strncmp(said, "service api is ready after ", 27) == 0);
        pid_t pid = s.items[0].child.pid;
        CHECK(name, kill(pid, 0) == 0);
        services_stop(&s);
        CHECK(name, kill(pid, 0) != 0);
    }
}

static void test_not_ready(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum ready_kind ready;
        const char *code;
        bool python;
        const char *msg, *hint;
    } cases[] = {
        {"exits at once", READY_PORT, "echo one; echo 'no such table: jobs' >&2; exit 3", false,
         "service api exited with status 3 before it was ready",
         "its log ends: one | no such table: jobs"},
        {"only the last lines", READY_LOG, "seq 1 9; printf '\\033[1m'; kill -KILL $$", false,
         "service api killed by SIGKILL before it was ready", "its log ends: 8 | 9 | \\x1b[1m"},
        {"never listens", READY_PORT, "sleep 9", false,
         "service api was not ready within 0.6 s: cannot connect to 127.0.0.1:", "is empty"},
        {"never says it", READY_LOG, "echo listen; sleep 9", false,
         "service api was not ready within 0.6 s: its log does not say 'listening'",
         "its log ends: listen"},
        {"answers 500", READY_HTTP, SERVER("500"), true,
         "service api was not ready within 0.6 s: it answered with status 500", ""},
        {"not HTTP", READY_HTTP, SERVER("banana"), true,
         "service api was not ready within 0.6 s: the status is not a number", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        struct scene scene = {0};
        struct services s;
        struct err err = {0};
        struct service *service = add(&scene, "api", cases[i].ready);
        service->ready_within_ns = 600 * NS_PER_MS;
        if (cases[i].python) run_python(&scene, service, cases[i].code);
        else run_shell(&scene, service, cases[i].code);
        CHECK(name, !start(&s, &scene, &err));
        CHECK(name, err.kind == ERR_PREFLIGHT);
        if (!strstr(err.msg, cases[i].msg)) CHECK_STR(name, err.msg, cases[i].msg);
        if (!strstr(err.hint, cases[i].hint)) CHECK_STR(name, err.hint, cases[i].hint);
        CHECK_U64(name, s.count, 0);
        CHECK(name, kill(-s.items[0].child.pid, 0) != 0 || s.items[0].child.pid == 0);
    }
}

static void test_cancelled(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct services s;
    struct err err = {0};
    run_shell(&scene, add(&scene, "api", READY_PORT), "sleep 60");
    struct services_options options = {.plan = &scene.plan, .folder = folder, .cancelled = always};
    uint64_t before = clock_now_ns();
    assert_false(services_start(&s, &arena, &options, &err));
    assert_true(clock_now_ns() - before < 2 * NS_PER_S);
    assert_non_null(strstr(err.msg, "interrupted before service api was ready"));
}

/* The first is stopped again when the second fails; order is start order, stopping is reverse. */
static void test_order(void **state)
{
    (void)state;
    char trace[128];
    char code[2][400];
    struct scene scene = {0};
    struct services s;
    struct err err = {0};
    snprintf(trace, sizeof trace, "%s/trace", folder);
    for (int i = 0; i < 2; i++) {
        snprintf(code[i], sizeof code[i],
                 "trap 'echo -%d >>%s; exit' TERM; echo +%d >>%s; echo listening; "
                 "while :; do sleep 0.01; done",
                 i, trace, i, trace);
        run_shell(&scene, add(&scene, i == 0 ? "db" : "api", READY_LOG), code[i]);
    }
    assert_true(start(&s, &scene, &err));
    services_stop(&s);
    struct bytes got;
    assert_true(file_read(&got, &arena, trace, 100, &err));
    assert_string_equal(got.at, "+0\n+1\n-1\n-0\n");

    run_shell(&scene, &scene.services[1], "exit 1");
    unlink(trace);
    assert_false(start(&s, &scene, &err));
    assert_true(file_read(&got, &arena, trace, 100, &err));
    assert_string_equal(got.at, "+0\n-0\n");
}

static void test_private_folder(void **state)
{
    (void)state;
    char above[100];
    char dir[128];
    char file[160];
    struct services s;
    struct err err = {0};
    struct stat st;
    snprintf(above, sizeof above, "%s/private", folder);
    snprintf(dir, sizeof dir, "%s/api", above);
    snprintf(file, sizeof file, "%s/data.db", dir);
    for (int keep = 0; keep < 2; keep++) {
        struct scene scene = {0};
        struct service *service = add(&scene, "api", READY_LOG);
        service->dir = bytes_of(dir);
        service->cwd = bytes_of(dir);
        service->keep = keep == 1;
        run_shell(&scene, service, "touch data.db; echo listening; exec sleep 60");
        assert_true(start(&s, &scene, &err));
        assert_true(stat(dir, &st) == 0 && (st.st_mode & 0777) == 0700);
        assert_true(file_is_there(file));
        services_stop(&s);
        assert_int_equal(file_is_there(file), keep);
        assert_int_equal(file_is_there(above), keep);
    }
    /* A folder that is there already is not ours: not used, not removed. */
    struct scene scene = {0};
    struct service *service = add(&scene, "api", READY_NONE);
    service->dir = bytes_of(dir);
    run_shell(&scene, service, "exit 0");
    assert_false(start(&s, &scene, &err));
    assert_non_null(strstr(err.msg, "service api: cannot make folder"));
    assert_int_equal(err.kind, ERR_PREFLIGHT);
    assert_true(file_is_there(file));
}

static void test_death_is_told_once(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct services s;
    struct err err = {0};
    run_shell(&scene, add(&scene, "db", READY_NONE), "exec sleep 60");
    run_shell(&scene, add(&scene, "api", READY_NONE), "sleep 0.1; kill -SEGV $$");
    assert_true(start(&s, &scene, &err));
    char array[200];
    struct text text = text_in(array, sizeof array);
    int tries = 0;
    while (!services_next_death(&s, &text) && tries++ < 500) usleep(10000);
    assert_string_equal(array, "service api died by itself: killed by SIGSEGV");
    assert_false(services_next_death(&s, &text));
    services_stop(&s);
}

/* What has left its group is nobody's to see: it is stopped, and said. */
static void test_what_it_left_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *code, *want; /* want empty: nothing is said of it */
    } cases[] = {
        {"a daemon", "setsid sh -c 'echo listening; exec sleep 60' & exec sleep 60",
         "service db had left s"},
        {"two", "setsid sh -c 'sleep 60 & echo listening; exec sleep 60' & exec sleep 60",
         ") and 1 more running on its own: stopped"},
        {"nothing", "echo listening; exec sleep 60", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        struct scene scene = {0};
        struct services s;
        struct err err = {0};
        run_shell(&scene, add(&scene, "db", READY_LOG), cases[i].code);
        CHECK(name, start(&s, &scene, &err));
        said[0] = '\0';
        services_stop(&s);
        if (!strstr(said, cases[i].want)) CHECK_STR(name, said, cases[i].want);
        CHECK(name, (said[0] == '\0') == (cases[i].want[0] == '\0'));
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_not_ready),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_private_folder),
        cmocka_unit_test(test_death_is_told_once),
        cmocka_unit_test(test_what_it_left_is_told),
    };
    return cmocka_run_group_tests_name("services", tests, setup, teardown);
}
