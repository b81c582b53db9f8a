#include "campaign/answers.h"

#include "base/clock.h"
#include "wire/h1.h"

#define WITHIN_NS NS_PER_S /* some answer is due by then, ... */
#define WITHIN_REQUESTS 10 /* ... and after so many requests */

/* What such an end most often means, and what helps. */
static const char *const cures[OUTCOME_COUNT] = {
    [OUTCOME_TIMEOUT] = "is the service stuck? if it is only slow, give it a longer timeout",
    [OUTCOME_DNS] = "check the host's name",
    [OUTCOME_REFUSED] = "nothing listens there any more: did the service end?",
    [OUTCOME_RESET] = "the service hangs up: see its log, and whether it speaks HTTP",
    [OUTCOME_TLS] = "check the certificates",
    [OUTCOME_PROTOCOL] = "no whole HTTP/1.1 reply came: check the port, and what speaks there",
};

/* How servers of TLS call a request in plain HTTP; nginx, Apache, Go, Tomcat. All with a 400. */
static const char *const plain_refused[] = {"plain HTTP request was sent to HTTPS port",
                                            "speaking plain HTTP to an SSL-enabled server port",
                                            "sent an HTTP request to an HTTPS server",
                                            "combination of host and port requires TLS"};

#define STATUS_PLAIN_REFUSED 400

static bool tells_of_tls(const struct exemplar *e)
{
    if (e->outcome == OUTCOME_PROTOCOL) return bytes_is(e->detail, h1_bad_text(H1_BAD_TLS));
    if (e->status != STATUS_PLAIN_REFUSED) return false;
    for (size_t i = 0; i < COUNT_OF(plain_refused); i++) {
        if (bytes_find(e->sample, bytes_of(plain_refused[i])) < e->sample.len) return true;
    }
    return false;
}

/* All that was answered is that. */
static bool only_plain_refused(const struct answers *a)
{
    return a->tls && a->status == STATUS_PLAIN_REFUSED
           && a->answered == a->outcomes[OUTCOME_STATUS];
}

static void take_cell(struct answers *a, const struct tick *tick, const struct cell *cell)
{
    if (cell->begun > 0 && !a->sending) {
        a->sending = true;
        a->first_send_ns = tick->start_ns;
    }
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (i == OUTCOME_CUT || i == OUTCOME_DROPPED) continue;
        a->outcomes[i] += cell->outcomes[i];
        a->asked += cell->outcomes[i];
    }
    a->answered +=
        cell->outcomes[OUTCOME_OK] + cell->outcomes[OUTCOME_STATUS] + cell->outcomes[OUTCOME_CHECK];
}

void answers_take(struct answers *a, const struct tick *tick)
{
    /* Both questions are settled: somebody answers, and not only to say no. */
    bool welcome = a->answered > a->outcomes[OUTCOME_STATUS] || a->status == ANSWERS_MIXED;
    if (a->answered > 0 && (a->told || welcome)) return;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        if (tick->cells[i].kind == CELL_REQUEST) take_cell(a, tick, &tick->cells[i]);
    }
    for (uint32_t i = 0; i < tick->exemplar_count; i++) {
        const struct exemplar *e = &tick->exemplars[i];
        if (e->status > 0 && a->status != e->status) {
            a->status = a->status == 0 ? e->status : ANSWERS_MIXED;
        }
        if (e->kind == EXEMPLAR_FIRST_ERROR) a->tls = a->tls || tells_of_tls(e);
        if (e->kind != EXEMPLAR_FIRST_ERROR || a->details[e->outcome][0]) continue;
        struct text detail = text_in(a->details[e->outcome], sizeof a->details[0]);
        text_add_safe(&detail, e->detail);
    }
}

bool answers_none(const struct answers *a, const struct tick *tick)
{
    if (a->asked == 0 || (a->answered > 0 && !only_plain_refused(a))) return false;
    bool early = a->asked < WITHIN_REQUESTS || tick->end_ns - a->first_send_ns < WITHIN_NS;
    return !early || tick->last;
}

bool answers_unwelcome(struct answers *a, struct text *out)
{
    bool refused = a->status == 401 || a->status == 403;
    if (a->told || !refused || a->asked < WITHIN_REQUESTS) return false;
    if (a->outcomes[OUTCOME_STATUS] != a->answered) return false;
    a->told = true;
    text_addf(
        out, "every reply so far is %u: %s", a->status,
        a->status == 401
            ? "the target wants to know who asks; send `headers: { Authorization: Bearer "
              "$env.TOKEN }` (-H), or -u NAME:PASSWORD"
            : "the target knows who asks and says no; has this user, or this token, the right?");
    return true;
}

static void say_one(const struct answers *a, uint32_t outcome, struct text *out)
{
    if (a->asked > 1) text_addf(out, "%llu ", (unsigned long long)a->outcomes[outcome]);
    text_adds(out, tick_outcome_name((enum outcome)outcome));
}

bool answers_leave_open(const struct answers *a)
{
    uint64_t closed = a->outcomes[OUTCOME_RESET] + a->outcomes[OUTCOME_PROTOCOL];
    return !a->tls && a->answered == 0 && closed > 0;
}

void answers_say(const struct answers *a, struct text *out)
{
    if (only_plain_refused(a)) {
        text_adds(out, "every reply was 400, since the port speaks TLS and was asked in plain HTTP;"
                       " use https://");
        return;
    }
    if (a->asked > 1) {
        text_addf(out, "of the first %llu requests none was answered whole: ",
                  (unsigned long long)a->asked);
    } else {
        text_adds(out, "the first request was not answered whole: ");
    }
    uint32_t most = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (a->outcomes[i] > a->outcomes[most]) most = i;
    }
    say_one(a, most, out);
    if (a->details[most][0]) text_addf(out, " (%s)", a->details[most]);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (i == most || a->outcomes[i] == 0) continue;
        text_adds(out, ", ");
        say_one(a, i, out);
    }
    if (a->tls) text_adds(out, "; the port speaks TLS: use https://");
    else if (cures[most]) text_addf(out, "; %s", cures[most]);
}
