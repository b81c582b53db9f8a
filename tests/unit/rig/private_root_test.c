#include "rig/private_root.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "check.h"

static char folder[] = "/tmp/prony-roots-XXXXXX";
static char array[200];

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

/* folder/name, until the next call */
static const char *at(const char *name)
{
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%s/%s", folder, name);
    return array;
}

static void make_file(const char *name)
{
    int fd = open(at(name), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

#define ROOT "prony-00112233445566ff"

/* A run with the private folders `api` and, to be kept, `db`, ended by kill -9. */
static void kill_a_run(void)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        int fd = private_root_open(at(ROOT), &err);
        bool good = fd >= 0 && file_make_private(at(ROOT "/api"), &err)
                    && file_make_private(at(ROOT "/db"), &err)
                    && private_root_keep(at(ROOT "/db"), &err);
        make_file(ROOT "/api/data");
        make_file(ROOT "/db/data");
        if (!good || write(ready[1], "y", 1) != 1) _exit(1);
        pause();
        _exit(1);
    }
    assert_true(child > 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct stat st;
    assert_int_equal(stat(at(ROOT), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0711);
    assert_int_equal(stat(at(ROOT "/api"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    close(ready[0]);
    close(ready[1]);

    private_root_sweep(folder, 0); /* while it lives */
    assert_true(file_is_there(at(ROOT "/api/data")));
    int status;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void left_by_a_kill(void **state)
{
    (void)state;
    kill_a_run();
    private_root_sweep(folder, 60); /* too young to be told from one that begins */
    assert_true(file_is_there(at(ROOT "/api/data")));
    private_root_sweep(folder, 0);
    assert_false(file_is_there(at(ROOT "/api")));
    assert_true(file_is_there(at(ROOT "/db/data"))); /* `keep: true` */
    assert_true(unlink(at(ROOT "/db.keep")) == 0);
    private_root_sweep(folder, 0);
    assert_false(file_is_there(at(ROOT)));
}

static void not_ours(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        mode_t mode;
    } cases[] = {
        {"prony-00112233445566f", 0700},   /* too short */
        {"prony-00112233445566fff", 0700}, /* too long */
        {"prony-00112233445566FF", 0700},  /* not how we write it */
        {"prony-services-abcdefg", 0700},  {"somebody-2233445566ff0", 0700},
        {"prony-aa112233445566ff", 0755}, /* others may look into it: we make none such */
    };
    char inside[100];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text path = text_in(inside, sizeof inside);
        text_addf(&path, "%s/api", cases[i].name);
        assert_int_equal(mkdir(at(cases[i].name), 0700), 0);
        assert_int_equal(mkdir(at(inside), 0700), 0);
        assert_int_equal(chmod(at(cases[i].name), cases[i].mode), 0);
    }
    /* A link that is named like one of ours leads to somebody's files. */
    assert_int_equal(mkdir(at("precious"), 0700), 0);
    make_file("precious/file");
    char target[sizeof array];
    memcpy(target, at("precious"), sizeof target);
    assert_int_equal(symlink(target, at("prony-bb112233445566ff")), 0);
    assert_int_equal(mkdir(at("prony-cc112233445566ff"), 0700), 0);
    assert_int_equal(symlink(target, at("prony-cc112233445566ff/api")), 0);

    private_root_sweep(folder, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text path = text_in(inside, sizeof inside);
        text_addf(&path, "%s/api", cases[i].name);
        CHECK(cases[i].name, file_is_there(at(inside)));
    }
    assert_true(file_is_there(at("precious/file")));
    assert_false(file_is_there(at("prony-cc112233445566ff"))); /* ours, without following it */
}

static void one_holder(void **state)
{
    (void)state;
    struct err err = {0};
    int first = private_root_open(at("prony-dd112233445566ff"), &err);
    assert_true(first >= 0);
    assert_true(private_root_open(at("prony-dd112233445566ff"), &err) < 0);
    assert_non_null(strstr(err.msg, "cannot hold the private folder"));
    close(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(left_by_a_kill),
        cmocka_unit_test(not_ours),
        cmocka_unit_test(one_holder),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
