#include "plan/key_table.h"

#include <assert.h>

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
    case PLACE_SERVICE:
        return "a service";
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
