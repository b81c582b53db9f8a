#include "observe/roots.h"

#include <dirent.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/ns.h"
#include "base/proc_text.h"
#include "base/text.h"
#include "net/sock_diag.h"
#include "observe/inode_set.h"
#include "observe/proc.h"

#define PATH_BYTES 1024
#define AGAIN_NS (10 * NS_PER_S) /* walking through all of /proc takes a ms or so */
#define DEPTH_MAX 8              /* cgroups within each other */
#define PORT_INODES 64
#define PROCS_BYTES 8192
#define MOUNTS_BYTES 65536

bool roots_open(struct roots *r, struct arena *arena, const struct attach *attach, pid_t started,
                const char *root)
{
    *r = (struct roots){
        .attach = attach, .root = root, .pids = ARENA_ARRAY(arena, FAMILY_PROCESSES, pid_t)};
    if (!r->pids) return false;
    if (started > 0) r->pids[r->count++] = started;
    return true;
}

static void add(struct roots *r, uint64_t pid)
{
    if (pid == 0 || pid > INT32_MAX || (pid_t)pid == getpid()) return;
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->pids[i] == (pid_t)pid) return;
    }
    if (r->count < FAMILY_PROCESSES) r->pids[r->count++] = (pid_t)pid;
}

/* ---- by number ---- */

static bool find_pid(struct roots *r, struct err *err)
{
    uint64_t pid = r->attach->number;
    if (r->attach->text.len > 0) {
        char array[64];
        struct bytes rest = proc_read_path(array, sizeof array, "%s", r->attach->text.at);
        if (!proc_text_next(&rest, &pid)) {
            return err_set(err, ERR_DENIED, 0, "no number of a process in %.*s",
                           BYTES_ARG(r->attach->text));
        }
    }
    uint64_t start = family_start_of(r->root, (pid_t)pid);
    bool another = r->attach->text.len == 0 && r->start != 0 && start != r->start;
    if (start == 0 || another) {
        return err_set(err, ERR_DENIED, 0, "there is no process %llu%s", (unsigned long long)pid,
                       another && start != 0 ? " any more: its number is another's" : "");
    }
    r->start = start;
    add(r, pid);
    return true;
}

/* ---- through all processes ---- */

typedef bool matches(const struct roots *r, uint64_t pid, const void *ctx);

static void add_matching(struct roots *r, matches *is_it, const void *ctx)
{
    char array[PATH_BYTES];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%s/proc", r->root);
    DIR *dir = opendir(array);
    for (struct dirent *e = proc_next(dir); e; e = proc_next(dir)) {
        uint64_t pid;
        if (bytes_to_u64(bytes_of(e->d_name), &pid) && is_it(r, pid, ctx)) add(r, pid);
    }
    if (dir) closedir(dir);
}

static struct bytes last_part(struct bytes path)
{
    size_t at = path.len;
    while (at > 0 && path.at[at - 1] != '/') at--;
    return bytes_from(path, at);
}

/* By its comm, which is cut after 15 bytes, or by the last part of its first argument. */
static bool has_name(const struct roots *r, uint64_t pid, const void *ctx)
{
    const struct bytes *name = ctx;
    char array[256];
    struct bytes comm =
        proc_read_path(array, sizeof array, "%s/proc/%llu/comm", r->root, (unsigned long long)pid);
    if (comm.len > 0 && comm.at[comm.len - 1] == '\n') comm.len--;
    if (bytes_equal(comm, *name)) return true;
    struct bytes line = proc_read_path(array, sizeof array, "%s/proc/%llu/cmdline", r->root,
                                       (unsigned long long)pid);
    line.len = strnlen(array, line.len);
    return line.len > 0 && bytes_equal(last_part(line), *name);
}

static bool find_name(struct roots *r, struct err *err)
{
    add_matching(r, has_name, &r->attach->text);
    return r->count > 0
           || err_set(err, ERR_DENIED, 0, "no process has the name %.*s",
                      BYTES_ARG(r->attach->text));
}

/* ---- by port ---- */

struct listeners {
    uint16_t port;
    uint64_t inodes[PORT_INODES];
    uint32_t count;
};

static void take_listener(void *ctx, const struct sock_entry *entry)
{
    struct listeners *l = ctx;
    if (entry->local_port != l->port || l->count == PORT_INODES) return;
    l->inodes[l->count++] = entry->inode;
}

static bool holds_one(const struct roots *r, uint64_t pid, const void *ctx)
{
    const struct listeners *l = ctx;
    char array[PATH_BYTES];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%s/proc/%llu/fd", r->root, (unsigned long long)pid);
    DIR *dir = opendir(array);
    bool found = false;
    for (struct dirent *e = proc_next(dir); e && !found; e = proc_next(dir)) {
        char link[64];
        uint64_t inode;
        ssize_t len = readlinkat(dirfd(dir), e->d_name, link, sizeof link);
        if (len <= 0 || !inode_set_of_link((struct bytes){link, (size_t)len}, &inode)) continue;
        for (uint32_t i = 0; i < l->count; i++) found = found || l->inodes[i] == inode;
    }
    if (dir) closedir(dir);
    return found;
}

static bool find_port(struct roots *r, struct err *err)
{
    struct listeners listeners = {.port = (uint16_t)r->attach->number};
    struct sock_diag diag;
    bool asked =
        sock_diag_open(&diag, err)
        && sock_diag_tcp(&diag, 1u << SOCK_LISTENING, false, take_listener, &listeners, err);
    sock_diag_close(&diag);
    if (!asked) return false;
    if (listeners.count == 0) {
        return err_set(err, ERR_DENIED, 0, "nobody listens at port %u", listeners.port);
    }
    add_matching(r, holds_one, &listeners);
    if (r->count > 0) return true;
    return err_set(err, ERR_DENIED, 0,
                   "who listens at port %u may not be seen: it takes the same user, or "
                   "what prony doctor says",
                   listeners.port);
}

/* ---- by cgroup ---- */

static void add_cgroup(struct roots *r, const char *folder)
{
    char array[PROCS_BYTES];
    struct bytes rest = proc_read_path(array, sizeof array, "%s%s/cgroup.procs", r->root, folder);
    uint64_t pid;
    while (proc_text_next(&rest, &pid)) {
        add(r, pid);
        if (!bytes_starts(rest, BYTES_LIT("\n"))) return;
        rest = bytes_from(rest, 1);
    }
}

/* A tree of folders, without recursion: each next one in the order of a depth-first walk. */
struct walk {
    DIR *dirs[DEPTH_MAX];
    size_t lens[DEPTH_MAX]; /* of the path, before what is in it */
    uint32_t depth;
    struct text path; /* without the root's prefix */
};

static void walk_into(struct walk *w, const char *root)
{
    char array[PATH_BYTES];
    struct text whole = text_in(array, sizeof array);
    text_addf(&whole, "%s%s", root, w->path.at);
    DIR *dir = w->depth < DEPTH_MAX && !whole.cut && !w->path.cut ? opendir(array) : NULL;
    if (!dir) return;
    w->dirs[w->depth] = dir;
    w->lens[w->depth++] = w->path.len;
}

/* The next folder, whose path is w->path; false: there are no more. */
static bool walk_next(struct walk *w)
{
    while (w->depth > 0) {
        struct dirent *e = proc_next(w->dirs[w->depth - 1]);
        w->path.len = w->lens[w->depth - 1];
        w->path.at[w->path.len] = '\0';
        w->path.cut = false;
        if (!e) {
            closedir(w->dirs[--w->depth]);
            continue;
        }
        if (e->d_type != DT_DIR || e->d_name[0] == '.') continue;
        text_addf(&w->path, "/%s", e->d_name);
        return true;
    }
    return false;
}

static void walk_end(struct walk *w)
{
    while (w->depth > 0) closedir(w->dirs[--w->depth]);
}

/* All of a folder and of those in it. */
static void add_tree(struct roots *r, const char *folder)
{
    char array[PATH_BYTES];
    struct walk walk = {.path = text_in(array, sizeof array)};
    text_adds(&walk.path, folder);
    add_cgroup(r, folder);
    walk_into(&walk, r->root);
    while (walk_next(&walk)) {
        add_cgroup(r, walk.path.at);
        walk_into(&walk, r->root);
    }
}

static bool starts_mount(struct bytes line, struct bytes *point)
{
    struct bytes type = BYTES_LIT(" - cgroup");
    if (bytes_find(line, type) == SIZE_MAX) return false;
    for (uint32_t i = 0; i < 4; i++) line = bytes_from(line, bytes_find(line, BYTES_LIT(" ")) + 1);
    size_t len = bytes_find(line, BYTES_LIT(" "));
    *point = (struct bytes){line.at, len};
    return len <= line.len;
}

/* Calls `use` with each place where cgroups are mounted, until it found something. */
static void each_mount(struct roots *r, bool (*use)(struct roots *r, struct bytes mount))
{
    char array[MOUNTS_BYTES];
    struct bytes rest = proc_read_path(array, sizeof array, "%s/proc/self/mountinfo", r->root);
    while (rest.len > 0) {
        size_t len = bytes_find(rest, BYTES_LIT("\n"));
        if (len > rest.len) len = rest.len;
        struct bytes point;
        if (starts_mount((struct bytes){rest.at, len}, &point) && use(r, point)) return;
        rest = bytes_from(rest, len + 1);
    }
}

static bool use_path(struct roots *r, struct bytes mount)
{
    char array[PATH_BYTES];
    struct text path = text_in(array, sizeof array);
    if (!bytes_starts(r->attach->text, mount)) text_add(&path, mount);
    text_add(&path, r->attach->text);
    if (!path.cut) add_tree(r, array);
    return r->count > 0;
}

static bool find_cgroup(struct roots *r, struct err *err)
{
    each_mount(r, use_path);
    return r->count > 0
           || err_set(err, ERR_DENIED, 0, "no process is in a cgroup %.*s",
                      BYTES_ARG(r->attach->text));
}

/* A unit is the folder of its name, wherever its slice is. */
static bool use_unit(struct roots *r, struct bytes mount)
{
    char array[PATH_BYTES];
    struct walk walk = {.path = text_in(array, sizeof array)};
    text_add(&walk.path, mount);
    walk_into(&walk, r->root);
    while (r->count == 0 && walk_next(&walk)) {
        if (bytes_equal(last_part(text_bytes(&walk.path)), r->attach->text)) {
            add_tree(r, walk.path.at);
        } else {
            walk_into(&walk, r->root);
        }
    }
    walk_end(&walk);
    return r->count > 0;
}

static bool find_unit(struct roots *r, struct err *err)
{
    each_mount(r, use_unit);
    return r->count > 0
           || err_set(err, ERR_DENIED, 0, "no process is of a unit %.*s",
                      BYTES_ARG(r->attach->text));
}

/* ---- all ways ---- */

static bool find(struct roots *r, struct err *err)
{
    r->count = 0;
    switch (r->attach->kind) {
    case ATTACH_PID:
        return find_pid(r, err);
    case ATTACH_PORT:
        return find_port(r, err);
    case ATTACH_PROCESS:
        return find_name(r, err);
    case ATTACH_CGROUP:
        return find_cgroup(r, err);
    case ATTACH_UNIT:
        return find_unit(r, err);
    case ATTACH_NONE:
    case ATTACH_KINDS:
        break;
    }
    return false;
}

bool roots_look(struct roots *r, bool gone, uint64_t now_ns, struct err *err)
{
    if (!r->attach) return true;
    bool cheap = r->attach->kind == ATTACH_PID || r->attach->kind == ATTACH_CGROUP;
    if (!gone && !cheap && now_ns < r->due_ns) return true;
    uint32_t before = r->count;
    r->due_ns = now_ns + AGAIN_NS;
    if (find(r, err)) return true;
    /* What is left of it stays its own, but for a number, which may be another's by now. */
    r->count = !gone && r->attach->kind != ATTACH_PID ? before : 0;
    return !gone;
}
