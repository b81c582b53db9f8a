#include "campaign/interrupt.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void test_signals_are_counted_not_fatal(void **state)
{
    (void)state;
    struct interrupt i;
    struct err err = {0};
    assert_true(interrupt_open(&i, &err));
    assert_int_equal(interrupt_look(&i), 0);
    assert_int_equal(i.signal, 0);
    raise(SIGTERM);
    assert_int_equal(interrupt_look(&i), 1);
    assert_int_equal(i.signal, SIGTERM);
    raise(SIGINT);
    assert_int_equal(interrupt_look(&i), 2);
    assert_int_equal(interrupt_look(&i), 2);
    assert_int_equal(i.signal, SIGTERM); /* the first names the exit code */
    raise(SIGINT);                       /* not read before the end: swallowed, not fatal */
    interrupt_close(&i);
    assert_int_equal(interrupt_look(&i), 2);
}

/* A key of the live view is told from Ctrl-C and from kill(1): the first that came counts. */
static void test_our_own_is_known(void **state)
{
    (void)state;
    static const bool order[] = {true, false};
    for (size_t k = 0; k < 2; k++) {
        struct interrupt i;
        struct err err = {0};
        pid_t self = getpid();
        assert_true(interrupt_open(&i, &err));
        for (size_t n = 0; n < 2; n++) {
            pid_t child = order[n] == order[k] ? -1 : fork();
            if (child < 0) assert_int_equal(kill(self, SIGINT), 0);
            if (child == 0) _exit(kill(self, SIGINT));
            if (child > 0) assert_int_equal(waitpid(child, NULL, 0), child);
            assert_int_equal(interrupt_look(&i), n + 1);
        }
        assert_int_equal(i.own, order[k]);
        interrupt_close(&i);
    }
}

/* A terminal that is closed is heard of from shell and kernel. */
static void test_a_hangup_asks_once(void **state)
{
    (void)state;
    struct interrupt i;
    struct err err = {0};
    signal(SIGHUP, SIG_DFL); /* whoever runs the tests may ignore it */
    assert_true(interrupt_open(&i, &err));
    raise(SIGHUP);
    assert_int_equal(interrupt_look(&i), 1);
    assert_int_equal(i.signal, SIGHUP);
    raise(SIGHUP);
    assert_int_equal(interrupt_look(&i), 1);
    raise(SIGINT);
    assert_int_equal(interrupt_look(&i), 2);
    raise(SIGHUP);
    interrupt_close(&i);
}

/* As nohup(1) has it. */
static void test_an_ignored_hangup_stays_ignored(void **state)
{
    (void)state;
    struct interrupt i;
    struct err err = {0};
    signal(SIGHUP, SIG_IGN);
    assert_true(interrupt_open(&i, &err));
    raise(SIGHUP);
    assert_int_equal(interrupt_look(&i), 0);
    interrupt_close(&i);
    signal(SIGHUP, SIG_DFL);
}

/* SIGUSR1 asks, and ends nothing. */
static void test_a_question_is_no_end(void **state)
{
    (void)state;
    struct interrupt i;
    struct err err = {0};
    assert_true(interrupt_open(&i, &err));
    raise(SIGUSR1);
    assert_int_equal(interrupt_look(&i), 0);
    assert_int_equal(i.asked, 1);
    raise(SIGINT);
    raise(SIGUSR1);
    assert_int_equal(interrupt_look(&i), 1);
    assert_int_equal(i.asked, 2);
    assert_int_equal(i.signal, SIGINT);
    raise(SIGUSR1); /* swallowed by the end */
    interrupt_close(&i);
}

static void test_afterwards_signals_work_as_usual(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct interrupt i;
        if (!interrupt_open(&i, NULL)) _exit(1);
        interrupt_close(&i);
        raise(SIGTERM);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_are_counted_not_fatal),
        cmocka_unit_test(test_our_own_is_known),
        cmocka_unit_test(test_a_hangup_asks_once),
        cmocka_unit_test(test_an_ignored_hangup_stays_ignored),
        cmocka_unit_test(test_a_question_is_no_end),
        cmocka_unit_test(test_afterwards_signals_work_as_usual),
    };
    return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}
