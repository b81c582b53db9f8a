#include "campaign/answers.h"

#include "base/clock.h"
#include "check.h"

/* A tick of `n` requests that all end so. */
static struct tick tick_of(struct cell *cell, enum outcome outcome, uint64_t n, uint64_t start_s)
{
    *cell = (struct cell){.kind = CELL_REQUEST, .begun = n};
    cell->outcomes[outcome] = n;
    return (struct tick){.start_ns = start_s * NS_PER_S,
                         .end_ns = (start_s + 1) * NS_PER_S,
                         .cells = cell,
                         .cell_count = 1};
}

static void none_answers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum outcome outcomes[3];
        uint64_t counts[3];
        bool last, none;
    } cases[] = {
        {"all reset", {OUTCOME_RESET}, {10}, false, true},
        {"too few yet", {OUTCOME_RESET}, {9}, false, false},
        {"too few, but that was all", {OUTCOME_RESET}, {9}, true, true},
        {"one answers", {OUTCOME_RESET, OUTCOME_OK}, {30, 1}, false, false},
        {"a wrong status is an answer", {OUTCOME_STATUS, OUTCOME_RESET}, {1, 30}, false, false},
        {"so is one that a check refuses", {OUTCOME_CHECK, OUTCOME_RESET}, {1, 30}, false, false},
        {"slowly", {OUTCOME_TIMEOUT, OUTCOME_TIMEOUT}, {6, 6}, false, true},
        {"nothing was sent", {OUTCOME_DROPPED}, {30}, true, false},
        {"all cut", {OUTCOME_CUT}, {30}, true, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answers a = {0};
        struct tick tick = {0};
        struct cell cell;
        for (uint32_t k = 0; k < COUNT_OF(cases[i].counts); k++) {
            if (k > 0 && cases[i].counts[k] == 0) break;
            tick = tick_of(&cell, cases[i].outcomes[k], cases[i].counts[k], k);
            tick.last = cases[i].last;
            answers_take(&a, &tick);
        }
        CHECK(cases[i].name, answers_none(&a, &tick) == cases[i].none);
    }
}

static void unwelcome(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t status, other; /* of the second tick */
        uint64_t n;
        enum outcome outcome;
        const char *says;
    } cases[] = {
        {"all 401", 401, 401, 5, OUTCOME_STATUS, "every reply so far is 401: the target wants"},
        {"all 403", 403, 403, 5, OUTCOME_STATUS, "every reply so far is 403: the target knows"},
        {"too few", 401, 401, 4, OUTCOME_STATUS, ""},
        {"not only 401", 401, 200, 5, OUTCOME_OK, ""},
        {"401 and 403", 401, 403, 5, OUTCOME_STATUS, ""},
        {"all 500", 500, 500, 5, OUTCOME_STATUS, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answers a = {0};
        char array[300];
        struct text said = text_in(array, sizeof array);
        struct exemplar e = {.status = cases[i].status, .outcome = OUTCOME_STATUS};
        struct cell cell;
        struct tick tick = tick_of(&cell, OUTCOME_STATUS, cases[i].n, 0);
        tick.exemplars = &e;
        tick.exemplar_count = 1;
        answers_take(&a, &tick);
        CHECK(cases[i].name, !answers_unwelcome(&a, &said));
        tick = tick_of(&cell, cases[i].outcome, cases[i].n, 1);
        e.status = cases[i].other;
        tick.exemplars = &e;
        tick.exemplar_count = 1;
        answers_take(&a, &tick);
        CHECK(cases[i].name, answers_unwelcome(&a, &said) == (cases[i].says[0] != '\0'));
        CHECK(cases[i].name, bytes_starts(text_bytes(&said), bytes_of(cases[i].says)));
        CHECK(cases[i].name, !answers_unwelcome(&a, &said)); /* once is enough */
    }
}

static void not_within_the_first_second(void **state)
{
    (void)state;
    struct answers a = {0};
    struct cell cell;
    struct tick tick = tick_of(&cell, OUTCOME_REFUSED, 500, 0);
    tick.end_ns = NS_PER_S / 2;
    answers_take(&a, &tick);
    assert_false(answers_none(&a, &tick));
}

static void words(void **state)
{
    (void)state;
    struct answers a = {0};
    struct cell cells[2];
    struct tick tick = tick_of(&cells[0], OUTCOME_RESET, 4, 0);
    tick_of(&cells[1], OUTCOME_PROTOCOL, 12, 0);
    const struct exemplar exemplars[] = {
        {.kind = EXEMPLAR_SLOW, .outcome = OUTCOME_PROTOCOL, .detail = BYTES_LIT("not this")},
        {.kind = EXEMPLAR_FIRST_ERROR,
         .outcome = OUTCOME_PROTOCOL,
         .detail = BYTES_LIT("bad status line \x1b[2J")},
        {.kind = EXEMPLAR_FIRST_ERROR, .outcome = OUTCOME_PROTOCOL, .detail = BYTES_LIT("later")}};
    tick.cell_count = 2;
    tick.exemplars = exemplars;
    tick.exemplar_count = COUNT_OF(exemplars);
    answers_take(&a, &tick);
    char array[240];
    struct text out = text_in(array, sizeof array);
    answers_say(&a, &out);
    assert_string_equal(
        array, "of the first 16 requests none was answered whole: 12"
               " protocol (bad status line \\x1b[2J), 4 reset; no whole HTTP/1.1 reply came:"
               " check the port, and what speaks there");
    assert_false(out.cut);
    a = (struct answers){0};
    tick = tick_of(&cells[0], OUTCOME_TIMEOUT, 1, 0);
    answers_take(&a, &tick);
    text_clear(&out);
    answers_say(&a, &out);
    assert_string_equal(array, "the first request was not answered whole: timeout; is the service"
                               " stuck? if it is only slow, give it a longer timeout");
}

/* What a server of TLS makes of plain HTTP: told with its cure, a 400 only where its words say so.
 */
static void plain_http_to_tls(void **state)
{
    (void)state;
#define PAGE(words) "HTTP/1.1 400 Bad Request\\x0d\\x0a\\x0d\\x0a<p>" words "</p>"
    static const struct {
        const char *name;
        enum outcome outcome;
        uint32_t status;
        const char *detail, *sample;
        uint64_t ok; /* answered ok besides */
        bool none, open;
        const char *says;
    } cases[] = {
        {"nginx", OUTCOME_STATUS, 400, "wanted 2xx",
         PAGE("The plain HTTP request was sent to HTTPS port"), 0, true, false,
         "every reply was 400, since the port speaks TLS"},
        {"Apache", OUTCOME_STATUS, 400, "",
         PAGE("You're speaking plain HTTP to an SSL-enabled server port."), 0, true, false,
         "use https://"},
        {"Go", OUTCOME_STATUS, 400, "", PAGE("Client sent an HTTP request to an HTTPS server."), 0,
         true, false, "use https://"},
        {"Tomcat", OUTCOME_STATUS, 400, "", PAGE("This combination of host and port requires TLS."),
         0, true, false, "use https://"},
        {"another 400", OUTCOME_STATUS, 400, "", PAGE("no such field"), 0, false, false, NULL},
        {"these words with another status", OUTCOME_STATUS, 500, "",
         PAGE("The plain HTTP request was sent to HTTPS port"), 0, false, false, NULL},
        {"one path of many", OUTCOME_STATUS, 400, "",
         PAGE("The plain HTTP request was sent to HTTPS port"), 1, false, false, NULL},
        {"an alert", OUTCOME_PROTOCOL, 0, "the reply is a TLS record, not HTTP", "\\x15", 0, true,
         false, "(the reply is a TLS record, not HTTP); the port speaks TLS: use https://"},
        {"another protocol", OUTCOME_PROTOCOL, 0, "no status line", "SSH-2.0", 0, true, true,
         "check the port, and what speaks there"},
        {"a silent end", OUTCOME_RESET, 0, "the connection was closed", "", 0, true, true,
         "the service hangs up"},
        {"nobody there", OUTCOME_REFUSED, 0, "", "", 0, true, false, "nothing listens there"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answers a = {0};
        char array[300];
        struct text said = text_in(array, sizeof array);
        struct cell cell;
        struct tick tick = tick_of(&cell, cases[i].outcome, 20, 0);
        struct exemplar e = {.kind = EXEMPLAR_FIRST_ERROR,
                             .outcome = cases[i].outcome,
                             .status = cases[i].status,
                             .detail = bytes_of(cases[i].detail),
                             .sample = bytes_of(cases[i].sample)};
        cell.outcomes[OUTCOME_OK] = cases[i].ok;
        tick.exemplars = &e;
        tick.exemplar_count = 1;
        answers_take(&a, &tick);
        CHECK(cases[i].name, answers_none(&a, &tick) == cases[i].none);
        CHECK(cases[i].name, answers_leave_open(&a) == cases[i].open);
        if (!cases[i].says) continue;
        answers_say(&a, &said);
        if (!strstr(array, cases[i].says)) print_error("# %s\n", array);
        CHECK(cases[i].name, strstr(array, cases[i].says) != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_answers),
        cmocka_unit_test(unwelcome),
        cmocka_unit_test(not_within_the_first_second),
        cmocka_unit_test(words),
        cmocka_unit_test(plain_http_to_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
