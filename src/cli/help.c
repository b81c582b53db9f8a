#include "cli/help.h"

#include <stdio.h>

#include "base/attr.h"
#include "judge/exit_code.h"

#define HELP_COLUMNS 80
#define LEFT_COLUMNS 30 /* of a flag with its argument; a longer one gets a line of its own */

/* `words` from column `left` on, broken at spaces before HELP_COLUMNS. */
static void add_wrapped(struct text *out, size_t left, const char *words)
{
    size_t column = left;
    struct bytes rest = bytes_of(words);
    while (rest.len > 0) {
        size_t end = bytes_find(rest, BYTES_LIT(" "));
        if (end == SIZE_MAX) end = rest.len;
        struct bytes word = {rest.at, end};
        size_t columns = text_columns(word);
        if (column > left && column + 1 + columns > HELP_COLUMNS) {
            text_addc(out, '\n', 1);
            text_addc(out, ' ', left);
            column = left;
        } else if (column > left) {
            text_addc(out, ' ', 1);
            column++;
        }
        text_add(out, word);
        column += columns;
        rest = bytes_from(rest, end + 1);
    }
    text_addc(out, '\n', 1);
}

/* `label` at the left, `words` wrapped beside it. */
static void add_row(struct text *out, const char *label, size_t left, const char *words)
{
    size_t columns = text_columns(bytes_of(label));
    text_adds(out, label);
    if (columns + 1 >= left) {
        text_addc(out, '\n', 1);
        columns = 0;
    }
    text_addc(out, ' ', left - columns);
    add_wrapped(out, left, words);
}

static void add_flag(struct text *out, const struct flag_info *info)
{
    char array[80];
    struct text label = text_in(array, sizeof array);
    if (info->brief) text_addf(&label, "  -%c, ", info->brief);
    else text_adds(&label, "      ");
    text_addf(&label, "--%s", info->name);
    if (info->argument[0]) text_addf(&label, " %s", info->argument);
    add_row(out, array, LEFT_COLUMNS, info->what);
}

const char *help_group_title(enum flag_group group)
{
    static const char *const titles[GROUP_COUNT] = {
        [GROUP_LOAD] = "Load (of a URL; a plan says its own)",
        [GROUP_REQUEST] = "Request (of a URL; a plan says its own)",
        [GROUP_PLAN] = "Plan (changes what it says, for this time)",
        [GROUP_FILTER] = "Which runs (all of these must be true of a run)",
        [GROUP_OBJECTIVE] = "Objectives (with any given, the plan's own are left out)",
        [GROUP_WINDOW] = "Window (judges and shows that part of the run alone)",
        [GROUP_WATCH] = "Watch (stands above what the plan says under `watch`)",
        [GROUP_ENGINE] = "Engine",
        [GROUP_OUTPUT] = "Output",
    };
    return titles[group];
}

static void add_group(struct text *out, enum verb verb, enum flag_group group)
{
    bool titled = false;
    for (uint32_t i = 0; i < FLAG_COUNT; i++) {
        const struct flag_info *info = &flags_table[i];
        if (info->group != group || !(info->verbs & (1u << verb))) continue;
        if (!titled) text_addf(out, "\n%s\n", help_group_title(group));
        titled = true;
        add_flag(out, info);
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
    text_adds(out, "\nExit codes\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[16];
        struct text label = text_in(array, sizeof array);
        text_addf(&label, "  %3d", rows[i].code);
        add_row(out, array, 7, rows[i].text);
    }
}

void help_overview(struct text *out)
{
    text_adds(out, "prony puts a service under load by a plan, and says whether it holds.\n\n"
                   "usage: prony COMMAND [flags]\n\nCommands\n");
    for (uint32_t i = 0; i < VERB_COUNT; i++) {
        char array[64];
        struct text label = text_in(array, sizeof array);
        text_addf(&label, "  %s %s", flags_verbs[i].name, flags_verbs[i].argument);
        add_row(out, array, 20, flags_verbs[i].what);
    }
    text_adds(out, "\nStart here\n"
                   "  prony run http://localhost:8080/ --rate 200/s --p95 100ms --errors 0.1%\n"
                   "  prony help run\n");
    add_exits(out);
    text_adds(out, "\n`prony --version` says which prony this is.\n");
}

void help_verb(struct text *out, enum verb verb)
{
    const struct verb_info *info = &flags_verbs[verb];
    text_addf(out, "prony %s: %s\n\nusage: prony %s%s%s [flags]\n", info->name, info->what,
              info->name, info->argument[0] ? " " : "", info->argument);
    if (info->more[0]) {
        text_adds(out, "\n");
        add_wrapped(out, 0, info->more);
    }
    for (uint32_t i = 0; i < GROUP_COUNT; i++) add_group(out, verb, (enum flag_group)i);
    if (verb == VERB_RUN || verb == VERB_CHECK || verb == VERB_REPORT || verb == VERB_WATCH) {
        text_adds(
            out,
            "\nD is a time such as 250ms, 30s or 1m30s, R a rate such as 500/s, P% a share.\n");
    }
    text_addf(out, "\nExamples\n%s", info->examples);
    if (verb == VERB_RUN || verb == VERB_REPORT || verb == VERB_WATCH) add_exits(out);
}
