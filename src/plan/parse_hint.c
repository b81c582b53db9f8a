/* What people mean by a value that is not understood: words of other tools and of daily life, and
 * characters that look like others. Only cures: what is an error is decided elsewhere. */
#include "plan/parse_priv.h"
#include "plan/units.h"

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

/* `in` with daily words for units as ours, without blanks. */
static void to_units(struct text *out, struct bytes in, bool rate)
{
    static const struct {
        const char *word, *unit;
    } words[] = {{"milliseconds", "ms"}, {"millis", "ms"}, {"msec", "ms"},
                 {"seconds", "s"},       {"second", "s"},  {"secs", "s"},
                 {"sec", "s"},           {"minutes", "m"}, {"minute", "m"},
                 {"mins", "m"},          {"min", "m"},     {"hours", "h"},
                 {"hour", "h"},          {"hrs", "h"},     {"hr", "h"},
                 {"days", "d"},          {"day", "d"},     {"requests", ""},
                 {"request", ""},        {"reqs", ""},     {"req", ""},
                 {"iterations", ""},     {"per", "/"},     {"k/", "000/"},
                 {"rps", "/s"},          {"rpm", "/m"},    {"qps", "/s"},
                 {"tps", "/s"}};
    while (in.len > 0) {
        size_t i = 0;
        while (i < COUNT_OF(words)
               && (in.len < strlen(words[i].word)
                   || !bytes_same_nocase((struct bytes){in.at, strlen(words[i].word)},
                                         bytes_of(words[i].word)))) {
            i++;
        }
        bool word = i < COUNT_OF(words) && (rate || strlen(words[i].unit) > 0);
        if (word) text_adds(out, words[i].unit);
        else if (in.at[0] != ' ') text_addc(out, in.at[0], 1);
        in = bytes_from(in, word ? strlen(words[i].word) : 1);
    }
}

static bool reads(struct bytes text, bool rate)
{
    uint64_t ns = 0;
    double per_s = 0;
    const char *why = "";
    return rate ? units_rate(text, &per_s, &why) : units_duration(text, &ns, &why);
}

void parse_hint_amount(struct text *hint, struct bytes in, bool rate)
{
    char array[80];
    struct text amount = text_in(array, sizeof array);
    double number = 0;
    if (bytes_to_double(in, &number)) {
        if (number < 0) return;
        text_addf(hint, rate ? "write %.*s/s" : "write %.*sms", BYTES_ARG(in));
        if (!rate) text_addf(hint, " or %.*ss", BYTES_ARG(in));
        return;
    }
    to_units(&amount, in, rate);
    if (amount.cut) return;
    if (reads(text_bytes(&amount), rate)) {
        text_addf(hint, "write %s", array);
        return;
    }
    for (size_t i = 1; i + 1 < in.len; i++) {
        struct bytes lo = {in.at, i};
        struct bytes hi = bytes_from(in, i + 1);
        if (in.at[i] != '-' || !reads(lo, rate) || !reads(hi, rate)) continue;
        text_addf(hint, "a range has two dots: %.*s..%.*s", BYTES_ARG(lo), BYTES_ARG(hi));
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
