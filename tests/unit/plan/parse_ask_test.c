/* Where a service is asked in its own protocol. */
#include "plan_fixture.h"

static void load(struct fixture *f, const char *service)
{
    char array[600];
    struct text t = text_in(array, sizeof array);
    text_addf(&t,
              "plan: 1\ntarget: http://127.0.0.1\nvars: { port: 77 }\n"
              "services: { c: { command: ./c $c.port }, s: { %s } }\n"
              "scenarios: { a: { steps: [ GET / ] } }\n"
              "load: { stages: [ { rate: 1/s, for: 1s } ] }\n",
              service);
    fixture_load(f, array, NULL);
}

static void places(void **state)
{
    (void)state;
    static const struct {
        enum ask_kind kind;
        const char *in, *host, *user, *password, *shown;
        uint16_t port;
    } cases[] = {
        {ASK_REDIS, "redis: localhost", "localhost", NULL, NULL, "localhost", 6379},
        {ASK_REDIS, "redis: 127.0.0.1:$c.port", "127.0.0.1", NULL, NULL, "127.0.0.1:4001", 4001},
        {ASK_REDIS, "redis: '[::1]:7'", "::1", NULL, NULL, "[::1]:7", 7},
        {ASK_REDIS, "redis: '[::1]'", "::1", NULL, NULL, "[::1]", 6379},
        {ASK_REDIS, "redis: unix:/run/r", "unix:/run/r", NULL, NULL, "unix:/run/r", 0},
        {ASK_REDIS, "redis: 'redis://h:$port/'", "h", NULL, NULL, "redis://h:77/", 77},
        {ASK_REDIS, "redis: 'redis://:a@b@h'", "h", NULL, "a@b", "redis://***@h", 6379},
        {ASK_REDIS, "redis: 'redis://u:p:q@h:1'", "h", "u", "p:q", "redis://***@h:1", 1},
        {ASK_MEMCACHED, "memcached: h", "h", NULL, NULL, "h", 11211},
        {ASK_POSTGRES, "postgres: 'postgres://u:p@h/d'", NULL, NULL, NULL, "postgres://***@h/d", 0},
        {ASK_POSTGRES, "postgres: 'postgresql:///d?host=/run'", NULL, NULL, NULL,
         "postgresql:///d?host=/run", 0},
        {ASK_PGBOUNCER, "pgbouncer: 'postgres://h/d?user=u&password=p'", NULL, NULL, NULL,
         "postgres://h/d", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        char array[200];
        struct text shown = text_in(array, sizeof array);
        load(&f, cases[i].in);
        CHECK(cases[i].in, f.good);
        const struct service *s = &f.plan.services[1];
        const struct ask *ask = &s->asks[cases[i].kind];
        CHECK(cases[i].in, s->argc == 0 && s->ready == READY_PORT);
        CHECK(cases[i].in, bytes_equal(ask->host, bytes_of(cases[i].host)));
        CHECK(cases[i].in, bytes_equal(ask->user, bytes_of(cases[i].user)));
        CHECK(cases[i].in, bytes_equal(ask->password, bytes_of(cases[i].password)));
        CHECK_U64(cases[i].in, ask->port, cases[i].port);
        ask_add_masked(&shown, ask);
        CHECK(cases[i].in, bytes_is(text_bytes(&shown), cases[i].shown));
        fixture_close(&f);
    }
}

static void refusals(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "redis: 'h:70000'",   "redis: 'http://h'",
        "redis: 'h:1/2'",     "redis: 'a b'",
        "redis: ':6379'",     "redis: 'u@h'",
        "memcached: 'm://h'", "memcached: 'u:p@h'",
        "postgres: h/d",      "pgbouncer: 'postgres://'",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        load(&f, cases[i]);
        fixture_only(cases[i], &f, DIAG_SERVICE);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(places), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
