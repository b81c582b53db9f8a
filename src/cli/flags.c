#include "cli/flags.h"

#include <stdio.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/self.h"
#include "cli/moment.h"
#include "plan/output_kind.h"
#include "plan/telemetry.h"
#include "plan/unit_hint.h"
#include "plan/units.h"

#define FOR(verb) (1u << VERB_##verb)
#define ONCE false
#define AGAIN true

const struct verb_info flags_verbs[VERB_COUNT] = {
#define VERB(id, name, argument, fewest, most, what, more, examples)                               \
    [VERB_##id] = {(name), (argument), (fewest), (most), (what), (more), (examples)},
#include "cli/verbs.def"
#undef VERB
};

const struct flag_info flags_table[FLAG_COUNT] = {
#define FLAG(id, n, b, a, k, v, g, times, w)                                                       \
    [FLAG_##id] = {.name = (n),                                                                    \
                   .argument = (a),                                                                \
                   .what = (w),                                                                    \
                   .kind = (k),                                                                    \
                   .group = (g),                                                                   \
                   .verbs = (v),                                                                   \
                   .brief = (b),                                                                   \
                   .again = (times)},
#include "cli/flags.def"
#undef FLAG
};

/* -- Names ---------------------------------------------------------------------------------- */

enum verb flags_verb_of(struct bytes name)
{
    for (uint32_t i = 0; i < VERB_COUNT; i++) {
        if (bytes_is(name, flags_verbs[i].name)) return (enum verb)i;
    }
    return VERB_COUNT;
}

/* A name may mean another flag with another verb: its own comes first. */
static enum flag flag_of(enum verb verb, struct bytes name)
{
    enum flag found = FLAG_COUNT;
    for (uint32_t i = 0; i < FLAG_COUNT; i++) {
        if (!bytes_is(name, flags_table[i].name)) continue;
        if (flags_table[i].verbs & (1u << verb)) return (enum flag)i;
        found = (enum flag)i;
    }
    return found;
}

static enum flag flag_of_brief(char brief)
{
    for (uint32_t i = 0; i < FLAG_COUNT; i++) {
        if (flags_table[i].brief == brief) return (enum flag)i;
    }
    return FLAG_COUNT;
}

static bool wrong_verb(struct bytes word, struct err *err)
{
    const char *names[VERB_COUNT];
    for (uint32_t i = 0; i < VERB_COUNT; i++) names[i] = flags_verbs[i].name;
    err_set(err, ERR_USAGE, 0, "there is no command '%.*s'", BYTES_ARG(word));
    if (bytes_find(word, BYTES_LIT("://")) != SIZE_MAX) {
        return err_hint(err, "to load a URL: %s run %.*s", self_name(), BYTES_ARG(word));
    }
    if (bytes_find(word, BYTES_LIT(".yaml")) != SIZE_MAX
        || bytes_find(word, BYTES_LIT(".yml")) != SIZE_MAX) {
        return err_hint(err, "to run a plan: %s run %.*s", self_name(), BYTES_ARG(word));
    }
    const char *near = diag_nearest(word, names, VERB_COUNT);
    if (near) return err_hint(err, "did you mean `%s %s`?", self_name(), near);
    return err_hint(err, "`%s help` lists them", self_name());
}

/* How other tools call what is a flag here. */
static const struct {
    const char *word;
    enum flag flag;
} foreign_words[] = {
    {"duration", FLAG_FOR},
    {"time", FLAG_FOR},
    {"rps", FLAG_RATE},
    {"qps", FLAG_RATE},
    {"vus", FLAG_USERS},
    {"concurrency", FLAG_USERS},
    {"iterations", FLAG_REQUESTS},
    {"data", FLAG_BODY},
    {"socket", FLAG_UNIX_SOCKET},
    {"json", FLAG_OUTPUT},
};

static bool wrong_flag(enum verb verb, struct bytes name, struct err *err)
{
    const char *names[FLAG_COUNT];
    uint32_t count = 0;
    for (uint32_t i = 0; i < FLAG_COUNT; i++) {
        if (flags_table[i].verbs & (1u << verb)) names[count++] = flags_table[i].name;
    }
    err_set(err, ERR_USAGE, 0, "there is no flag --%.*s", BYTES_ARG(name));
    const char *near = NULL;
    for (size_t i = 0; i < COUNT_OF(foreign_words); i++) {
        const struct flag_info *info = &flags_table[foreign_words[i].flag];
        bool here = info->verbs & (1u << verb);
        if (here && bytes_is(name, foreign_words[i].word)) near = info->name;
    }
    if (!near) near = diag_nearest(name, names, count);
    if (near) return err_hint(err, "did you mean --%s?", near);
    return err_hint(err, "`%s %s --help` lists them", self_name(), flags_verbs[verb].name);
}

/* A flag that exists, but not for this verb. */
static bool foreign_flag(enum verb verb, enum flag flag, struct err *err)
{
    char array[120];
    struct text owners = text_in(array, sizeof array);
    for (uint32_t i = 0; i < VERB_COUNT; i++) {
        if (!(flags_table[flag].verbs & (1u << i))) continue;
        text_addf(&owners, "%s`prony %s`", owners.len > 0 ? ", " : "", flags_verbs[i].name);
    }
    err_set(err, ERR_USAGE, 0, "`prony %s` has no flag --%s", flags_verbs[verb].name,
            flags_table[flag].name);
    return err_hint(err, "it belongs to %s", array);
}

/* -- Values --------------------------------------------------------------------------------- */

/* One word of `poisson|even|exact`. */
static bool is_choice(const char *choices, struct bytes value)
{
    struct bytes left = bytes_of(choices);
    while (left.len > 0) {
        size_t end = bytes_find(left, BYTES_LIT("|"));
        if (end == SIZE_MAX) end = left.len;
        if (bytes_equal((struct bytes){left.at, end}, value)) return true;
        left = bytes_from(left, end + 1);
    }
    return false;
}

/* `missed,holds` */
static bool are_choices(const char *choices, struct bytes value)
{
    for (;;) {
        size_t comma = bytes_find(value, BYTES_LIT(","));
        bool last = comma == SIZE_MAX;
        if (!is_choice(choices, (struct bytes){value.at, last ? value.len : comma})) return false;
        if (last) return true;
        value = bytes_from(value, comma + 1);
    }
}

static bool is_header(struct bytes value, const char **why)
{
    size_t colon = bytes_find(value, BYTES_LIT(":"));
    *why = "a header is written 'NAME: VALUE'";
    if (colon == SIZE_MAX || colon == 0) return false;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (i < colon && (c <= ' ' || c >= 127)) return false;
        if (c == '\r' || c == '\n') return false;
    }
    return true;
}

static bool is_durations(struct bytes value, const char **why)
{
    uint64_t lo_ns;
    uint64_t hi_ns;
    size_t dots = bytes_find(value, BYTES_LIT(".."));
    if (dots == SIZE_MAX) return units_duration(value, &lo_ns, why);
    if (!units_duration((struct bytes){value.at, dots}, &lo_ns, why)) return false;
    if (!units_duration(bytes_from(value, dots + 2), &hi_ns, why)) return false;
    *why = "the range ends before it begins";
    return lo_ns <= hi_ns;
}

/* `1000/s`, `98%` or `98% of offered`. */
static bool is_capacity(struct bytes value, const char **why)
{
    double number;
    size_t percent = bytes_find(value, BYTES_LIT("%"));
    if (percent == SIZE_MAX) return units_rate(value, &number, why);
    struct bytes rest = bytes_trim(bytes_from(value, percent + 1));
    *why = "a share of the offered rate is written '98% of offered'";
    if (rest.len > 0 && !bytes_is(rest, "of offered")) return false;
    return units_share((struct bytes){value.at, percent + 1}, &number, why);
}

/* `json` or `json=FILE`. */
static bool is_output(struct bytes value, const char **why)
{
    size_t equals = bytes_find(value, BYTES_LIT("="));
    struct bytes form = {value.at, equals < value.len ? equals : value.len};
    *why = "there is no such form";
    if (output_kind_of(form) == OUTPUT_KINDS) return false;
    *why = "the name of the file is missing";
    return equals == SIZE_MAX || equals + 1 < value.len;
}

static bool is_rate(struct bytes value, const char **why)
{
    double rate;
    if (!units_rate(value, &rate, why)) return false;
    *why = "it must be more than 0";
    return rate > 0;
}

/* A static sentence when the value is wrong for the flag. */
static const char *fault_of(enum flag flag, struct bytes value)
{
    const struct flag_info *info = &flags_table[flag];
    const char *why = "a whole number is wanted, such as 100";
    uint64_t whole;
    double number;
    struct trace_plan trace;
    bool ok = true;
    switch (info->kind) {
    case KIND_SWITCH:
    case KIND_TEXT:
        break;
    case KIND_CHOICE:
        why = "that is not one of its values";
        ok = is_choice(info->argument, value);
        break;
    case KIND_CHOICES:
        why = "that is not one of its values, nor some with commas between";
        ok = are_choices(info->argument, value);
        break;
    case KIND_OUTPUT:
        ok = is_output(value, &why);
        break;
    case KIND_NUMBER:
        ok = bytes_to_u64(value, &whole);
        break;
    case KIND_COUNT:
        ok = units_count(value, &whole, &why);
        if (ok && (whole == 0 || whole > UINT32_MAX)) {
            why = "it must be at least 1, and less than 2^32";
            ok = false;
        }
        break;
    case KIND_RATE:
        ok = is_rate(value, &why);
        break;
    case KIND_DURATION:
    case KIND_LATENCY:
        ok = units_duration(value, &whole, &why);
        break;
    case KIND_WARMUP:
        ok = bytes_is(value, "auto") || units_duration(value, &whole, &why);
        break;
    case KIND_DURATIONS:
        ok = is_durations(value, &why);
        break;
    case KIND_MOMENT:
        ok = moment_read(value, clock_wall_ns(), &whole, &why);
        break;
    case KIND_PAIR:
        why = "a variable is written NAME=VALUE";
        ok = value.len > 0 && value.at[0] != '=' && memchr(value.at, '=', value.len);
        break;
    case KIND_HEADER:
        ok = is_header(value, &why);
        break;
    case KIND_TRACE:
        ok = telemetry_read_trace(value, &trace, &why);
        break;
    case KIND_AT_MOST:
    case KIND_AT_LEAST:
        ok = units_share(value, &number, &why);
        break;
    case KIND_CAPACITY:
        ok = is_capacity(value, &why);
        break;
    }
    return ok ? NULL : why;
}

/* What the value must have meant, where it can mean but one thing; false: nobody knows. */
static bool hint_amount(const struct flag_info *info, struct bytes value, struct err *err)
{
    static const struct {
        enum flag_kind kind;
        enum objective_unit unit;
    } units[] = {{KIND_RATE, UNIT_RATE},      {KIND_CAPACITY, UNIT_RATE},
                 {KIND_DURATION, UNIT_TIME},  {KIND_LATENCY, UNIT_TIME},
                 {KIND_DURATIONS, UNIT_TIME}, {KIND_COUNT, UNIT_COUNT},
                 {KIND_AT_MOST, UNIT_SHARE},  {KIND_AT_LEAST, UNIT_SHARE}};
    char array[80];
    struct text meant = text_in(array, sizeof array);
    double number;
    size_t i = 0;
    while (i < COUNT_OF(units) && units[i].kind != info->kind) i++;
    if (i == COUNT_OF(units) || value.len == 0) return false;
    if (!unit_hint_find(&meant, value, units[i].unit)) return false;
    if (bytes_equal(text_bytes(&meant), value)) return false; /* its fault is another */
    bool either = units[i].unit == UNIT_TIME && bytes_to_double(value, &number);
    err_hint(err, "write --%s %s%s%.*s%s", info->name, array, either ? " or " : "",
             (int)(either ? value.len : 0), value.at, either ? "s" : "");
    return true;
}

static bool add(struct flags *out, enum flag flag, struct bytes value, struct err *err)
{
    const struct flag_info *info = &flags_table[flag];
    if (!(info->verbs & (1u << out->verb))) return foreign_flag(out->verb, flag, err);
    if (!info->again && info->kind != KIND_SWITCH && flags_given(out, flag)) {
        err_set(err, ERR_USAGE, 0, "--%s is given twice", info->name);
        return err_hint(err, "keep one of them");
    }
    const char *why = fault_of(flag, value);
    if (why) {
        err_set(err, ERR_USAGE, 0, "--%s %.*s: %s", info->name, BYTES_ARG(value), why);
        if (info->kind == KIND_CHOICE || info->kind == KIND_CHOICES) {
            return err_hint(err, "one of %s", info->argument);
        }
        const char *near = info->kind == KIND_OUTPUT ? output_kind_nearest(value) : NULL;
        if (near && bytes_find(value, BYTES_LIT("=")) == SIZE_MAX) {
            return err_hint(err, "did you mean --%s %s?", info->name, near);
        }
        if (hint_amount(info, value, err)) return false;
        return err_hint(err, "--%s: %s", info->name, info->what);
    }
    if (out->given_count == FLAGS_GIVEN_MAX) {
        err_set(err, ERR_USAGE, 0, "more than %d flags", FLAGS_GIVEN_MAX);
        return err_hint(err, "write a plan: --print-plan turns a URL and its flags into one");
    }
    out->given[out->given_count].flag = flag;
    out->given[out->given_count++].value = value;
    return true;
}

/* -- The command line ----------------------------------------------------------------------- */

/* Where the reading stands. */
struct cursor {
    char *const *argv;
    int at, end;
};

static bool take_value(struct cursor *c, enum flag flag, struct bytes *value, struct err *err)
{
    if (c->at + 1 < c->end) {
        *value = bytes_of(c->argv[++c->at]);
        return true;
    }
    err_set(err, ERR_USAGE, 0, "--%s needs a value: %s", flags_table[flag].name,
            flags_table[flag].argument);
    return err_hint(err, "--%s: %s", flags_table[flag].name, flags_table[flag].what);
}

static bool read_long(struct flags *out, struct cursor *c, struct err *err)
{
    struct bytes name = bytes_of(c->argv[c->at] + 2);
    struct bytes value = {0};
    size_t equals = bytes_find(name, BYTES_LIT("="));
    bool joined = equals != SIZE_MAX;
    if (joined) {
        value = bytes_from(name, equals + 1);
        name.len = equals;
    }
    enum flag flag = flag_of(out->verb, name);
    if (flag == FLAG_COUNT) return wrong_flag(out->verb, name, err);
    if (flags_table[flag].kind == KIND_SWITCH) {
        if (!joined) return add(out, flag, value, err);
        err_set(err, ERR_USAGE, 0, "--%s takes no value", flags_table[flag].name);
        return err_hint(err, "write --%s alone", flags_table[flag].name);
    }
    if (!joined && (flags_table[flag].verbs & (1u << out->verb))
        && !take_value(c, flag, &value, err)) {
        return false;
    }
    return add(out, flag, value, err);
}

/* `-q`, `-qq`, `-n 5`, `-n5`; one letter a word is enough for so few. */
static bool read_short(struct flags *out, struct cursor *c, struct err *err)
{
    const char *word = c->argv[c->at];
    enum flag flag = flag_of_brief(word[1]);
    if (flag == FLAG_COUNT) {
        err_set(err, ERR_USAGE, 0, "there is no flag %s", word);
        return err_hint(err, "`%s %s --help` lists them", self_name(), flags_verbs[out->verb].name);
    }
    struct bytes value = bytes_of(word + 2);
    if (flags_table[flag].kind == KIND_SWITCH) {
        bool same = true;
        for (size_t i = 0; i < value.len; i++) same = same && value.at[i] == word[1];
        if (!same) {
            err_set(err, ERR_USAGE, 0, "-%c takes no value", word[1]);
            return err_hint(err, "write -%c alone, each letter in a word of its own", word[1]);
        }
        for (size_t i = 0; i <= value.len; i++) {
            if (!add(out, flag, (struct bytes){0}, err)) return false;
        }
        return true;
    }
    if (value.len == 0 && !take_value(c, flag, &value, err)) return false;
    return add(out, flag, value, err);
}

static bool count_words(const struct flags *out, uint32_t words, const char *extra, struct err *err)
{
    const struct verb_info *verb = &flags_verbs[out->verb];
    if (flags_given(out, FLAG_HELP)) return true;
    if (words > verb->most && verb->most > 2) {
        err_set(err, ERR_USAGE, 0, "`prony %s` takes %u words at most, and these are %u",
                verb->name, verb->most, words);
        return err_hint(err, "leave some of them to another command");
    }
    if (words > verb->most) {
        err_set(err, ERR_USAGE, 0, "`prony %s` has no use for '%s'", verb->name, extra);
        return err_hint(err, "usage: %s %s%s%s [flags]", self_name(), verb->name,
                        verb->argument[0] ? " " : "", verb->argument);
    }
    if (words < verb->fewest) {
        err_set(err, ERR_USAGE, 0, "`prony %s` needs %s %s", verb->name,
                bytes_is(bytes_of(verb->argument), "PLAN|URL") ? "a plan or a URL:"
                : out->verb == VERB_INIT                       ? "a URL:"
                                                               : "one more word:",
                verb->argument);
        return err_hint(err, "`%s %s --help` has examples", self_name(), verb->name);
    }
    return true;
}

/* All of them at once, as for a plan. */
static bool keep_fault(struct flags *out, const struct err *fault, bool first, struct err *err)
{
    if (first && err) *err = *fault;
    else if (!first && out->more_count < FLAGS_FAULTS_MAX) out->more[out->more_count++] = *fault;
    return true;
}

bool flags_parse(struct flags *out, int argc, char *const *argv, struct err *err)
{
    *out = (struct flags){.verb = VERB_HELP};
    if (argc < 2) return true;
    struct bytes first = bytes_of(argv[1]);
    if (bytes_is(first, "--version") || bytes_is(first, "-V")) {
        out->version = true;
        return true;
    }
    if (bytes_is(first, "--help") || bytes_is(first, "-h")) return true;
    out->verb = flags_verb_of(first);
    if (out->verb == VERB_COUNT) return wrong_verb(first, err);
    uint32_t words = 0;
    const char *extra = NULL;
    bool only_words = false;
    bool wrong = false;
    struct cursor c = {argv, 2, argc};
    for (; c.at < c.end; c.at++) {
        const char *word = argv[c.at];
        struct err fault = {0};
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
        } else if (!only_words && word[0] == '-' && word[1] == '-') {
            if (!read_long(out, &c, &fault)) wrong = keep_fault(out, &fault, !wrong, err);
        } else if (!only_words && word[0] == '-' && word[1] != '\0') {
            if (!read_short(out, &c, &fault)) wrong = keep_fault(out, &fault, !wrong, err);
        } else {
            if (words == 0) out->word = word;
            if (words < FLAGS_WORDS_MAX) out->words[out->word_count++] = word;
            if (words == flags_verbs[out->verb].most) extra = word;
            words++;
        }
    }
    /* Behind a flag that is unknown a word may be its value. */
    return !wrong && count_words(out, words, extra, err);
}

/* -- What was given ------------------------------------------------------------------------- */

bool flags_given(const struct flags *flags, enum flag flag)
{
    for (uint32_t i = 0; i < flags->given_count; i++) {
        if (flags->given[i].flag == flag) return true;
    }
    return false;
}

uint32_t flags_times(const struct flags *flags, enum flag flag)
{
    uint32_t times = 0;
    for (uint32_t i = 0; i < flags->given_count; i++) times += flags->given[i].flag == flag;
    return times;
}

struct bytes flags_value(const struct flags *flags, enum flag flag, const char *otherwise)
{
    for (uint32_t i = 0; i < flags->given_count; i++) {
        if (flags->given[i].flag == flag) return flags->given[i].value;
    }
    return bytes_of(otherwise);
}

bool flags_lenient(const struct flags *flags)
{
    return bytes_is(flags_value(flags, FLAG_FAIL_ON, "inconclusive"), "missed");
}

uint64_t flags_count(const struct flags *flags, enum flag flag)
{
    const char *why;
    uint64_t count = 0;
    struct bytes value = flags_value(flags, flag, NULL);
    if (value.len == 0) return 0;
    bool read = flags_table[flag].kind == KIND_NUMBER ? bytes_to_u64(value, &count)
                                                      : units_count(value, &count, &why);
    assert(read); /* add() has read it before */
    return read ? count : 0;
}

uint64_t flags_ns(const struct flags *flags, enum flag flag)
{
    const char *why;
    uint64_t ns = 0;
    struct bytes value = flags_value(flags, flag, NULL);
    if (value.len == 0) return 0;
    bool read = units_duration(value, &ns, &why);
    assert(read);
    return read ? ns : 0;
}

enum flag flags_of_group(const struct flags *flags, enum flag_group group)
{
    for (uint32_t i = 0; i < flags->given_count; i++) {
        if (flags_table[flags->given[i].flag].group == group) return flags->given[i].flag;
    }
    return FLAG_COUNT;
}

uint32_t flags_objectives(const struct flags *flags, struct text *out,
                          struct bytes sentences[FLAGS_OBJECTIVES_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < flags->given_count && count < FLAGS_OBJECTIVES_MAX; i++) {
        const struct flag_info *info = &flags_table[flags->given[i].flag];
        struct bytes value = flags->given[i].value;
        if (info->group != GROUP_OBJECTIVE) continue;
        size_t start = out->len;
        if (info->kind == KIND_TEXT) {
            text_add(out, value);
        } else {
            const char *op = info->kind == KIND_LATENCY   ? "<"
                             : info->kind == KIND_AT_MOST ? "<="
                                                          : ">=";
            text_addf(out, "%s %s %.*s", info->name, op, BYTES_ARG(value));
            bool share = value.len > 0 && value.at[value.len - 1] == '%';
            if (info->kind == KIND_CAPACITY && share) text_adds(out, " of offered");
        }
        sentences[count++] = (struct bytes){out->at + start, out->len - start};
    }
    return count;
}

uint32_t flags_nth_objective(const struct flags *flags, uint32_t n)
{
    uint32_t i = 0;
    for (; i < flags->given_count; i++) {
        if (flags_table[flags->given[i].flag].group == GROUP_OBJECTIVE && n-- == 0) break;
    }
    assert(i < flags->given_count);
    return i;
}

uint32_t flags_objective_words(const struct flags *flags,
                               struct diag_word words[FLAGS_OBJECTIVES_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < flags->given_count && count < FLAGS_OBJECTIVES_MAX; i++) {
        const struct flag_info *info = &flags_table[flags->given[i].flag];
        if (info->group != GROUP_OBJECTIVE) continue;
        words[count++] = (struct diag_word){info->name, flags->given[i].value};
    }
    return count;
}
