#include "store/run_entry.h"

#include <jansson.h>
#include <math.h>

#include "plan/objective_words.h"

#define GOALS_MAX 1000 /* more sentences than a plan may have */
#define PLACES_MAX 10000

/* ---- objectives ---- */

static struct bytes get_text(struct arena *arena, const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    struct bytes text = {json_string_value(value), json_string_length(value)};
    return text.len > 0 ? arena_copy(arena, text) : (struct bytes){"", 0};
}

static double to_figure(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static struct run_place get_place(struct arena *arena, const json_t *o)
{
    const json_t *range = json_object_get(o, "interval");
    return (struct run_place){
        .stage = get_text(arena, o, "stage"),
        .value = to_figure(json_object_get(o, "value")),
        .range = {to_figure(json_array_get(range, 0)), to_figure(json_array_get(range, 1))},
        .at_least = json_is_true(json_object_get(o, "at_least"))};
}

static enum verdict get_verdict(const json_t *o)
{
    struct bytes word = bytes_of(json_string_value(json_object_get(o, "verdict")));
    for (int i = VERDICT_HOLDS; i < VERDICT_NOT_JUDGED; i++) {
        if (bytes_is(word, result_verdict_name((enum verdict)i))) return (enum verdict)i;
    }
    return VERDICT_NOT_JUDGED;
}

static struct run_goal get_goal(struct arena *arena, const json_t *o)
{
    const json_t *stages = json_object_get(o, "stages");
    size_t count = json_array_size(stages);
    if (count > PLACES_MAX) count = PLACES_MAX;
    struct run_place *places = count > 0 ? ARENA_ARRAY(arena, count, struct run_place) : NULL;
    for (size_t i = 0; places && i < count; i++) {
        places[i] = get_place(arena, json_array_get(stages, i));
    }
    struct bytes text = get_text(arena, o, "text");
    return (struct run_goal){.text = text,
                             .subject = objective_words_subject(text),
                             .wants_little = objective_words_wants_little(text),
                             .of = get_text(arena, o, "of"),
                             .unit = get_text(arena, o, "unit"),
                             .verdict = get_verdict(o),
                             .margin = to_figure(json_object_get(o, "margin_percent")),
                             .warn = json_is_true(json_object_get(o, "warn")),
                             .implicit = json_is_true(json_object_get(o, "implicit")),
                             .at = get_place(arena, o),
                             .stages = places,
                             .stage_count = places ? (uint32_t)count : 0};
}

void run_entry_take_goals(struct run_entry *out, struct bytes json, struct arena *arena)
{
    json_t *list = json.len > 0 ? json_loadb(json.at, json.len, 0, NULL) : NULL;
    size_t count = json_array_size(list);
    if (count > GOALS_MAX) count = GOALS_MAX;
    struct run_goal *goals = count > 0 ? ARENA_ARRAY(arena, count, struct run_goal) : NULL;
    for (size_t i = 0; goals && i < count; i++) {
        goals[i] = get_goal(arena, json_array_get(list, i));
    }
    json_decref(list);
    out->goals = goals;
    out->goal_count = goals ? (uint32_t)count : 0;
}

/* ---- load ---- */

/* FNV-1a, 64 bits. Source: G. Fowler, L. C. Noll, K.-P. Vo, draft-eastlake-fnv. */
#define HASH_START 0xcbf29ce484222325u
#define HASH_PRIME 0x100000001b3u

/* Of the header's stages and what else bounds the load. Left out are the places in the plan
 * (`"at":[...]`), and stages for somebody at the keys, which are the last. Neither name can stand
 * so within a string, whose quotes are escaped. */
static uint64_t hash_of(struct bytes load)
{
    struct bytes place = BYTES_LIT("\"at\":[");
    size_t by_hand = bytes_find(load, BYTES_LIT("\"by_hand\":true"));
    size_t end = by_hand < load.len ? by_hand : load.len;
    while (end < load.len && end > 0 && load.at[end] != '{') end--;
    while (end > 0 && strchr(",]", load.at[end - 1])) end--; /* the list may go on or be closed */
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < end; i++) {
        if (load.at[i] == '"' && bytes_starts(bytes_from(load, i), place)) {
            i += bytes_find(bytes_from(load, i), BYTES_LIT("]"));
            if (i >= end) break;
        }
        hash = (hash ^ (unsigned char)load.at[i]) * HASH_PRIME;
    }
    return hash;
}

/* ---- the whole ---- */

enum { HEAD_STARTED, HEAD_PLAN, HEAD_LOAD };
/* Targets are no part of the load: a service that prony starts has another port in each run. */
static const char head_query[] =
    "SELECT json_extract(value, '$.wall_start_ns'), json_extract(value, '$.plan.name'),"
    " iif(?1, json_extract(value, '$.plan.max_in_flight', '$.plan.connections', '$.plan.names',"
    " '$.plan.scenarios', '$.plan.stages'), NULL)"
    " FROM header WHERE key = 'run'";

enum { END_AT, END_EXIT, END_VERDICT, END_GOALS, END_SOUND };
/* Of the result, which is long, jansson reads the objectives only; SQLite skips the rest. */
static const char end_query[] =
    "SELECT coalesce((SELECT at_ns FROM ending), (SELECT max(end_ns) FROM tick), 0),"
    " exit, verdict, iif(?1, json_extract(json, '$.objectives'), NULL),"
    " iif(?1, json_extract(json, '$.ended') = 'complete'"
    " AND json_extract(json, '$.trust.level') <> 'invalid'"
    " AND NOT coalesce(json_extract(json, '$.steered'), 0), 0)"
    " FROM (SELECT 1) LEFT JOIN result";

/* The statement at its only row; NULL: it has none, or what it reads is damaged. */
static sqlite3_stmt *first_row(struct run_file *f, const char *query, bool goals)
{
    sqlite3_stmt *s = NULL;
    bool found = sqlite3_prepare_v2(f->db, query, -1, &s, NULL) == SQLITE_OK
                 && sqlite3_bind_int(s, 1, goals) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    if (found) return s;
    sqlite3_finalize(s);
    return NULL;
}

/* Valid until the statement's next step. */
static struct bytes column(sqlite3_stmt *s, int index)
{
    const char *text = (const char *)sqlite3_column_text(s, index);
    return text ? (struct bytes){text, (size_t)sqlite3_column_bytes(s, index)} : BYTES_LIT("");
}

static void read_head(struct run_entry *out, struct run_file *f, bool goals, struct arena *arena)
{
    sqlite3_stmt *s = first_row(f, head_query, goals);
    out->plan = BYTES_LIT("");
    if (s) {
        out->wall_start_ns = (uint64_t)sqlite3_column_int64(s, HEAD_STARTED);
        out->plan = arena_copy(arena, column(s, HEAD_PLAN));
        out->load = hash_of(column(s, HEAD_LOAD));
    }
    sqlite3_finalize(s);
}

static void read_end(struct run_entry *out, struct run_file *f, bool goals, struct arena *arena)
{
    sqlite3_stmt *s = first_row(f, end_query, goals);
    if (!s && goals) s = first_row(f, end_query, false); /* a result that is no JSON */
    if (s) {
        run_entry_take_goals(out, column(s, END_GOALS), arena);
        out->length_ns = (uint64_t)sqlite3_column_int64(s, END_AT);
        out->has_exit = sqlite3_column_type(s, END_EXIT) == SQLITE_INTEGER;
        out->exit_code = sqlite3_column_int(s, END_EXIT);
        out->verdict = arena_copy(arena, column(s, END_VERDICT));
        out->sound = sqlite3_column_int(s, END_SOUND);
    }
    sqlite3_finalize(s);
}

void run_entry_read(struct run_entry *out, struct run_file *file, bool live, bool goals,
                    struct arena *arena)
{
    read_head(out, file, goals, arena);
    read_end(out, file, goals, arena);
    if (!out->has_exit) out->verdict = live ? BYTES_LIT("running") : BYTES_LIT("no verdict");
}
