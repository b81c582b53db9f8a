/* Where a service has its page of metrics, and what of it is wanted. */
#include "plan_fixture.h"

static void load(struct fixture *f, const char *service)
{
    char array[900];
    struct text t = text_in(array, sizeof array);
    text_addf(&t,
              "plan: 1\ntarget: https://127.0.0.1\ntls: { server_name: main }\n"
              "services: { c: { command: ./c $c.port }, s: { %s } }\n"
              "scenarios: { a: { steps: [ GET / ] } }\n"
              "load: { stages: [ { rate: 1/s, for: 1s } ] }\n",
              service);
    CHECK(service, !t.cut);
    fixture_load(f, array, NULL);
}

static void add_all(struct text *out, const struct bytes *all, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) text_addf(out, "|%.*s", BYTES_ARG(all[i]));
}

static void pages(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want; /* URL|keep...;headers;server_name required */
    } cases[] = {
        {"metrics: http://h:1/metrics", "http://h:1/metrics;;main 0"},
        {"metrics: http://127.0.0.1:$c.port/m?a=1", "http://127.0.0.1:4001/m?a=1;;main 0"},
        {"metrics: 'http://h'", "http://h/metrics;;main 0"},
        {"metrics: 'http://h:1/'", "http://h:1/;;main 0"},
        {"metrics: 'http://[::1]:9'", "http://[::1]:9/metrics;;main 0"},
        {"metrics: 'http://h?x'", "http://h?x;;main 0"},
        {"metrics: http://h, required: true", "http://h/metrics;;main 1"},
        {"metrics: http://h, port: 80, required: true", "http://h/metrics;;main 1"},
        {"metrics: { url: http://h/m, keep: a_b }", "http://h/m|a_b;;main 0"},
        {"metrics: { url: http://h/m, keep: [ 'a:*', b9 ] }", "http://h/m|a:*|b9;;main 0"},
        {"metrics: { url: https://h/m, tls: { server_name: own, insecure: true } }",
         "https://h/m;;own 0"},
        {"metrics: { url: http://h/m, headers: { Authorization: Bearer $env.TOKEN, X-A: b } }",
         "http://h/m;|Authorization: Bearer t0p\"secret|X-A: b;main 0"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        char array[300];
        struct text got = text_in(array, sizeof array);
        load(&f, cases[i].in);
        CHECK(cases[i].in, f.good);
        const struct scrape *s = &f.plan.services[1].scrape;
        text_add(&got, s->url);
        add_all(&got, s->keep, s->keep_count);
        text_addc(&got, ';', 1);
        add_all(&got, s->headers, s->header_count);
        text_addf(&got, ";%.*s %d", BYTES_ARG(s->tls.server_name), s->required);
        if (!bytes_is(text_bytes(&got), cases[i].want)) fail_msg("%s: %s", cases[i].in, array);
        fixture_close(&f);
    }
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum diag_code code;
    } cases[] = {
        {"metrics: ", DIAG_MISSING},
        {"metrics: 127.0.0.1:9100", DIAG_SERVICE},
        {"metrics: ftp://h/", DIAG_SERVICE},
        {"metrics: 'http://h:0/'", DIAG_SERVICE},
        {"metrics: 'http://u:p@h/'", DIAG_SERVICE},
        {"metrics: [ http://h/ ]", DIAG_SHAPE},
        {"metrics: { keep: a }", DIAG_MISSING},
        {"metrics: { url: http://h, keep: 'a*b' }", DIAG_SERVICE},
        {"metrics: { url: http://h, keep: 'a b' }", DIAG_SERVICE},
        {"metrics: { url: http://h, keep: [] }", DIAG_SERVICE},
        {"metrics: { url: http://h, keep: [ { a: b } ] }", DIAG_SHAPE},
        {"metrics: { url: http://h, headers: { TE: x } }", DIAG_HEADER},
        {"metrics: { url: http://h, headers: { 'a b': x } }", DIAG_HEADER},
        {"metrics: { url: http://h, tls: { key: k.pem } }", DIAG_CONFLICT},
        {"metrics: { url: http://h, path: /m }", DIAG_UNKNOWN_KEY},
        {"metrics: http://h, ready: port", DIAG_CONFLICT},
        {"command: ./x, required: true", DIAG_CONFLICT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        load(&f, cases[i].in);
        fixture_only(cases[i].in, &f, cases[i].code);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pages), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
