#include "show/json_part.h"

#include <math.h>

#include "base/text.h"
#include "show/amount.h"

json_t *json_part_count(uint64_t value)
{
    return json_integer((json_int_t)(value <= INT64_MAX ? value : INT64_MAX));
}

json_t *json_part_figure(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_part_text(struct bytes b)
{
    char array[4096];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, b);
    text_end_whole(&safe);
    json_t *value = json_stringn(array, safe.len);
    return value ? value : json_string(""); /* cut inside a character */
}

double json_part_in_unit(const struct objective *o, double value)
{
    switch (objective_unit(o)) {
    case UNIT_TIME:
        return value / 1e6;
    case UNIT_SHARE:
        return value * 100;
    case UNIT_RATE:
        return o->of_offered ? value * 100 : value;
    case UNIT_BYTES_RATE:
        return o->metric == METRIC_LEAK ? value * 3600 : value;
    case UNIT_COUNT:
    case UNIT_BYTES:
    case UNIT_NUMBER:
        return value;
    }
    return value;
}

const char *json_part_unit(const struct objective *o)
{
    switch (objective_unit(o)) {
    case UNIT_TIME:
        return "ms";
    case UNIT_SHARE:
        return "%";
    case UNIT_RATE:
        return o->of_offered ? "% of offered" : "/s";
    case UNIT_COUNT:
        if (o->metric == METRIC_USERS) return "users";
        return o->scope == SCOPE_SCENARIO ? "iterations" : "requests";
    case UNIT_BYTES:
        return "B";
    case UNIT_BYTES_RATE:
        return o->metric == METRIC_LEAK ? "B/h" : "B/s";
    case UNIT_NUMBER:
        return series_unit_name(o->series_unit); /* "cores", "waiting", or nothing */
    }
    return "";
}

json_t *json_part_moment(uint64_t wall_ns)
{
    char array[64];
    struct text text = text_in(array, sizeof array);
    amount_moment(&text, wall_ns);
    return text.len > 0 ? json_string(array) : json_null();
}
