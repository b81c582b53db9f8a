#include "rig/private_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define KEEP_SUFFIX ".keep"
#define ROOTS_MAX 1000 /* looked at by one sweep */
#define ROOT_MODE 0711 /* others may pass, to a $dir that its service opens, but not look */

int private_root_open(const char *path, struct err *err)
{
    if (!file_make_folders(path, err)) return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fchmod(fd, ROOT_MODE) == 0) return fd;
    err_set(err, ERR_IO, errno, "cannot hold the private folder %s", path);
    if (fd >= 0) close(fd);
    return -1;
}

/* NAME.keep beside NAME: nothing of ours lies in what is the service's. */
static bool keep_path(struct text *out, const char *path)
{
    text_addf(out, "%s" KEEP_SUFFIX, path);
    return !out->cut;
}

bool private_root_keep(const char *path, struct err *err)
{
    char array[PATH_MAX];
    struct text mark = text_in(array, sizeof array);
    if (!keep_path(&mark, path)) {
        return err_set(err, ERR_IO, ENAMETOOLONG, "cannot mark %s", path);
    }
    int fd = open(array, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return err_set(err, ERR_IO, errno, "cannot make %s", array);
    close(fd);
    return true;
}

static bool is_root_name(const char *name)
{
    size_t prefix = sizeof PRIVATE_ROOT_PREFIX - 1;
    return strlen(name) == prefix + PRIVATE_ROOT_DIGITS
           && strncmp(name, PRIVATE_ROOT_PREFIX, prefix) == 0
           && strspn(name + prefix, "0123456789abcdef") == PRIVATE_ROOT_DIGITS;
}

/* Nobody else can have made it, since it is ours; nobody else can have put anything into it. */
static bool is_ours_and_old(const char *path, uint32_t young_s)
{
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode)) return false;
    int64_t now_s = (int64_t)(clock_wall_ns() / NS_PER_S);
    mode_t mode = st.st_mode & 0777;
    bool ours = st.st_uid == geteuid() && (mode == ROOT_MODE || mode == 0700); /* not there yet */
    return ours && now_s - st.st_ctim.tv_sec >= young_s;
}

/* Removes what is not marked, then the root if nothing is left in it. */
static void empty_root(const char *root)
{
    DIR *dir = opendir(root);
    if (!dir) return;
    struct dirent *entry;
    while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of its own */
        char path_array[PATH_MAX];
        char mark_array[PATH_MAX];
        struct text path = text_in(path_array, sizeof path_array);
        struct text mark = text_in(mark_array, sizeof mark_array);
        if (entry->d_name[0] == '.') continue; /* services are named by letters */
        text_addf(&path, "%s/%s", root, entry->d_name);
        if (path.cut || !file_is_folder(path_array) || !keep_path(&mark, path_array)) continue;
        if (file_is_there(mark_array)) continue;
        /* What cannot be removed is tried again by the next run. */
        if (!file_remove_tree(path_array, NULL)) continue;
    }
    closedir(dir);
    file_remove_empty(root);
}

void private_root_sweep(const char *folder, uint32_t young_s)
{
    DIR *dir = opendir(folder);
    if (!dir) return;
    struct dirent *entry;
    uint32_t seen = 0;
    while (seen < ROOTS_MAX && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe) */
        char array[PATH_MAX];
        struct text path = text_in(array, sizeof array);
        if (!is_root_name(entry->d_name)) continue;
        seen++;
        text_addf(&path, "%s/%s", folder, entry->d_name);
        if (path.cut || !is_ours_and_old(array, young_s)) continue;
        int fd = open(array, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) continue;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) empty_root(array);
        close(fd);
    }
    closedir(dir);
}
