/* pages TEMPLATE - a manual page: the template, with the tables of prony in place of @NAME@.
 *
 * What flags, commands, keys, metrics and exit codes there are stands in one table each; here they
 * become mdoc(7). One sentence a line, as mandoc's lint asks. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "judge/exit_code.h"
#include "plan/key_table.h"
#include "plan/objective.h"

#define PAGE_MAX ((size_t)256 << 10)
#define LINE_COLUMNS 76

/* One word of running text: `code` is bold, what roff would read is escaped. */
static void add_word(struct text *out, struct bytes word, bool *code)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        if (c == '`') {
            *code = !*code;
            text_adds(out, *code ? "\\fB" : "\\fP");
        } else if (c == '\\') {
            text_adds(out, "\\e");
        } else if (c == '-' && (i == 0 || word.at[i - 1] == '-' || word.at[i - 1] == '`')) {
            text_adds(out, "\\-");
        } else if (i == 0 && (c == '.' || c == '\'')) {
            text_addf(out, "\\&%c", c);
        } else {
            text_addc(out, c, 1);
        }
    }
}

static bool ends_sentence(struct bytes word)
{
    return word.len > 1 && strchr(".?!", word.at[word.len - 1]) && word.at[word.len - 2] != '.';
}

/* Text as lines of their own. */
static void add_prose(struct text *out, const char *prose)
{
    struct bytes rest = bytes_of(prose);
    size_t column = 0;
    bool code = false;
    bool capital = true;
    while (rest.len > 0) {
        size_t end = bytes_find(rest, BYTES_LIT(" "));
        struct bytes word = {rest.at, end == SIZE_MAX ? rest.len : end};
        rest = bytes_from(rest, word.len + 1);
        if (word.len == 0) continue;
        bool fresh = column == 0 || column + 1 + word.len > LINE_COLUMNS;
        if (column > 0) text_addc(out, fresh ? '\n' : ' ', 1);
        size_t start = out->len;
        add_word(out, word, &code);
        if (capital && out->at[start] >= 'a' && out->at[start] <= 'z') out->at[start] -= 32;
        capital = false;
        column = (fresh ? 0 : column + 1) + word.len;
        if (!ends_sentence(word) || code) continue;
        text_addc(out, '\n', 1);
        column = 0;
    }
    bool stopped = out->len > 0 && out->at[out->len - 1] == '\n';
    if (!stopped) text_adds(out, ".\n");
}

/* Words that are arguments of a macro: none of them is one itself. */
static void add_arguments(struct text *out, const char *words)
{
    text_addc(out, '"', 1);
    for (const char *c = words; *c; c++) {
        if (*c == '"') text_adds(out, "\\(dq");
        else if (*c == '\\') text_adds(out, "\\e");
        else if (*c != '`') text_addc(out, *c, 1);
    }
    text_addc(out, '"', 1);
}

static void add_synopsis(struct text *out)
{
    for (uint32_t i = 0; i < VERB_COUNT; i++) {
        text_addf(out, ".Nm\n.Cm %s\n", flags_verbs[i].name);
        if (flags_verbs[i].argument[0]) text_adds(out, ".Ar ");
        if (flags_verbs[i].argument[0]) add_arguments(out, flags_verbs[i].argument);
        if (flags_verbs[i].argument[0]) text_addc(out, '\n', 1);
        text_adds(out, ".Op Ar flags\n");
    }
    text_adds(out, ".Nm\n.Fl -version\n");
}

static void add_commands(struct text *out)
{
    text_adds(out, ".Bl -tag -width Ds\n");
    for (uint32_t i = 0; i < VERB_COUNT; i++) {
        const struct verb_info *verb = &flags_verbs[i];
        text_addf(out, ".It Cm %s", verb->name);
        if (verb->argument[0]) text_adds(out, " Ar ");
        if (verb->argument[0]) add_arguments(out, verb->argument);
        text_addc(out, '\n', 1);
        add_prose(out, verb->what);
        if (verb->more[0]) add_prose(out, verb->more);
    }
    text_adds(out, ".El\n");
}

static void add_flag(struct text *out, const struct flag_info *flag)
{
    text_adds(out, ".It");
    if (flag->brief) text_addf(out, " Fl %c ,", flag->brief);
    text_addf(out, " Fl -%s", flag->name);
    if (flag->argument[0]) text_adds(out, " Ar ");
    if (flag->argument[0]) add_arguments(out, flag->argument);
    text_addc(out, '\n', 1);
    add_prose(out, flag->what);
    text_adds(out, "Of\n");
    const char *comma = "";
    for (uint32_t v = 0; v < VERB_COUNT; v++) {
        if (!(flag->verbs & (1u << v))) continue;
        text_addf(out, "%s.Cm %s", comma, flags_verbs[v].name);
        comma = " ,\n";
    }
    text_adds(out, " .\n");
}

static void add_flags(struct text *out)
{
    for (uint32_t g = 0; g < GROUP_COUNT; g++) {
        text_adds(out, ".Ss ");
        const char *title = help_group_title((enum flag_group)g);
        size_t note = bytes_find(bytes_of(title), BYTES_LIT(" ("));
        struct bytes name = {title, note == SIZE_MAX ? strlen(title) : note};
        text_add(out, name);
        text_addc(out, '\n', 1);
        if (note != SIZE_MAX) {
            char array[120];
            struct text words = text_in(array, sizeof array);
            text_add(&words, (struct bytes){title + note + 2, strlen(title) - note - 3});
            add_prose(out, array);
        }
        text_adds(out, ".Bl -tag -width Ds\n");
        for (uint32_t i = 0; i < FLAG_COUNT; i++) {
            bool help = i == FLAG_HELP; /* of every command: said once */
            if (flags_table[i].group != g) continue;
            if (!help) add_flag(out, &flags_table[i]);
            else text_adds(out, ".It Fl h , Fl -help\nExplains a command.\n");
        }
        text_adds(out, ".El\n");
    }
}

static void add_exits(struct text *out)
{
    static const struct {
        int code;
        const char *text;
    } rows[] = {
#define ROW(name, number, text) {(number), (text)},
        EXIT_CODES(ROW)
#undef ROW
    };
    text_adds(out, ".Bl -tag -width 1234\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text_addf(out, ".It %d\n", rows[i].code);
        add_prose(out, rows[i].text);
    }
    text_adds(out, ".El\n");
}

static void add_examples(struct text *out)
{
    text_adds(out, ".Bd -literal\n");
    for (uint32_t i = 0; i < VERB_COUNT; i++) {
        struct bytes rest = bytes_of(flags_verbs[i].examples);
        while (rest.len > 0) {
            size_t end = bytes_find(rest, BYTES_LIT("\n"));
            struct bytes line = bytes_trim((struct bytes){rest.at, end});
            for (size_t k = 0; k < line.len; k++) {
                if (line.at[k] == '\\') text_adds(out, "\\e");
                else if (line.at[k] == '-') text_adds(out, "\\-");
                else text_addc(out, line.at[k], 1);
            }
            text_addc(out, '\n', 1);
            rest = bytes_from(rest, end + 1);
        }
    }
    text_adds(out, ".Ed\n");
}

static void add_keys(struct text *out)
{
    for (unsigned place = 0; place < KEY_PLACES; place++) {
        enum key first;
        enum key last;
        key_table_range((enum key_place)place, &first, &last);
        text_adds(out, ".Ss Keys of ");
        text_adds(out, key_table_place_name((enum key_place)place));
        text_adds(out, "\n.Bl -tag -width Ds\n");
        for (unsigned k = first; k < last; k++) {
            const struct key_row *row = key_table_row((enum key)k);
            text_addf(out, ".It Ic %s : Ar ", row->name);
            add_arguments(out, row->form);
            text_addc(out, '\n', 1);
            if (row->needed) text_adds(out, "Needed.\n");
            add_prose(out, row->doc);
        }
        text_adds(out, ".El\n");
    }
}

static void add_metrics(struct text *out)
{
    static const struct {
        const char *name;
        enum objective_unit unit;
        bool limit;
    } rows[] = {
#define ROW(metric, name, unit, limit) {(name), (unit), (limit)},
        METRICS(ROW)
#undef ROW
    };
    static const char *const units[] = {[UNIT_TIME] = "a duration",
                                        [UNIT_SHARE] = "a share",
                                        [UNIT_RATE] = "a rate, or `98% of offered`",
                                        [UNIT_COUNT] = "a count",
                                        [UNIT_BYTES] = "bytes: `512MiB`",
                                        [UNIT_BYTES_RATE] = "bytes by time: `1MiB/h`",
                                        [UNIT_NUMBER] = "in the unit of the series"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[120];
        struct text words = text_in(array, sizeof array);
        bool quantile = bytes_is(bytes_of(rows[i].name), "p");
        struct objective o = {.metric = (enum metric)i};
        text_addf(&words, "%s; %s", units[rows[i].unit],
                  objective_is_either(&o) ? "with any comparison"
                  : rows[i].limit         ? "with `<` or `<=`"
                                          : "with `>` or `>=`");
        text_adds(out, ".It Li ");
        add_arguments(out, quantile               ? "p50, p95, p99.9"
                           : i == METRIC_RECOVERY ? "recovery after STAGE"
                           : rows[i].name[0]      ? rows[i].name
                                                  : "a series by its name");
        text_addc(out, '\n', 1);
        add_prose(out, array);
    }
}

static bool add_table(struct text *out, struct bytes line)
{
    static const struct {
        const char *mark;
        void (*add)(struct text *out);
    } tables[] = {{"@SYNOPSIS@", add_synopsis}, {"@COMMANDS@", add_commands},
                  {"@FLAGS@", add_flags},       {"@EXITS@", add_exits},
                  {"@EXAMPLES@", add_examples}, {"@KEYS@", add_keys},
                  {"@METRICS@", add_metrics}};
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        if (!bytes_is(line, tables[i].mark)) continue;
        tables[i].add(out);
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    static char page[PAGE_MAX];
    struct text out = text_in(page, sizeof page);
    struct arena arena;
    struct bytes rest;
    struct err err = {0};
    if (argc != 2 || !arena_open(&arena, PAGE_MAX * 2, &err)
        || !file_read(&rest, &arena, argv[1], PAGE_MAX, &err)) {
        fprintf(stderr, "pages: %s\n", argc == 2 ? err.msg : "usage: pages TEMPLATE");
        return 1;
    }
    while (rest.len > 0) {
        size_t end = bytes_find(rest, BYTES_LIT("\n"));
        struct bytes line = {rest.at, end == SIZE_MAX ? rest.len : end};
        rest = bytes_from(rest, line.len + 1);
        if (add_table(&out, line)) continue;
        text_add(&out, line);
        text_addc(&out, '\n', 1);
    }
    bool written = !out.cut && fwrite(page, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    arena_close(&arena);
    return written ? 0 : 1;
}
