#include "store/runs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/self.h"
#include "base/text.h"
#include "store/run_entry.h"

/* Letters and digits that can't be taken for one another, in the order of their codes. */
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
static_assert(sizeof digits == 33, "five bits a sign");

#define ID_TIME_LEN (RUN_ID_LEN - 1)
#define ID_UNIT_NS (100 * NS_PER_MS)

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

uint64_t runs_id_ns(const char *id)
{
    uint64_t tenths = 0;
    for (int i = 0; i < ID_TIME_LEN; i++) {
        const char *digit = strchr(digits, id[i]);
        assert(digit);
        tenths = tenths << 5 | (uint64_t)(digit - digits);
    }
    return tenths * ID_UNIT_NS;
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

/* Room for a run file that can be begun, and for what its run leaves beside it; else the run would
 * be sent and nothing kept of it. */
static bool has_room(const char *folder, struct err *err)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0 || disk.f_blocks == 0) return true; /* it does not tell */
    uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (left >= RUNS_LEAST_BYTES) return true;
    err_set(err, ERR_PREFLIGHT, ENOSPC, "%s has no room for a run (%llu KiB left, %u needed)",
            folder, (unsigned long long)(left >> 10), RUNS_LEAST_BYTES >> 10);
    return err_hint(err, "make room there, or choose another folder with --runs-dir");
}

bool runs_create(struct bytes root, struct arena *arena, char id[RUN_ID_LEN + 1],
                 struct bytes *folder, struct err *err)
{
    struct bytes path = arena_copy(arena, root);
    bool made = file_make_folders(path.at, err);
    if (made && !has_room(path.at, err)) return false;
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

static int newest_first(const void *a, const void *b)
{
    return strcmp(b, a);
}

/* The newest first, and no more than `most`. */
static void keep_newest(struct runs_ids *ids, uint32_t most)
{
    if (ids->count > 0) qsort(ids->items, ids->count, sizeof *ids->items, newest_first);
    if (ids->count > most) ids->count = most;
}

struct runs_ids runs_ids(struct bytes root, uint32_t most, struct arena *arena)
{
    struct runs_ids ids = {0};
    struct bytes path = arena_copy(arena, root);
    DIR *dir = opendir(path.at);
    if (!dir) return ids;
    uint32_t room = 0;
    /* readdir() shares nothing between streams, whatever its name in the list says. */
    struct dirent *entry;
    while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe) */
        if (!is_id(entry->d_name)) continue;
        if (ids.count >= 2 * most) keep_newest(&ids, most);
        if (ids.count == room) {
            room = room > 0 ? 2 * room : 64;
            void *more = arena_array(arena, room, sizeof *ids.items);
            if (!more) break;
            if (ids.count > 0) memcpy(more, ids.items, ids.count * sizeof *ids.items);
            ids.items = more;
        }
        memcpy(ids.items[ids.count++], entry->d_name, sizeof *ids.items);
    }
    closedir(dir);
    keep_newest(&ids, most);
    return ids;
}

static struct bytes file_of(struct bytes root, const char *id, struct arena *arena)
{
    return join(arena, join(arena, root, bytes_of(id)), BYTES_LIT(RUN_FILE_NAME));
}

static bool find_last(struct bytes root, uint64_t back, struct arena *arena, struct bytes *path,
                      struct err *err)
{
    struct runs_ids ids = runs_ids(root, RUNS_MAX, arena);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < ids.count; i++) {
        *path = file_of(root, ids.items[i], arena);
        if (file_is_there(path->at) && seen++ == back) return true;
    }
    if (seen > 0) {
        err_set(err, ERR_USAGE, 0, "last~%llu goes back too far: %llu run%s in %.*s",
                (unsigned long long)back, (unsigned long long)seen, seen == 1 ? " is" : "s are",
                BYTES_ARG(root));
        return err_hint(err, "see them: %s list; the oldest is last~%llu", self_name(),
                        (unsigned long long)seen - 1);
    }
    err_set(err, ERR_USAGE, 0, "there is no run yet in %.*s", BYTES_ARG(root));
    return err_hint(err, "start one: %s run PLAN, or %s run URL", self_name(), self_name());
}

/* `last` or `last~N`. */
static bool reads_last(struct bytes name, uint64_t *back)
{
    *back = 0;
    if (bytes_is(name, RUNS_LAST)) return true;
    struct bytes start = BYTES_LIT(RUNS_LAST "~");
    return bytes_starts(name, start) && bytes_to_u64(bytes_from(name, start.len), back);
}

static bool hint_ids(struct err *err)
{
    return err_hint(err, "see the ids: %s list; the newest run is 'last', the one before 'last~1'",
                    self_name());
}

/* By the start of an id. */
static bool find_id(struct bytes root, struct bytes start, struct arena *arena, struct bytes *path,
                    struct err *err)
{
    struct runs_ids ids = runs_ids(root, RUNS_MAX, arena);
    uint32_t matches = 0;
    const char *first = "";
    const char *second = "";
    for (uint32_t i = ids.count; i-- > 0;) {
        if (!bytes_starts(bytes_of(ids.items[i]), start)) continue;
        if (matches == 0) first = ids.items[i];
        else second = ids.items[i];
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
    return hint_ids(err);
}

bool runs_find(struct bytes root, struct bytes name, struct arena *arena, struct bytes *path,
               struct err *err)
{
    if (name.len == 0) {
        err_set(err, ERR_USAGE, 0, "no run is named");
        return hint_ids(err);
    }
    uint64_t back;
    if (reads_last(name, &back)) return find_last(root, back, arena, path, err);
    struct bytes given = arena_copy(arena, name);
    if (file_is_folder(given.at)) {
        *path = join(arena, given, BYTES_LIT(RUN_FILE_NAME));
        if (file_is_there(path->at)) return true;
        err_set(err, ERR_USAGE, 0, "the folder %s holds no " RUN_FILE_NAME, given.at);
        return err_hint(err, "name the folder of one run, its id, or `last`: %s list shows them",
                        self_name());
    }
    if (file_is_there(given.at)) {
        *path = given;
        return true;
    }
    return find_id(root, name, arena, path, err);
}

/* ---- listing ---- */

void runs_read(struct run_entry *out, struct bytes root, const char *id, bool goals,
               struct arena *arena)
{
    struct run_file file;
    struct err why = {0};
    bool live;
    *out = (struct run_entry){0};
    memcpy(out->id, id, sizeof out->id);
    if (run_file_open(&file, file_of(root, id, arena).at, &live, &why)) {
        run_entry_read(out, &file, live, goals, arena);
        run_file_close(&file);
    } else {
        out->trouble = arena_copy(arena, bytes_of(why.msg));
    }
}
