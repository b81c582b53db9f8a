/* fuzz_reply.c - checks and captures on any reply: the same reply gets the same verdict, a verdict
 * that is not good names a check or capture of the step, and what is captured fits its place and,
 * from a header, could not end a line. Input: two bytes of the status, a byte n, a header value of
 * n bytes, the body. */
#include "base/text.h"
#include "kit.h"
#include "laws.h"
#include "load/verify.h"

#define MAX_BODY (1u << 16)
#define HEADERS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char steps[] = "      - get: /x\n"
                            "        check:\n"
                            "          - status 200..299\n"
                            "          - header X-Kind contains a\n"
                            "          - json .items[1].id == 3\n"
                            "          - json .items.length < 5\n"
                            "          - json .[\"odd name\"] != \"b\\\"c\"\n"
                            "          - json .t contains $a\n"
                            "          - regex \"(a+)+b$\"\n"
                            "          - body contains $b\n"
                            "        capture:\n"
                            "          e: json .e\n"
                            "          f: header X-Kind\n"
                            "          g: regex \"id=([0-9]+)\"\n"
                            "      - { get: /y, check: [ json .state == done ] }\n"
                            "      - get: /z\n"
                            "        until: json .items[0].state == done\n"
                            "        every: 1s\n"
                            "        within: 5s\n"
                            "        capture: { h: json .text }\n";

enum { STEPS = 3, SLOTS = 8 };

struct reply {
    uint32_t status;
    struct bytes value, body;
};

struct seen {
    struct verdict_on_reply verdict;
    char captures[SLOTS * CAPTURE_MAX];
    uint16_t len[SLOTS];
    bool is_text[SLOTS];
};

static struct kit kit;
static struct verifier verifier;

/* The compiled expressions hang on arenas, into which the search for leaks does not look. */
static void close_all(void)
{
    verify_close(&verifier);
    kit_close(&kit);
}

static void look(struct seen *out, uint32_t step, const struct reply *reply)
{
    static const char *const names[HEADERS] = {"x-kind", "C", "Content-Length"};
    const struct operation *op = kit_operation(&kit, step);
    struct captured captured = {out->captures, out->len, out->is_text};
    struct head_marks marks = {0};
    memset(out, 0, sizeof *out);
    for (int i = 0; i < HEADERS; i++) {
        verify_header(&verifier, op, &kit.values, &captured, bytes_of(names[i]), reply->value,
                      &marks);
    }
    out->verdict =
        verify_reply(&verifier, op, &kit.values, &captured, reply->status, reply->body, &marks);
}

static void check(const struct seen *s, const struct seen *again)
{
    const struct verdict_on_reply *v = &s->verdict;
    LAW(v->status == again->verdict.status && v->failed == again->verdict.failed
        && v->capture == again->verdict.capture);
    if (v->status == VERIFY_CHECK) LAW(v->failed || v->capture || v->why);
    if (v->status == VERIFY_OK) LAW(!v->failed && !v->capture);
    LAW(memcmp(s->len, again->len, sizeof s->len) == 0);
    LAW(memcmp(s->captures, again->captures, sizeof s->captures) == 0);
    for (int i = 0; i < SLOTS; i++) LAW(s->len[i] <= CAPTURE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard, value_guard;
    static struct seen first, second;
    if (guard.size == 0) {
        guard = guard_open(MAX_BODY);
        value_guard = guard_open(UINT8_MAX);
        kit_open(&kit, steps, NULL, NULL);
        kit_capture(&kit, 0, BYTES_LIT("17"), false);
        kit_capture(&kit, 1, BYTES_LIT("b"), true);
        LAW(verify_open(&verifier, &kit.program, &kit.arena, NULL));
        LAW(atexit(close_all) == 0);
    }
    if (size < 3 || size - 3 < data[2] || size > MAX_BODY) return 0;
    struct reply reply = {.status = 100u + ((unsigned)data[0] << 8 | data[1]) % 900};
    struct bytes value = {(const char *)data + 3, data[2]};
    struct bytes body = {(const char *)data + 3 + data[2], size - 3 - data[2]};
    reply.value = guard_put(&value_guard, value);
    reply.body = guard_put(&guard, body);
    for (uint32_t step = 1; step <= STEPS; step++) {
        look(&first, step, &reply);
        look(&second, step, &reply);
        check(&first, &second);
    }
    return 0;
}
