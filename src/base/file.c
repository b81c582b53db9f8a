#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDERS_MAX 16 /* descriptors that removing a tree may hold at once */

bool file_read(struct bytes *out, struct arena *arena, const char *path, size_t limit,
               struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return err_set(err, ERR_IO, errno, "cannot read %s", path);
    bool ok = false;
    struct stat st;
    if (fstat(fd, &st) != 0) {
        err_set(err, ERR_IO, errno, "cannot read %s", path);
        goto out;
    }
    if (S_ISDIR(st.st_mode)) {
        err_set(err, ERR_IO, EISDIR, "cannot read %s", path);
        goto out;
    }
    /* The size is only a hint: a pipe or a file of /proc has none, so reading goes on to the end.
     */
    size_t room = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : limit + 1;
    if (room > limit + 1) room = limit + 1;
    if (room < 4096) room = limit < 4096 ? limit + 1 : 4096;
    char *into = arena_alloc(arena, room + 1);
    if (!into) {
        err_set(err, ERR_IO, ENOMEM, "cannot read %s", path);
        goto out;
    }
    size_t len = 0;
    while (len < room) {
        ssize_t n = read(fd, into + len, room - len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            err_set(err, ERR_IO, errno, "cannot read %s", path);
            goto out;
        }
        if (n == 0) break;
        len += (size_t)n;
    }
    if (len == room) {
        err_set(err, ERR_IO, 0, "%s is larger than %zu bytes, or grows while it is read", path,
                limit);
        goto out;
    }
    *out = (struct bytes){into, len};
    ok = true;
out:
    close(fd);
    return ok;
}

size_t file_read_at(const char *path, uint64_t offset, char *into, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n;
    do n = pread(fd, into, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    close(fd);
    return n > 0 ? (size_t)n : 0;
}

void file_read_tail(struct text *out, const char *path)
{
    struct stat st;
    text_clear(out);
    if (stat(path, &st) != 0 || st.st_size <= 0) return;
    uint64_t size = (uint64_t)st.st_size;
    size_t room = out->size - 1;
    out->len = file_read_at(path, size > room ? size - room : 0, out->at, room);
    out->at[out->len] = '\0';
}

static bool write_all(int fd, struct bytes content)
{
    while (content.len > 0) {
        ssize_t n = write(fd, content.at, content.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        content = bytes_from(content, (size_t)n);
    }
    return fsync(fd) == 0;
}

bool file_write(const char *path, struct bytes content, struct err *err)
{
    char beside[PATH_MAX];
    struct text name = text_in(beside, sizeof beside);
    text_addf(&name, "%s.new", path);
    if (name.cut) return err_set(err, ERR_IO, ENAMETOOLONG, "cannot write %s", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return err_set(err, ERR_IO, errno, "cannot write %s", path);
    bool written = write_all(fd, content);
    int cause = errno;
    if (close(fd) != 0 && written) {
        written = false;
        cause = errno;
    }
    if (written && rename(beside, path) != 0) {
        written = false;
        cause = errno;
    }
    if (written) return true;
    if (unlink(beside) != 0 && errno != ENOENT) cause = cause ? cause : errno;
    return err_set(err, ERR_IO, cause, "cannot write %s", path);
}

bool file_make_folders(const char *path, struct err *err)
{
    char part[PATH_MAX];
    struct text name = text_in(part, sizeof part);
    text_adds(&name, path);
    if (name.cut || name.len == 0) {
        return err_set(err, ERR_IO, name.cut ? ENAMETOOLONG : ENOENT, "cannot make folder %s",
                       path);
    }
    for (size_t i = 1; i <= name.len; i++) {
        if (part[i] != '/' && part[i] != '\0') continue;
        char kept = part[i];
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return err_set(err, ERR_IO, errno, "cannot make folder %s", part);
        }
        part[i] = kept;
    }
    if (!file_is_folder(path)) return err_set(err, ERR_IO, ENOTDIR, "cannot make folder %s", path);
    return true;
}

bool file_make_private(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0) return true;
    return err_set(err, ERR_IO, errno, "cannot make folder %s", path);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    UNUSED(st);
    UNUSED(walk);
    if (kind == FTW_DP) return rmdir(path);
    return unlink(path);
}

bool file_remove_tree(const char *path, struct err *err)
{
    /* Unsafe with threads only where it changes the folder of the process (FTW_CHDIR). */
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    if (nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0)
        return true;
    if (errno == ENOENT) return true;
    return err_set(err, ERR_IO, errno, "cannot remove %s", path);
}

void file_remove_empty(const char *path)
{
    IGNORE(rmdir(path)); /* somebody else's files are in it, or it is gone */
}

bool file_is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
