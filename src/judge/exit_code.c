#include "judge/exit_code.h"

#include <assert.h>
#include <signal.h>

#define BY_SIGNAL 128 /* + its number, as shells have it */

static_assert(EXIT_INTERRUPTED == BY_SIGNAL + 2, "SIGINT");
static_assert(EXIT_TERMINATED == BY_SIGNAL + 15, "SIGTERM");

int exit_code_of(const struct exit_facts *facts)
{
    const struct {
        bool applies;
        int code;
    } order[] = {
        {facts->usage, EXIT_USAGE},
        {facts->preflight, EXIT_PREFLIGHT},
        {facts->refused, EXIT_REFUSED},
        {facts->bug, EXIT_BUG},
        {facts->signal == SIGHUP, EXIT_TERMINATED}, /* asked to end, by whom is all the same */
        {facts->signal != 0, BY_SIGNAL + facts->signal},
        {facts->going_on, EXIT_NO_VERDICT},
        {facts->invalid, EXIT_NO_VERDICT},
        {facts->aborted, EXIT_ABORTED},
        {facts->missed, EXIT_MISSED},
        {facts->inconclusive, EXIT_NO_VERDICT},
    };
    for (unsigned i = 0; i < COUNT_OF(order); i++) {
        if (order[i].applies) return order[i].code;
    }
    return EXIT_HOLDS;
}

static struct exit_facts facts_of(const struct result *result, bool bug)
{
    /* How the run ended is no answer to a question put to it later; the verdict is. */
    bool asked_later = result->header->other_objectives || result->header->window;
    return (struct exit_facts){
        .preflight = result->end.ended == RUN_PREFLIGHT,
        .refused = result->end.ended == RUN_REFUSED,
        .bug = bug,
        .signal = result->end.ended == RUN_INTERRUPTED && !asked_later ? result->end.signal : 0,
        .going_on = run_going_on(&result->end),
        .invalid = result->trust == TRUST_INVALID,
        .aborted = result->end.ended == RUN_ABORTED && !asked_later,
        .missed = result->verdict == VERDICT_MISSED,
        .inconclusive = result->verdict == VERDICT_INCONCLUSIVE,
    };
}

int exit_code_of_result(const struct result *result, bool bug)
{
    struct exit_facts facts = facts_of(result, bug);
    return exit_code_of(&facts);
}

void exit_code_add(struct exit_facts *facts, const struct result *result)
{
    struct exit_facts more = facts_of(result, result->exit_code == EXIT_BUG);
    facts->preflight = facts->preflight || more.preflight;
    facts->refused = facts->refused || more.refused;
    facts->bug = facts->bug || more.bug;
    if (facts->signal == 0) facts->signal = more.signal;
    facts->going_on = facts->going_on || more.going_on;
    facts->invalid = facts->invalid || more.invalid;
    facts->aborted = facts->aborted || more.aborted;
    facts->missed = facts->missed || more.missed;
    facts->inconclusive = facts->inconclusive || more.inconclusive;
}

int exit_code_of_err(enum err_kind kind)
{
    struct exit_facts facts = {0};
    switch (kind) {
    case ERR_NONE:
        break;
    case ERR_USAGE:
    case ERR_PLAN:
        facts.usage = true;
        break;
    case ERR_PREFLIGHT:
    case ERR_IO:
        facts.preflight = true;
        break; /* a file of ours: the place is not usable */
    case ERR_LIMIT:
    case ERR_DENIED:
        facts.refused = true;
        break;
    case ERR_BUG:
        facts.bug = true;
        break;
    }
    return exit_code_of(&facts);
}
