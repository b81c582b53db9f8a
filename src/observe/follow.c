#include "observe/follow.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/ns.h"
#include "base/text.h"

#define CHUNK ((size_t)128 << 10)
#define KEEP_NS (10 * NS_PER_S) /* a renamed file is read on for so long */
#define BEHIND 16               /* times the bytes of a read that may be left for later */

bool follow_open(struct follow *f, struct arena *arena, struct bytes path, follow_line *line,
                 void *ctx)
{
    *f = (struct follow){.line = line, .ctx = ctx};
    struct text kept = text_in(f->path, sizeof f->path);
    text_add(&kept, path);
    f->chunk = arena_alloc(arena, CHUNK);
    for (uint32_t i = 0; i < FOLLOW_FILES; i++) {
        f->files[i].fd = -1;
        f->files[i].buffer = arena_alloc(arena, FOLLOW_LINE);
    }
    return !kept.cut && arena_ok(arena);
}

/* ---- lines ---- */

static void tell(struct follow *f, struct bytes line, bool cut)
{
    if (line.len > 0 && line.at[line.len - 1] == '\r') line.len--;
    f->lines++;
    if (cut) f->cut_lines++;
    f->line(f->ctx, line, cut);
}

/* A piece of a line without its end. */
static void keep(struct follow *f, struct follow_file *file, struct bytes piece)
{
    if (file->passing) return;
    size_t room = FOLLOW_LINE - file->used;
    size_t len = piece.len < room ? piece.len : room;
    memcpy(file->buffer + file->used, piece.at, len);
    file->used += len;
    if (len == piece.len) return;
    tell(f, (struct bytes){file->buffer, file->used}, true);
    file->used = 0;
    file->passing = true;
}

/* The last piece of a line. */
static void end_line(struct follow *f, struct follow_file *file, struct bytes piece)
{
    if (file->used > 0) {
        keep(f, file, piece);
        if (!file->passing) tell(f, (struct bytes){file->buffer, file->used}, false);
        file->used = 0;
    } else if (!file->passing) {
        bool cut = piece.len > FOLLOW_LINE;
        if (cut) piece.len = FOLLOW_LINE;
        tell(f, piece, cut);
    }
    file->passing = false;
}

static void split(struct follow *f, struct follow_file *file, struct bytes in)
{
    while (in.len > 0) {
        const char *end = memchr(in.at, '\n', in.len);
        if (!end) {
            keep(f, file, in);
            return;
        }
        size_t len = (size_t)(end - in.at);
        end_line(f, file, (struct bytes){in.at, len});
        in = bytes_from(in, len + 1);
    }
}

/* ---- a file ---- */

static void remember(struct follow_file *file, struct bytes read)
{
    if (read.len >= FOLLOW_MARK) {
        memcpy(file->mark, read.at + read.len - FOLLOW_MARK, FOLLOW_MARK);
        file->mark_len = FOLLOW_MARK;
        return;
    }
    size_t stay = FOLLOW_MARK - read.len;
    if (stay > file->mark_len) stay = file->mark_len;
    memmove(file->mark, file->mark + file->mark_len - stay, stay);
    if (read.len > 0) memcpy(file->mark + stay, read.at, read.len);
    file->mark_len = stay + read.len;
}

/* Whether what stands before our place is what we read there. */
static bool is_same(const struct follow_file *file)
{
    char now[FOLLOW_MARK];
    if (file->mark_len == 0) return true;
    ssize_t n = pread(file->fd, now, file->mark_len, (off_t)(file->offset - file->mark_len));
    return n == (ssize_t)file->mark_len && memcmp(now, file->mark, file->mark_len) == 0;
}

static void take_mark(struct follow_file *file)
{
    size_t len = file->offset < FOLLOW_MARK ? (size_t)file->offset : FOLLOW_MARK;
    ssize_t n = pread(file->fd, file->mark, len, (off_t)(file->offset - len));
    file->mark_len = n > 0 ? (size_t)n : 0;
}

/* It was cut to nothing: from its start again, or from where data begins, since a writer that keeps
 * its place leaves a hole before it. */
static void restart(struct follow *f, struct follow_file *file)
{
    off_t data = lseek(file->fd, 0, SEEK_DATA);
    file->offset = data > 0 ? (uint64_t)data : 0;
    file->used = 0;
    file->mark_len = 0;
    file->passing = false;
    f->emptied++;
}

/* Zeros at the start are the end of such a hole. */
static struct bytes less_zeros(const struct follow_file *file, struct bytes in)
{
    bool start = file->mark_len == 0 && file->used == 0;
    while (start && in.len > 0 && in.at[0] == '\0') in = bytes_from(in, 1);
    return in;
}

static bool read_file(struct follow *f, struct follow_file *file, size_t most, struct err *err)
{
    struct stat now;
    if (fstat(file->fd, &now) != 0) return err_set(err, ERR_IO, errno, "cannot read %s", f->path);
    uint64_t size = (uint64_t)now.st_size;
    if (size < file->offset || (size > file->offset && !is_same(file))) restart(f, file);
    if (size > file->offset && (size - file->offset) / BEHIND > most) {
        f->passed += size - file->offset;
        file->offset = size;
        file->used = 0;
        file->passing = true;
        take_mark(file);
    }
    for (size_t got = 0; got < most;) {
        ssize_t n = pread(file->fd, f->chunk, CHUNK, (off_t)file->offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(err, ERR_IO, errno, "cannot read %s", f->path);
        if (n == 0) break;
        struct bytes read = {f->chunk, (size_t)n};
        file->offset += read.len;
        f->bytes += read.len;
        got += read.len;
        split(f, file, less_zeros(file, read));
        remember(file, read);
        if (read.len < CHUNK) break;
    }
    return true;
}

/* Takes it off the list; a last line without an end is told. */
static void drop(struct follow *f, uint32_t at)
{
    struct follow_file gone = f->files[at];
    if (gone.used > 0) tell(f, (struct bytes){gone.buffer, gone.used}, false);
    if (close(gone.fd) != 0) assert(errno != EBADF);
    for (uint32_t i = at; i + 1 < FOLLOW_FILES; i++) f->files[i] = f->files[i + 1];
    f->files[FOLLOW_FILES - 1] = (struct follow_file){.fd = -1, .buffer = gone.buffer};
    f->count--;
}

/* ---- the path ---- */

static bool refuse(const struct follow *f, struct err *err)
{
    int why = errno;
    if (why != EACCES) return err_set(err, ERR_IO, why, "cannot read %s", f->path);
    return err_set(err, ERR_DENIED, why,
                   "cannot read %s: be in its group, or let this user by "
                   "setfacl -m u:$USER:r",
                   f->path);
}

/* Opens what is there now behind the others. */
static bool add(struct follow *f, uint64_t now_ns, struct err *err)
{
    struct stat is;
    int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT) return true; /* it was there a moment ago */
    if (fd < 0) return refuse(f, err);
    bool regular = fstat(fd, &is) == 0 && S_ISREG(is.st_mode);
    if (!regular) {
        IGNORE(close(fd));
        return err_set(err, ERR_IO, 0, "%s is no file that can be followed", f->path);
    }
    if (f->count == FOLLOW_FILES) drop(f, 0);
    if (f->count > 0) {
        f->files[f->count - 1].until_ns = now_ns + KEEP_NS;
        f->turned++;
    }
    struct follow_file *file = &f->files[f->count++];
    *file = (struct follow_file){
        .fd = fd, .device = is.st_dev, .inode = is.st_ino, .buffer = file->buffer};
    return true;
}

/* Looks whether the path is another file now. */
static bool look(struct follow *f, uint64_t now_ns, struct err *err)
{
    struct stat is;
    if (stat(f->path, &is) != 0) {
        f->missing = errno == ENOENT || errno == ENOTDIR;
        return f->missing || refuse(f, err);
    }
    f->missing = false;
    const struct follow_file *last = f->count > 0 ? &f->files[f->count - 1] : NULL;
    if (last && last->device == is.st_dev && last->inode == is.st_ino) return true;
    return add(f, now_ns, err);
}

/* ---- what others call ---- */

bool follow_begin(struct follow *f, size_t before, follow_line *earlier, struct err *err)
{
    struct stat is;
    if (!look(f, 0, err)) return false;
    if (f->count == 0) return true;
    struct follow_file *file = &f->files[0];
    if (fstat(file->fd, &is) != 0) return err_set(err, ERR_IO, errno, "cannot read %s", f->path);
    uint64_t size = (uint64_t)is.st_size;
    follow_line *line = f->line;
    file->offset = earlier && size > before ? size - before : earlier ? 0 : size;
    take_mark(file);
    /* Whether a line begins here, the byte before it tells. */
    if (file->mark_len > 0) file->passing = file->mark[file->mark_len - 1] != '\n';
    if (!earlier) return true;
    f->line = earlier;
    bool fine = read_file(f, file, before + 1, err);
    f->line = line;
    f->bytes = f->lines = f->cut_lines = 0;
    return fine;
}

bool follow_read(struct follow *f, uint64_t now_ns, size_t most, struct err *err)
{
    bool fine = look(f, now_ns, err);
    for (uint32_t i = 0; i < f->count;) {
        struct follow_file *file = &f->files[i];
        fine = read_file(f, file, most, err) && fine;
        bool over = i + 1 < f->count && now_ns >= file->until_ns;
        if (over) drop(f, i);
        else i++;
    }
    return fine;
}

void follow_close(struct follow *f)
{
    while (f->count > 0) {
        f->files[0].used = 0;
        drop(f, 0);
    }
}
