#include "observe/proc.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"

#define PATH_BYTES 512

static PRINTF_LIKE(1, 0) int open_path(const char *format, va_list args)
{
    char array[PATH_BYTES];
    struct text path = text_in(array, sizeof array);
    text_addv(&path, format, args);
    return path.cut ? -1 : open(array, O_RDONLY | O_CLOEXEC);
}

bool proc_open(struct proc_file *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    f->fd = open_path(format, args);
    va_end(args);
    return f->fd >= 0;
}

struct bytes proc_read(const struct proc_file *f, char *into, size_t size)
{
    ssize_t got = f->fd >= 0 ? pread(f->fd, into, size, 0) : -1;
    return (struct bytes){into, got > 0 ? (size_t)got : 0};
}

void proc_close(struct proc_file *f)
{
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
}

struct bytes proc_read_path(char *into, size_t size, const char *format, ...)
{
    struct proc_file f;
    va_list args;
    va_start(args, format);
    f.fd = open_path(format, args);
    va_end(args);
    struct bytes text = proc_read(&f, into, size);
    proc_close(&f);
    return text;
}

struct dirent *proc_next(DIR *dir)
{
    /* readdir() shares nothing between streams, whatever its name in the list says. */
    return dir ? readdir(dir) : NULL; /* NOLINT(concurrency-mt-unsafe) */
}
