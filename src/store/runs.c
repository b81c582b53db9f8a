#include "store/runs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "store/run_file.h"

/* Letters and digits that can't be taken for one another, in the order of their codes. */
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
static_assert(sizeof digits == 33, "five bits a sign");

#define ID_TIME_LEN (RUN_ID_LEN - 1)
#define ID_UNIT_NS (100 * NS_PER_MS)
#define RUNS_MAX 100000 /* folders looked at */

/* 35 bits of tenths of a second since 1970 last until 2078. */
static void make_id(uint64_t wall_ns, uint32_t turn, char id[RUN_ID_LEN + 1])
{
    uint64_t tenths = wall_ns / ID_UNIT_NS;
    for (int i = ID_TIME_LEN - 1; i >= 0; i--) {
        id[i] = digits[tenths & 31];
        tenths >>= 5;
    }
    id[ID_TIME_LEN] = digits[turn & 31];
    id[RUN_ID_LEN] = '\0';
}

static bool is_id(const char *name)
{
    return strlen(name) == RUN_ID_LEN && strspn(name, digits) == RUN_ID_LEN;
}

/* folder/name, NUL-terminated in the arena. */
static struct bytes join(struct arena *arena, struct bytes folder, struct bytes name)
{
    size_t size = folder.len + name.len + 2;
    char *array = arena_alloc(arena, size);
    if (!array) return (struct bytes){"", 0};
    struct text text = text_in(array, size);
    text_add(&text, folder);
    text_addc(&text, '/', 1);
    text_add(&text, name);
    return text_bytes(&text);
}

bool runs_create(struct bytes root, struct arena *arena, char id[RUN_ID_LEN + 1],
                 struct bytes *folder, struct err *err)
{
    struct bytes path = arena_copy(arena, root);
    bool made = file_make_folders(path.at, err);
    uint64_t tenth = 0;
    for (uint32_t turn = 0; made && turn < sizeof digits - 1; turn++) {
        uint64_t wall_ns = clock_wall_ns();
        if (wall_ns / ID_UNIT_NS != tenth) turn = 0; /* or a later id could sort before this one */
        tenth = wall_ns / ID_UNIT_NS;
        make_id(wall_ns, turn, id);
        *folder = join(arena, path, bytes_of(id));
        if (file_make_private(folder->at, err)) return true;
        made = err->sys == EEXIST; /* another run began in this tenth of a second */
    }
    err->kind = ERR_PREFLIGHT;
    return err_hint(err, "start prony in a folder that you may write");
}

/* ---- finding ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

typedef char run_id[RUN_ID_LEN + 1];

/* All ids below `root`, in rising order of time; NULL when there are none. */
static run_id *read_ids(struct bytes root, struct arena *arena, uint32_t *count)
{
    *count = 0;
    struct bytes path = arena_copy(arena, root);
    DIR *dir = opendir(path.at);
    if (!dir) return NULL;
    run_id *ids = NULL;
    uint32_t room = 0;
    /* readdir() shares nothing between streams, whatever its name in the list says. */
    struct dirent *entry;
    while (*count < RUNS_MAX && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe) */
        if (!is_id(entry->d_name)) continue;
        if (*count == room) {
            room = room > 0 ? 2 * room : 64;
            run_id *more = ARENA_ARRAY(arena, room, run_id);
            if (!more) break;
            if (*count > 0) memcpy(more, ids, *count * sizeof *ids);
            ids = more;
        }
        memcpy(ids[(*count)++], entry->d_name, sizeof *ids);
    }
    closedir(dir);
    if (*count > 0) qsort(ids, *count, sizeof *ids, by_name);
    return ids;
}

static struct bytes file_of(struct bytes root, const char *id, struct arena *arena)
{
    return join(arena, join(arena, root, bytes_of(id)), BYTES_LIT(RUN_FILE_NAME));
}

static bool find_last(struct bytes root, struct arena *arena, struct bytes *path, struct err *err)
{
    uint32_t count;
    run_id *ids = read_ids(root, arena, &count);
    while (count > 0) {
        *path = file_of(root, ids[--count], arena);
        if (file_is_there(path->at)) return true;
    }
    err_set(err, ERR_USAGE, 0, "there is no run yet in %.*s", BYTES_ARG(root));
    return err_hint(err, "start one: prony run PLAN, or prony run URL");
}

/* By the start of an id. */
static bool find_id(struct bytes root, struct bytes start, struct arena *arena, struct bytes *path,
                    struct err *err)
{
    uint32_t count;
    uint32_t matches = 0;
    run_id *ids = read_ids(root, arena, &count);
    const char *first = "";
    const char *second = "";
    for (uint32_t i = 0; i < count; i++) {
        if (!bytes_starts(bytes_of(ids[i]), start)) continue;
        if (matches == 0) first = ids[i];
        else second = ids[i];
        matches++;
    }
    if (matches == 1) {
        *path = file_of(root, first, arena);
        return true;
    }
    char shown[128];
    struct text safe = text_in(shown, sizeof shown);
    text_add_safe(&safe, start);
    if (matches > 1) {
        err_set(err, ERR_USAGE, 0, "'%s' is the start of %u runs: %s ... %s", shown, matches, first,
                second);
        return err_hint(err, "give more of the id");
    }
    err_set(err, ERR_USAGE, 0, "there is no run '%s': no file, no folder, no id in %.*s", shown,
            BYTES_ARG(root));
    return err_hint(err, "see the ids: prony list; the newest run is 'last'");
}

bool runs_find(struct bytes root, struct bytes name, struct arena *arena, struct bytes *path,
               struct err *err)
{
    if (name.len == 0) {
        err_set(err, ERR_USAGE, 0, "no run is named");
        return err_hint(err, "see the ids: prony list; the newest run is 'last'");
    }
    if (bytes_is(name, RUNS_LAST)) return find_last(root, arena, path, err);
    struct bytes given = arena_copy(arena, name);
    if (file_is_folder(given.at)) {
        *path = join(arena, given, BYTES_LIT(RUN_FILE_NAME));
        if (file_is_there(path->at)) return true;
        err_set(err, ERR_USAGE, 0, "the folder %s holds no " RUN_FILE_NAME, given.at);
        return err_hint(err,
                        "name the folder of one run, its id, or `last`: prony list shows them");
    }
    if (file_is_there(given.at)) {
        *path = given;
        return true;
    }
    return find_id(root, name, arena, path, err);
}

/* ---- listing ---- */

/* The first row of a query whose columns are: number, number, text; false: none. */
static bool read_row(struct run_file *f, const char *sql, int64_t numbers[2], struct text *words)
{
    sqlite3_stmt *s = NULL;
    bool found =
        sqlite3_prepare_v2(f->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    if (found) {
        numbers[0] = sqlite3_column_int64(s, 0);
        numbers[1] = sqlite3_column_int64(s, 1);
        text_adds(words, (const char *)sqlite3_column_text(s, 2));
    }
    sqlite3_finalize(s);
    return found;
}

static void read_entry(struct run_file *f, bool live, struct arena *arena, struct run_entry *out)
{
    char array[256];
    struct text words = text_in(array, sizeof array);
    int64_t numbers[2] = {0};
    if (read_row(f,
                 "SELECT json_extract(value, '$.wall_start_ns'), 0,"
                 " json_extract(value, '$.plan.name') FROM header WHERE key = 'run'",
                 numbers, &words)) {
        out->wall_start_ns = (uint64_t)numbers[0];
        out->plan = arena_copy(arena, text_bytes(&words));
    }
    text_clear(&words);
    if (read_row(f,
                 "SELECT coalesce((SELECT at_ns FROM ending),"
                 " (SELECT max(end_ns) FROM tick), 0), 0, ''",
                 numbers, &words)) {
        out->length_ns = (uint64_t)numbers[0];
    }
    text_clear(&words);
    out->has_exit = read_row(f, "SELECT exit, 0, verdict FROM result", numbers, &words);
    if (out->has_exit) {
        out->exit_code = (int)numbers[0];
        out->verdict = arena_copy(arena, text_bytes(&words));
    } else {
        out->verdict = live ? BYTES_LIT("running") : BYTES_LIT("no verdict");
    }
}

bool runs_list(struct bytes root, uint32_t max, struct arena *arena, struct run_entry **out,
               uint32_t *count, struct err *err)
{
    uint32_t id_count;
    run_id *ids = read_ids(root, arena, &id_count);
    *count = id_count < max ? id_count : max;
    *out = ARENA_ARRAY(arena, *count, struct run_entry);
    for (uint32_t i = 0; *out && i < *count; i++) {
        struct run_entry *entry = &(*out)[i];
        memcpy(entry->id, ids[id_count - 1 - i], sizeof entry->id);
        struct run_file file;
        struct err why = {0};
        bool live;
        if (run_file_open(&file, file_of(root, entry->id, arena).at, &live, &why)) {
            read_entry(&file, live, arena, entry);
            run_file_close(&file);
        } else {
            entry->trouble = arena_copy(arena, bytes_of(why.msg));
        }
    }
    if (!arena_ok(arena)) return err_set(err, ERR_LIMIT, 0, "too many runs to list");
    return true;
}
