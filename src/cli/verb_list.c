#include "cli/verb_list.h"

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/console.h"
#include "judge/exit_code.h"
#include "show/json_part.h"
#include "show/runs_text.h"
#include "store/runs.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define RUNS_MAX 1000
#define OUT_LIMIT (512u << 10)

/* What local time is ahead of UTC now. */
static int64_t utc_offset_s(void)
{
    time_t now = (time_t)(clock_wall_ns() / NS_PER_S);
    struct tm local;
    return localtime_r(&now, &local) ? local.tm_gmtoff : 0;
}

static json_t *json_of(const struct run_entry *run)
{
    json_t *o = json_object();
    bool whole = run->trouble.len == 0;
    json_tree_put(o, "run", json_string(run->id));
    json_tree_put(o, "plan", json_part_text(run->plan));
    json_tree_put(o, "verdict", whole ? json_part_text(run->verdict) : json_null());
    json_tree_put(o, "exit", run->has_exit ? json_integer(run->exit_code) : json_null());
    json_tree_put(o, "started_s", json_real((double)run->wall_start_ns / 1e9));
    json_tree_put(o, "seconds", json_real((double)run->length_ns / 1e9));
    json_tree_put(o, "trouble", whole ? json_null() : json_part_text(run->trouble));
    return o;
}

static bool print_json(const struct run_entry *runs, uint32_t count, struct arena *arena)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) json_tree_append(list, json_of(&runs[i]));
    size_t size = json_dumpb(list, NULL, 0, JSON_INDENT(2));
    char *at = arena_alloc(arena, size + 1);
    bool ok = at != NULL && json_dumpb(list, at, size, JSON_INDENT(2)) == size;
    json_decref(list);
    if (!ok) return false;
    at[size] = '\n';
    return console_print((struct bytes){at, size + 1});
}

static bool print_table(const struct run_entry *runs, uint32_t count, struct arena *arena,
                        const struct flags *flags)
{
    struct text text = text_in(arena_alloc(arena, OUT_LIMIT), OUT_LIMIT);
    struct show_style style = console_style(CONSOLE_OUT, flags);
    runs_text_write(&text, runs, count, utc_offset_s(), &style);
    return console_print(text_bytes(&text));
}

/* The folder that runs go to by themselves need not be there yet; one that was named must. */
static bool check_root(const struct flags *flags, struct bytes root, struct err *err)
{
    if (!flags_given(flags, FLAG_RUNS_DIR) || file_is_folder(root.at)) return true;
    err_set(err, ERR_USAGE, 0, "%s %s", root.at,
            file_is_there(root.at) ? "is not a folder" : "does not exist");
    return err_hint(err, "--runs-dir names the folder that holds runs, as in `prony run`");
}

int verb_list_main(const struct flags *flags)
{
    struct arena arena = {0};
    struct err err = {0};
    struct run_entry *runs;
    uint32_t count = 0;
    int code = EXIT_BUG;
    struct bytes root = flags_value(flags, FLAG_RUNS_DIR, RUNS_FOLDER);
    if (!check_root(flags, root, &err) || !arena_open(&arena, ARENA_LIMIT, &err)
        || !runs_list(root, RUNS_MAX, &arena, &runs, &count, &err)) {
        code = console_fail(&err);
        goto out;
    }
    bool json = bytes_is(flags_value(flags, FLAG_FORM, "text"), "json");
    if (count == 0 && !json) {
        char array[300];
        struct text line = text_in(array, sizeof array);
        text_addf(&line, "no runs in %.*s", BYTES_ARG(root));
        console_say(array);
        code = EXIT_HOLDS;
        goto out;
    }
    bool printed = json ? print_json(runs, count, &arena) : print_table(runs, count, &arena, flags);
    code = printed ? EXIT_HOLDS : EXIT_PREFLIGHT;
out:
    arena_close(&arena);
    return code;
}
