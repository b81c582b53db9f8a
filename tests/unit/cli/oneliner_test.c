#include "cli/oneliner.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/attr.h"
#include "check.h"
#include "plan/plan_load.h"

/* Copies the words, since a command line is not const. */
static bool write_plan(struct text *out, const char *const *words, struct err *err)
{
    static char store[4096]; /* flags borrow it */
    static char *argv[64];
    struct flags flags;
    int argc = 0;
    size_t used = 0;
    for (; words[argc]; argc++) {
        size_t size = strlen(words[argc]) + 1;
        argv[argc] = memcpy(store + used, words[argc], size);
        used += size;
    }
    if (!flags_parse(&flags, argc, argv, err)) return false;
    struct writing writing = writing_in(out->at, out->size, &flags);
    bool written = oneliner_write(&writing, ONELINER_SENT, err);
    *out = writing.text;
    return written;
}

#define ARGS(...) ((const char *const[]){"prony", "run", __VA_ARGS__, NULL})

/* What the flags say is what the plan language understands. */
static bool load(struct plan *plan, struct arena *arena, const char *const *argv, struct err *err)
{
    static char array[65536];
    static struct diags diags;
    struct text text = text_in(array, sizeof array);
    struct plan_host host = {0};
    struct plan_input input = {.folder = BYTES_LIT("/"), .host = &host};
    diags = (struct diags){0};
    if (!write_plan(&text, argv, err)) return false;
    input.source = text_bytes(&text);
    if (plan_load(plan, arena, &input, &diags)) return true;
    print_error("%s\n%s: %s\n", array, diags.items[0].msg, diags.items[0].hint);
    return false;
}

static struct arena arena;
static struct plan plan;

static int setup(void **state)
{
    (void)state;
    return arena_open(&arena, 1 << 24, NULL) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static void test_defaults(void **state)
{
    (void)state;
    struct err err = {0};
    assert_true(load(&plan, &arena, ARGS("http://localhost:8080"), &err));
    assert_true(bytes_is(plan.name, "http://localhost:8080/"));
    assert_int_equal(plan.target_count, 1);
    assert_int_equal(plan.targets[0].port, 8080);
    assert_int_equal(plan.stage_count, 2);
    assert_true(plan.stages[0].warmup && !plan.stages[0].judged);
    assert_int_equal(plan.stages[0].length_ns, 3000000000);
    assert_true(plan.stages[1].rate_from >= 50 && plan.stages[1].rate_to <= 50);
    assert_int_equal(plan.stages[1].length_ns, 30000000000);
    assert_true(plan.stages[1].judged && plan.stages[1].model == MODEL_OPEN);
    assert_true(bytes_is(plan.scenarios[0].steps[0].method, "GET"));
}

/* Two runs of two paths of one host are told apart in every list. */
static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *url, *name;
    } cases[] = {
        {"http://localhost", "http://localhost/"},
        {"http://localhost:8080/jobs?token=x", "http://localhost:8080/jobs"},
        {"http://[::1]:81/a$b", "http://[::1]:81/a$b"},
        {"http://h/0123456789012345678901234567890123456789012345678901234567890",
         "http://h/012345678901234567890123456789012345678901234567890…"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        CHECK(cases[i].url, load(&plan, &arena, ARGS(cases[i].url), &err));
        CHECK(cases[i].url, bytes_is(plan.name, cases[i].name));
    }
}

static void test_everything(void **state)
{
    (void)state;
    struct err err = {0};
    assert_true(
        load(&plan, &arena,
             ARGS("http://[::1]:81/a%20b?q=$x&r=\"", "-X", "PUT", "-H", "X-A: one \"two\" $3", "-H",
                  "Accept:*/*", "-d", "{\"a\": \"$b\\n\"}", "-c", "7", "--think", "0.5s..2s",
                  "--for", "1m", "--warmup", "0s", "--connections", "5", "--threads", "2",
                  "--max-in-flight", "9", "--timeout", "4s", "--connect-timeout", "1s", "--seed",
                  "42", "--p95", "80ms", "--throughput", "10/s", "--objective", "warn: max < 1s"),
             &err));
    const struct step *step = &plan.scenarios[0].steps[0];
    assert_int_equal(plan.targets[0].port, 81);
    assert_true(bytes_is(step->method, "PUT"));
    assert_int_equal(step->url.piece_count, 1); /* `$x` is text, not a variable */
    assert_true(bytes_is(step->url.pieces[0].text, "/a%20b?q=$x&r=\""));
    assert_true(bytes_is(step->headers[0].name, "Content-Type"));
    assert_true(bytes_is(step->headers[1].value.pieces[0].text, "one \"two\" $3"));
    assert_true(bytes_is(step->body.pieces[0].text, "{\"a\": \"$b\\n\"}"));
    assert_int_equal(plan.stage_count, 1);
    assert_int_equal(plan.stages[0].users_to, 7);
    assert_int_equal(plan.connections, 5);
    assert_int_equal(plan.threads, 2);
    assert_int_equal(plan.max_in_flight, 9);
    assert_int_equal(plan.seed, 42);
    assert_int_equal(step->timeout.response_ns, 4000000000);
    assert_int_equal(step->timeout.connect_ns, 1000000000);
    assert_int_equal(plan.objective_count, 4); /* the three and `errors <= 50%` */
    assert_true(plan.objectives[2].warn);
}

static void test_counts(void **state)
{
    (void)state;
    struct err err = {0};
    assert_true(load(&plan, &arena,
                     ARGS("http://h/", "-n", "1000", "--rate", "100/s", "--arrivals", "exact"),
                     &err));
    assert_int_equal(plan.stages[1].requests, 1000);
    assert_true(load(&plan, &arena, ARGS("http://h/", "-n", "1000", "-c", "10"), &err));
    assert_int_equal(plan.stages[1].requests, 1000);
    assert_int_equal(plan.stages[1].users_to, 10);
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *argv[8];
        const char *msg;
    } cases[] = {
        {"no host",
         {"prony", "run", "http:///x"},
         "the URL is not understood: the host is missing"},
        {"scheme",
         {"prony", "run", "ftp://h/"},
         "the URL is not understood: a URL starts with http:// or https://"},
        {"password", {"prony", "run", "http://a:b@h/"}, "a user name in a URL is not sent"},
        {"rate and users",
         {"prony", "run", "http://h/", "--rate", "5/s", "-c", "5"},
         "--rate does not go with --users"},
        {"think alone", {"prony", "run", "http://h/", "--think", "5s"}, "--think needs --users"},
        {"arrivals of users",
         {"prony", "run", "http://h/", "-c", "5", "--arrivals", "even"},
         "--arrivals does not go with --users"},
        {"a length where wrk has it",
         {"prony", "run", "http://h/", "-d5s"},
         "-d 5s looks like a length, and -d is a body"},
        {"count and time",
         {"prony", "run", "http://h/", "-n", "5", "--for", "5s"},
         "--requests does not go with --for"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[4096];
        struct text text = text_in(array, sizeof array);
        struct err err = {0};
        CHECK(cases[i].name, !write_plan(&text, cases[i].argv, &err));
        CHECK(cases[i].name, err.kind == ERR_USAGE && err.hint[0]);
        CHECK_STR(cases[i].name, err.msg, cases[i].msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_everything), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_wrong),
    };
    return cmocka_run_group_tests_name("oneliner", tests, setup, teardown);
}
