#include "observe/cgroup_text.h"

#include "base/proc_text.h"
#include "base/text.h"

#define FIELDS_MAX 32 /* of a line of mountinfo */
#define NO_LIMIT (UINT64_C(1) << 60)

enum mount_field { MOUNT_ROOT = 3, MOUNT_POINT = 4 };

/* ---- taking apart ---- */

/* Up to the next `end`, which is passed, or all. */
static struct bytes take(struct bytes *rest, const char *end)
{
    size_t len = bytes_find(*rest, bytes_of(end));
    if (len > rest->len) len = rest->len;
    struct bytes part = {rest->at, len};
    *rest = bytes_from(*rest, len + 1);
    return part;
}

static bool lists(struct bytes list, const char *word)
{
    while (list.len > 0) {
        if (bytes_is(take(&list, ","), word)) return true;
    }
    return false;
}

/* One of its mounts: its three parts that matter. */
struct mount {
    struct bytes root, point, type, options;
};

/* "36 35 98:0 /root /point rw,noatime shared:1 - ext3 /dev/root rw,errors=continue" */
static bool read_mount(struct bytes line, struct mount *out)
{
    struct bytes fields[FIELDS_MAX];
    uint32_t count = 0;
    uint32_t dash = 0;
    while (line.len > 0 && count < FIELDS_MAX) {
        fields[count] = take(&line, " ");
        if (dash == 0 && count > MOUNT_POINT && bytes_is(fields[count], "-")) dash = count;
        count++;
    }
    if (dash == 0 || count < dash + 4) return false;
    *out =
        (struct mount){fields[MOUNT_ROOT], fields[MOUNT_POINT], fields[dash + 1], fields[dash + 3]};
    return true;
}

/* A blank stands as \040 there. */
static void add_unescaped(struct text *out, struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        bool octal = b.at[i] == '\\' && i + 3 < b.len && bytes_is_digit(b.at[i + 1]);
        if (!octal) {
            text_add(out, (struct bytes){&b.at[i], 1});
            continue;
        }
        char c = (char)((b.at[i + 1] - '0') * 64 + (b.at[i + 2] - '0') * 8 + (b.at[i + 3] - '0'));
        text_add(out, (struct bytes){&c, 1});
        i += 3;
    }
}

/* What is left of `path` below `root`; false: it is not below. */
static bool below(struct bytes path, struct bytes root, struct bytes *rest)
{
    if (bytes_is(root, "/")) root.len = 0;
    *rest = bytes_from(path, root.len);
    return bytes_starts(path, root) && (rest->len == 0 || rest->at[0] == '/');
}

/* ---- finding ---- */

/* The path in the tree of `controller`; `v2`: in that of version 2. */
static bool find_path(struct bytes cgroups, const char *controller, struct bytes *path, bool *v2)
{
    bool found = false;
    while (cgroups.len > 0) {
        struct bytes line = take(&cgroups, "\n");
        take(&line, ":");
        struct bytes list = take(&line, ":");
        if (line.len == 0 || line.at[0] != '/') continue;
        bool named = lists(list, controller);
        if (!named && (list.len > 0 || found)) continue;
        found = true;
        *path = line;
        *v2 = !named;
        if (named) return true;
    }
    return found;
}

bool cgroup_text_find(struct bytes cgroups, struct bytes mounts, const char *controller,
                      struct cgroup_folder *out)
{
    struct bytes path;
    bool v2;
    if (!find_path(cgroups, controller, &path, &v2)) return false;
    if (bytes_find(path, BYTES_LIT("/..")) != SIZE_MAX) return false; /* beyond what we see */
    while (mounts.len > 0) {
        struct mount mount;
        struct bytes rest;
        if (!read_mount(take(&mounts, "\n"), &mount)) continue;
        bool is_it = v2 ? bytes_is(mount.type, "cgroup2")
                        : bytes_is(mount.type, "cgroup") && lists(mount.options, controller);
        if (!is_it || !below(path, mount.root, &rest)) continue;
        struct text text = text_in(out->path, sizeof out->path);
        add_unescaped(&text, mount.point);
        out->mount_len = (uint32_t)text.len;
        out->v2 = v2;
        if (rest.len > 1) text_add(&text, rest);
        /* A path: from '/', and its end is the only NUL. */
        return !text.cut && out->path[0] == '/' && strlen(out->path) == text.len;
    }
    return false;
}

bool cgroup_text_up(struct cgroup_folder *folder)
{
    size_t len = strlen(folder->path);
    if (len <= folder->mount_len) return false;
    while (len > folder->mount_len && folder->path[len - 1] != '/') len--;
    folder->path[len > folder->mount_len ? len - 1 : len] = '\0';
    return true;
}

/* ---- what the files say ---- */

bool cgroup_text_limit(struct bytes text, uint64_t *out)
{
    bool whole = proc_text_next(&text, out) && (text.len == 0 || text.at[0] == '\n');
    return whole && *out < NO_LIMIT;
}

bool cgroup_text_cpu_max(struct bytes text, double *cores)
{
    uint64_t quota;
    uint64_t period;
    if (!proc_text_next(&text, &quota) || !proc_text_next(&text, &period) || period == 0) {
        return false;
    }
    *cores = (double)quota / (double)period;
    return true;
}

bool cgroup_text_io(struct bytes *rest, struct cgroup_io *out)
{
    while (rest->len > 0) {
        struct bytes line = take(rest, "\n");
        *out = (struct cgroup_io){0};
        if (!proc_text_next(&line, &out->major) || !bytes_starts(line, BYTES_LIT(":"))) continue;
        line = bytes_from(line, 1);
        if (!proc_text_next(&line, &out->minor)) continue;
        bool v2 = bytes_find(line, BYTES_LIT("bytes=")) != SIZE_MAX;
        out->read_bytes = proc_text_after(line, v2 ? "rbytes=" : " Read ");
        out->write_bytes = proc_text_after(line, v2 ? "wbytes=" : " Write ");
        return true;
    }
    return false;
}
