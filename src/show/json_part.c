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
    switch (o->metric) {
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
        return value / 1e6;
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY:
    case METRIC_AVAILABILITY_BY_TIME:
        return value * 100;
    case METRIC_THROUGHPUT:
        return o->of_offered ? value * 100 : value;
    case METRIC_USERS:
    case METRIC_IN_FLIGHT:
        return value;
    }
    return value;
}

const char *json_part_unit(const struct objective *o)
{
    switch (o->metric) {
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
        return "ms";
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY:
    case METRIC_AVAILABILITY_BY_TIME:
        return "%";
    case METRIC_THROUGHPUT:
        return o->of_offered ? "% of offered" : "/s";
    case METRIC_USERS:
        return "users";
    case METRIC_IN_FLIGHT:
        return o->scope == SCOPE_SCENARIO ? "iterations" : "requests";
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
