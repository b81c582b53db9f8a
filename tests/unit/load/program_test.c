#include "load/program.h"

#include "base/attr.h"
#include "base/text.h"
#include "check.h"
#include "kit.h"

static void what_a_step_reads_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *name, *step;
        bool constant, head_request, head, body, status;
    } cases[] = {
        {"plain", "      - GET /a\n", true, false, false, false, false},
        {"HEAD", "      - HEAD /a\n", true, true, false, false, false},
        {"status", "      - { get: /a, check: [ status 201 ] }\n", true, false, false, false, true},
        {"header", "      - { get: /a, check: [ header X == y ] }\n", true, false, true, false,
         false},
        {"body", "      - { get: /a, check: [ body contains y ] }\n", true, false, false, true,
         false},
        {"regex", "      - { get: /a, check: [ regex y ] }\n", true, false, false, true, false},
        {"json", "      - { get: /a, check: [ json .y == 1 ] }\n", true, false, false, true, false},
        {"capture of a header", "      - { get: /a, capture: { z: header Z } }\n", true, false,
         true, false, false},
        {"capture of JSON", "      - { get: /a, capture: { z: json .z } }\n", true, false, false,
         true, false},
        {"until is no check", "      - { get: /a, until: status 200, every: 1s, within: 2s }\n",
         true, false, false, false, false},
        {"until reads", "      - { get: /a, until: json .a == 1, every: 1s, within: 2s }\n", true,
         false, false, true, false},
        {"path varies", "      - GET /a/$seq\n", false, false, false, false, false},
        {"body varies", "      - { post: /a, body: $uuid }\n", false, false, false, false, false},
        {"header varies", "      - { get: /a, headers: { X: $user } }\n", false, false, false,
         false, false},
        {"right side of a check does not count", "      - { get: /a, check: [ body == $a ] }\n",
         true, false, false, true, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct kit k;
        kit_open(&k, cases[i].step, NULL, NULL);
        const struct operation *op = kit_operation(&k, 1);
        CHECK(cases[i].name, (op->constant != NULL) == cases[i].constant);
        CHECK(cases[i].name, op->head_request == cases[i].head_request);
        CHECK(cases[i].name, op->reads_head == cases[i].head);
        CHECK(cases[i].name, op->reads_body == cases[i].body);
        CHECK(cases[i].name, op->tests_status == cases[i].status);
        CHECK(cases[i].name, k.program.varies == !cases[i].constant);
        CHECK_U64(cases[i].name, k.program.operation_count, 2);
        kit_close(&k);
    }
}

static void constant_requests_are_rendered_for_each_target(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k, "      - { post: /a?b=c, body: hello }\n", NULL, NULL);
    const struct operation *op = kit_operation(&k, 1);
    static const char *const starts[] = {"POST /a?b=c HTTP/1.1\r\n",
                                         "POST /base/a?b=c HTTP/1.1\r\n"};
    static const char *const hosts[] = {"Host: 127.0.0.1:1\r\n", "Host: 127.0.0.1:2\r\n"};
    for (uint32_t target = 0; target < 2; target++) {
        char out[4096];
        size_t len = 0;
        uint32_t at = target;
        char own[4096];
        struct bytes ready = op->constant[target].text;
        uint32_t value_at = op->constant[target].trace_at;
        struct trace_place place = render_place(&k.values);
        memcpy(own, ready.at, ready.len);
        trace_write(own + value_at, &k.program.trace, &place);
        ready.at = own;
        CHECK("start", bytes_starts(ready, bytes_of(starts[target])));
        CHECK("host", bytes_find(ready, bytes_of(hosts[target])) != SIZE_MAX);
        CHECK("end", bytes_find(ready, BYTES_LIT("\r\n\r\nhello")) == ready.len - 9);
        CHECK("as rendered",
              render_request(&k.program, op, &k.values, &at, out, sizeof out, &len) == RENDER_OK
                  && bytes_equal(ready, (struct bytes){out, len}));
    }
    CHECK_U64("any target", op->fixed_target, 0);
    kit_close(&k);

    kit_open(&k, "      - GET http://127.0.0.1:2/x\n", NULL, NULL);
    op = kit_operation(&k, 1);
    CHECK_U64("an absolute URL has its own", op->fixed_target, 2);
    for (uint32_t target = 0; target < 2; target++) {
        CHECK("for both", bytes_starts(op->constant[target].text, BYTES_LIT("GET /x HTTP")));
        CHECK("the same host",
              bytes_find(op->constant[target].text, bytes_of(hosts[1])) != SIZE_MAX);
    }
    kit_close(&k);
}

/* Whatever stands in the slots, no request is longer than planned for. */
static void the_longest_request_fits(void **state)
{
    (void)state;
    static char out[1 << 20], worst[CAPTURE_MAX];
    static const char steps[] =
        "      - { post: /$a?q=$b, json: { v: $a, w: \"$b$b\", x: $uuid, y: $row.v },"
        " headers: { X: $c, Y: $d } }\n";
    static const char csv[] = "v\n\"\"\"\"\"\"\"\"\n\x01\x01\x01\x01\x01\x01\n";
    for (uint32_t c = 0; c < 256; c++) {
        struct kit k;
        uint32_t target = 1;
        size_t len = 0;
        kit_open(&k, steps, "random", csv);
        memset(worst, (int)c, sizeof worst);
        for (uint32_t slot = 0; slot < 2; slot++) {
            kit_capture(&k, slot, (struct bytes){worst, sizeof worst}, true);
        }
        if (c != '\r' && c != '\n' && c != 0) {
            for (uint32_t slot = 2; slot < 4; slot++) {
                kit_capture(&k, slot, (struct bytes){worst, sizeof worst}, true);
            }
        }
        const struct operation *op = kit_operation(&k, 1);
        assert_true(op->request_limit <= sizeof out);
        enum render_status status =
            render_request(&k.program, op, &k.values, &target, out, op->request_limit, &len);
        CHECK_U64("fits", status, RENDER_OK);
        CHECK("the program's limit covers it", op->request_limit <= k.program.request_limit);
        kit_close(&k);
    }
}

/* `$seq` differs for each iteration of the run: stages take numbers from ranges that cannot meet.
 */
static void sequences_of_stages_do_not_meet(void **state)
{
    (void)state;
    static const struct {
        const char *name, *stages;
        uint64_t least; /* iterations that the first stage can have */
    } cases[] = {
        {"open", "    - { name: a, rate: 100/s, for: 10s }\n", 1000 + 8 * 31},
        {"open, exact", "    - { name: a, rate: 100/s, for: 10s, arrivals: exact }\n", 1000},
        {"open, by count", "    - { name: a, rate: 100/s, requests: 5000 }\n", 5000},
        {"closed, with pauses", "    - { name: a, users: 10, for: 10s, think: 1s }\n", 100},
        {"closed, without pauses: 10 us an iteration", "    - { name: a, users: 10, for: 10s }\n",
         10000000},
        {"closed, paced", "    - { name: a, users: 10, for: 10s, pacing: 100ms }\n", 1000},
        {"closed, by count", "    - { name: a, users: 10, requests: 77 }\n", 77},
        {"closed, rising", "    - { name: a, users: 0..10, for: 10s, think: 1s }\n", 100},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct little_plan little;
        struct arena arena;
        struct program program;
        char yaml[1024];
        struct text t = text_in(yaml, sizeof yaml);
        text_addf(&t,
                  "plan: 1\nname: n\ntarget: http://127.0.0.1:1\n"
                  "scenarios: { s: { steps: [ GET /$seq ] } }\nload:\n  stages:\n%s"
                  "    - { name: b, rate: 1/s, for: 1s }\n",
                  cases[i].stages);
        little_plan_open(&little, yaml, NULL);
        assert_true(arena_open(&arena, 1 << 20, NULL));
        assert_true(program_build(&program, &little.plan, &arena, NULL));
        CHECK_U64(cases[i].name, program.sequence_base[0], 0);
        CHECK(cases[i].name, program.sequence_base[1] >= cases[i].least);
        program_close(&program);
        arena_close(&arena);
        little_plan_close(&little);
    }
}

static void too_little_memory_is_told(void **state)
{
    (void)state;
    struct kit k;
    kit_open(&k, "      - { get: /a, check: [ regex y, json .a == 1 ], capture: { a: regex z } }\n",
             NULL, NULL);
    uint32_t refused = 0;
    for (size_t limit = 512;; limit *= 2) {
        struct arena arena;
        struct program program;
        struct err err = {0};
        assert_true(arena_open(&arena, limit, NULL));
        bool ok = program_build(&program, &k.plan.plan, &arena, &err);
        if (ok) program_close(&program);
        else CHECK_U64("a limit", err.kind, ERR_LIMIT);
        arena_close(&arena);
        if (ok) break;
        refused++;
    }
    CHECK("some were too small", refused > 0);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_step_reads_is_known),
        cmocka_unit_test(constant_requests_are_rendered_for_each_target),
        cmocka_unit_test(the_longest_request_fits),
        cmocka_unit_test(sequences_of_stages_do_not_meet),
        cmocka_unit_test(too_little_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
