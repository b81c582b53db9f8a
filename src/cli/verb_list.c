#include "cli/verb_list.h"

#include <jansson.h>

#include "base/file.h"
#include "cli/console.h"
#include "cli/list_filter.h"
#include "cli/moment.h"
#include "judge/exit_code.h"
#include "show/json_part.h"
#include "show/runs_text.h"
#include "store/runs.h"

#define ARENA_LIMIT ((size_t)1 << 30)
#define ENTRIES_MAX 10000 /* looked into: two seconds' work */
#define ROW_BYTES ((size_t)1 << 10)
#define LEGEND_BYTES ((size_t)4 << 10)

/* What is listed: entries, the newest first, as many as had to be read, and rows of some. */
struct listing {
    struct list_filter filter;
    struct bytes root;
    struct runs_ids ids;
    struct run_entry *entries;
    uint32_t entry_count;
    struct runs_row *rows;
    uint32_t row_count;
    bool more; /* older ones fit, or could, and are no rows */
};

/* ---- reading ---- */

/* Reads until there are as many rows as wanted, and so much further back that each has a run that
 * it can be compared with: a mark is the same whatever is listed. */
static void read_runs(struct listing *l, struct arena *arena)
{
    uint32_t *shown = ARENA_ARRAY(arena, l->ids.count, uint32_t);
    uint32_t most = l->ids.count < ENTRIES_MAX ? l->ids.count : ENTRIES_MAX;
    l->entries = ARENA_ARRAY(arena, most, struct run_entry);
    uint32_t at = 0;
    while (at < l->ids.count && list_filter_too_new(&l->filter, runs_id_ns(l->ids.items[at]))) at++;
    uint32_t behind = 0; /* entries since the last row */
    bool full = false;
    for (; shown && l->entries && at < l->ids.count && arena_ok(arena); at++) {
        full = full || l->row_count == l->filter.last;
        bool done = full || list_filter_too_old(&l->filter, runs_id_ns(l->ids.items[at]));
        if (done && (l->row_count == 0 || behind == HISTORY_RUNS_BACK)) break;
        if (l->entry_count == most) break;
        struct run_entry *entry = &l->entries[l->entry_count];
        runs_read(entry, l->root, l->ids.items[at], true, arena);
        bool fits = list_filter_takes(&l->filter, entry);
        if (fits && !full) shown[l->row_count++] = l->entry_count;
        behind = fits && !full ? 0 : behind + 1;
        l->more = l->more || (fits && full);
        l->entry_count++;
    }
    l->more = l->more || (at < l->ids.count && (full || l->entry_count == most));
    l->rows = ARENA_ARRAY(arena, l->row_count, struct runs_row);
    for (uint32_t i = 0; l->rows && i < l->row_count; i++) {
        l->rows[i].entry = &l->entries[shown[i]];
        history_trend(&l->rows[i].trend, l->entries, l->entry_count, shown[i]);
    }
}

/* ---- JSON ---- */

static json_t *place_json(const struct run_place *place)
{
    json_t *o = json_object();
    json_t *range = json_array();
    json_tree_append(range, json_part_figure(place->range.lo));
    json_tree_append(range, json_part_figure(place->range.hi));
    json_tree_put(o, "stage", place->stage.len > 0 ? json_part_text(place->stage) : json_null());
    json_tree_put(o, "value", json_part_figure(place->value));
    json_tree_put(o, "interval", range);
    json_tree_put(o, "at_least", json_boolean(place->at_least));
    return o;
}

static json_t *tightest_json(const struct run_goal *goal)
{
    if (!goal) return json_null();
    json_t *o = place_json(&goal->at);
    json_tree_put(o, "text", json_part_text(goal->text));
    json_tree_put(o, "of", goal->of.len > 0 ? json_part_text(goal->of) : json_null());
    json_tree_put(o, "verdict", json_string(result_verdict_name(goal->verdict)));
    json_tree_put(o, "unit", json_part_text(goal->unit));
    json_tree_put(o, "margin_percent", json_part_figure(goal->margin));
    return o;
}

static json_t *trend_json(const struct run_trend *trend)
{
    if (trend->change == CHANGE_UNKNOWN) return json_null();
    bool same = trend->change == CHANGE_NONE;
    json_t *o = json_object();
    json_tree_put(o, "mark", json_string(history_change_name(trend)));
    json_tree_put(o, "sure", same ? json_null() : json_boolean(trend->sure));
    json_tree_put(o, "before", json_string(trend->before->id));
    json_tree_put(o, "is", place_json(trend->is));
    json_tree_put(o, "was", place_json(trend->was));
    return o;
}

static json_t *json_of(const struct runs_row *row)
{
    const struct run_entry *run = row->entry;
    json_t *o = json_object();
    bool whole = run->trouble.len == 0;
    json_tree_put(o, "run", json_string(run->id));
    json_tree_put(o, "plan", json_part_text(run->plan));
    json_tree_put(o, "verdict", whole ? json_part_text(run->verdict) : json_null());
    json_tree_put(o, "exit", run->has_exit ? json_integer(run->exit_code) : json_null());
    json_tree_put(o, "started_s", json_real((double)run->wall_start_ns / 1e9));
    json_tree_put(o, "seconds", json_real((double)run->length_ns / 1e9));
    json_tree_put(o, "tightest", tightest_json(row->trend.goal));
    json_tree_put(o, "trend", trend_json(&row->trend));
    json_tree_put(o, "trouble", whole ? json_null() : json_part_text(run->trouble));
    return o;
}

static bool print_json(const struct listing *l, struct arena *arena)
{
    size_t style = JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_PART_PRECISION);
    json_t *list = json_array();
    for (uint32_t i = 0; i < l->row_count; i++) json_tree_append(list, json_of(&l->rows[i]));
    size_t size = json_dumpb(list, NULL, 0, style);
    char *at = arena_alloc(arena, size + 1);
    bool ok = at != NULL && json_dumpb(list, at, size, style) == size;
    json_decref(list);
    if (!ok) return false;
    at[size] = '\n';
    return console_print((struct bytes){at, size + 1});
}

/* ---- text ---- */

static bool print_table(const struct listing *l, struct arena *arena, const struct flags *flags)
{
    size_t limit = l->row_count * ROW_BYTES + LEGEND_BYTES;
    char *array = arena_alloc(arena, limit);
    if (!array) return false;
    struct text text = text_in(array, limit);
    struct show_style style = console_style(CONSOLE_OUT, flags);
    runs_text_write(&text, l->rows, l->row_count, moment_utc_offset_s(), &style);
    return console_print(text_bytes(&text));
}

static void say_none(const struct listing *l)
{
    char array[600];
    char hint_array[256];
    struct text line = text_in(array, sizeof array);
    struct text hint = text_in(hint_array, sizeof hint_array);
    bool any = l->ids.count > 0;
    if (any) text_addf(&line, "none of %u ", l->ids.count);
    text_addf(&line, "%sruns in %.*s", any ? "" : "no ", BYTES_ARG(l->root));
    if (any) text_adds(&line, " fits");
    if (any) list_filter_words(&l->filter, &line);
    console_say(array);
    list_filter_hint(&l->filter, l->entries, l->entry_count, &hint);
    if (hint.len == 0) return;
    text_clear(&line);
    text_addf(&line, "  hint: %s", hint_array);
    console_say(array);
}

static void say_more(const struct listing *l)
{
    char array[200];
    struct text line = text_in(array, sizeof array);
    if (flags_given(l->filter.flags, FLAG_LAST) && l->row_count == l->filter.last) return;
    text_addf(&line, "older runs are not shown: --last %u shows more", 10 * l->filter.last);
    if (l->row_count < l->filter.last) {
        text_clear(&line);
        text_addf(&line, "only the newest %u runs were looked into: --until goes further back",
                  l->entry_count);
    }
    console_say(array);
}

/* The folder that runs go to by themselves need not be there yet; one that was named must. */
static bool check_root(const struct flags *flags, struct bytes root, struct err *err)
{
    if (!flags_given(flags, FLAG_RUNS_DIR) || file_is_folder(root.at)) return true;
    err_set(err, ERR_USAGE, 0, "%s %s", root.at,
            file_is_there(root.at) ? "is not a folder" : "does not exist");
    return err_hint(err, "--runs-dir names the folder that holds runs, as in `prony run`");
}

static bool print(const struct listing *l, struct arena *arena, const struct flags *flags)
{
    bool json = bytes_is(flags_value(flags, FLAG_FORM, "text"), "json");
    if (l->row_count == 0) say_none(l);
    else if (l->more) say_more(l);
    if (json) return print_json(l, arena);
    return l->row_count == 0 || print_table(l, arena, flags);
}

int verb_list_main(const struct flags *flags)
{
    struct arena arena = {0};
    struct err err = {0};
    struct listing l = {.filter = list_filter_of(flags),
                        .root = flags_value(flags, FLAG_RUNS_DIR, RUNS_FOLDER)};
    int code = EXIT_BUG;
    if (!check_root(flags, l.root, &err) || !arena_open(&arena, ARENA_LIMIT, &err)) {
        code = console_fail(&err);
        goto out;
    }
    l.ids = runs_ids(l.root, RUNS_MAX, &arena);
    read_runs(&l, &arena);
    if (!arena_ok(&arena)) {
        err_set(&err, ERR_LIMIT, 0, "too many runs to list");
        err_hint(&err, "list fewer: --last 100, --since 7d");
        code = console_fail(&err);
        goto out;
    }
    code = print(&l, &arena, flags) ? EXIT_HOLDS : EXIT_PREFLIGHT;
out:
    arena_close(&arena);
    return code;
}
