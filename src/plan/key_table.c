#include "plan/key_table.h"

#include <assert.h>

#include "base/attr.h"

#define S SHAPE_SCALAR
#define L SHAPE_LIST
#define M SHAPE_MAP
#define KEY(place, ident, name, shapes, needed, form, doc)                                         \
    {PLACE_##place, name, (shapes), needed, form, doc},
static const struct key_row rows[] = {
#include "plan/schema.def"
};
#undef KEY
#undef M
#undef L
#undef S

const struct key_row *key_table_row(enum key key)
{
    assert(key < KEY_COUNT);
    return &rows[key];
}

enum key key_table_find(enum key_place place, struct bytes name)
{
    for (unsigned k = 0; k < KEY_COUNT; k++) {
        if (rows[k].place == place && bytes_is(name, rows[k].name)) return (enum key)k;
    }
    return KEY_COUNT;
}

void key_table_range(enum key_place place, enum key *first, enum key *last)
{
    unsigned k = 0;
    while (k < KEY_COUNT && rows[k].place != place) k++;
    *first = (enum key)k;
    while (k < KEY_COUNT && rows[k].place == place) k++;
    *last = (enum key)k;
}

const char *key_table_place_name(enum key_place place)
{
    switch (place) {
    case PLACE_PLAN:
        return "the plan";
    case PLACE_TLS:
        return "tls";
    case PLACE_WATCH:
        return "watch";
    case PLACE_SERVICE:
        return "a service";
    case PLACE_METRICS:
        return "metrics";
    case PLACE_DATA:
        return "data";
    case PLACE_SCENARIO:
        return "a scenario";
    case PLACE_STEP:
        return "a step";
    case PLACE_LOAD:
        return "load";
    case PLACE_WARMUP:
        return "the warm-up";
    case PLACE_STAGE:
        return "a stage";
    case PLACE_TIMEOUT:
        return "timeout";
    }
    return "";
}

const char *key_table_foreign(enum key_place place, struct bytes name)
{
    static const struct {
        enum key_place place;
        const char *theirs, *ours;
    } words[] = {
        {PLACE_PLAN, "version", "plan"},
        {PLACE_PLAN, "title", "name"},
        {PLACE_PLAN, "url", "target"},
        {PLACE_PLAN, "thresholds", "objectives"},
        {PLACE_PLAN, "assertions", "objectives"},
        {PLACE_PLAN, "slo", "objectives"},
        {PLACE_PLAN, "resolve", "hosts"},
        {PLACE_TLS, "cacert", "ca"},
        {PLACE_TLS, "sni", "server_name"},
        {PLACE_TLS, "skip_verify", "insecure"},
        {PLACE_WATCH, "rate", "probe"},
        {PLACE_WATCH, "interval", "window"},
        {PLACE_WATCH, "retention", "keep"},
        {PLACE_LOAD, "phases", "stages"},
        {PLACE_LOAD, "warm_up", "warmup"},
        {PLACE_TIMEOUT, "total", "response"},
        {PLACE_TIMEOUT, "request", "response"},
        {PLACE_TIMEOUT, "read", "response"},
        {PLACE_STAGE, "arrivalRate", "rate"},
        {PLACE_STAGE, "arivalRate", "rate"},
        {PLACE_STAGE, "throughput", "rate"},
        {PLACE_STAGE, "rps", "rate"},
        {PLACE_STAGE, "vus", "users"},
        {PLACE_STAGE, "concurrency", "users"},
        {PLACE_STAGE, "duration", "for"},
        {PLACE_STAGE, "iterations", "requests"},
        {PLACE_STEP, "expect", "check"},
        {PLACE_STEP, "assert", "check"},
        {PLACE_STEP, "extract", "capture"},
        {PLACE_STEP, "sleep", "think"},
        {PLACE_STEP, "pause", "think"},
        {PLACE_STEP, "payload", "body"},
        {PLACE_SERVICE, "run", "command"},
        {PLACE_SERVICE, "environment", "env"},
        {PLACE_SERVICE, "log", "logs"},
        {PLACE_SERVICE, "log_format", "access_format"},
        {PLACE_SERVICE, "format", "access_format"},
    };
    for (unsigned i = 0; i < COUNT_OF(words); i++) {
        if (words[i].place == place && bytes_same_nocase(name, bytes_of(words[i].theirs))) {
            return words[i].ours;
        }
    }
    return NULL;
}
