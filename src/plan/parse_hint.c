/* What people mean by a value that is not understood: words of other tools and of daily life, and
 * characters that look like others. Only cures: what is an error is decided elsewhere. */
#include "plan/parse_priv.h"
#include "plan/unit_hint.h"

#define NO_BREAK_SPACE "\xc2\xa0"

/* -- Keys ----------------------------------------------------------------------------------- */

void parse_hint_key(struct text *hint, enum key_place place, struct bytes name)
{
    static const enum key_place inner[] = {PLACE_STAGE, PLACE_STEP, PLACE_SCENARIO, PLACE_LOAD,
                                           PLACE_PLAN};
    const char *ours = key_table_foreign(place, name);
    if (ours) {
        text_addf(hint, "did you mean '%s'?   ", ours);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(inner); i++) {
        if (inner[i] == place || key_table_find(inner[i], name) == KEY_COUNT) continue;
        text_addf(hint, "it belongs to %s   ", key_table_place_name(inner[i]));
        return;
    }
}

/* -- Shapes --------------------------------------------------------------------------------- */

/* A list whose dashes are not what YAML takes for one. */
static const char *dash_hint(struct bytes text)
{
    static const char *const dashes[] = {"\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x88\x92"};
    for (size_t i = 0; i < COUNT_OF(dashes); i++) {
        if (bytes_starts(text, bytes_of(dashes[i])))
            return "it begins with a long dash: type '-' and a blank";
    }
    if (bytes_starts(text, BYTES_LIT(NO_BREAK_SPACE)))
        return "it begins with a no-break space: type ordinary blanks";
    if (text.len > 1 && text.at[0] == '-') return "put a blank behind the '-'";
    return "write '- ' before it";
}

const char *parse_hint_shape(enum key k, const struct node *n)
{
    bool list = n->kind == NODE_LIST, map = n->kind == NODE_MAP;
    if (n->kind == NODE_SCALAR && k == KEY_STEP_CAPTURE) return "write  capture: { id: json .id }";
    if (n->kind == NODE_SCALAR && !(key_table_row(k)->shapes & SHAPE_SCALAR))
        return key_table_row(k)->shapes == SHAPE_LIST ? dash_hint(n->text) : NULL;
    if (k == KEY_STEP_BODY) return "to send it as JSON, name the key json";
    if (list && (k == KEY_STEP_HEADERS || k == KEY_PLAN_HEADERS || k == KEY_SCENARIO_HEADERS))
        return "write  headers: { NAME: value }";
    if (list && k == KEY_PLAN_SCENARIOS)
        return "write its name as a key:  main: { steps: [ ... ] }";
    if (list && k == KEY_STEP_CAPTURE) return "write  capture: { id: json .id }";
    if (map && k == KEY_LOAD_STAGES) return "write  - { name: climb, ... }  for each";
    return NULL;
}

/* -- Amounts -------------------------------------------------------------------------------- */

void parse_hint_amount(struct text *hint, struct bytes in, enum objective_unit unit)
{
    char array[80];
    char ends[2][80];
    struct text amount = text_in(array, sizeof array);
    double number = 0;
    if (unit_hint_find(&amount, in, unit)) {
        text_addf(hint, "write %s", array);
        if (unit == UNIT_TIME && bytes_to_double(in, &number))
            text_addf(hint, " or %.*ss", BYTES_ARG(in));
        return;
    }
    for (size_t i = 1; i + 1 < in.len; i++) {
        struct text lo = text_in(ends[0], sizeof ends[0]);
        struct text hi = text_in(ends[1], sizeof ends[1]);
        if (in.at[i] != '-' || !unit_hint_find(&lo, (struct bytes){in.at, i}, unit)
            || !unit_hint_find(&hi, bytes_from(in, i + 1), unit))
            continue;
        text_addf(hint, "a range has two dots: %s..%s", ends[0], ends[1]);
        return;
    }
}

const char *parse_hint_bool(struct bytes text)
{
    static const char *const yes[] = {"yes", "on", "1", "true", "y"};
    static const char *const no[] = {"no", "off", "0", "false", "n"};
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (bytes_same_nocase(text, bytes_of(yes[i]))) return "write true";
        if (bytes_same_nocase(text, bytes_of(no[i]))) return "write false";
    }
    return NULL;
}

const char *parse_hint_letter(struct bytes rest)
{
    static const char *const quotes[] = {"\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x98",
                                         "\xe2\x80\x99", "\xe2\x80\x9e", "\xc2\xab",
                                         "\xc2\xbb"};
    for (size_t i = 0; i < COUNT_OF(quotes); i++) {
        if (bytes_starts(rest, bytes_of(quotes[i]))) return "YAML's quotes are straight: \"...\"";
    }
    if (bytes_starts(rest, BYTES_LIT(NO_BREAK_SPACE))) return "it is a no-break space";
    return bytes_starts(rest, BYTES_LIT(" ")) ? "write %20 for a space" : "percent-encode it";
}
