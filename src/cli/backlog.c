#include "cli/backlog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* The same pipe or terminal, opened anew so that it does not make us wait; negative: it can't be. A
 * file would be written from its start, and makes nobody wait. */
static int open_anew(int fd)
{
    struct stat st;
    char array[40];
    struct text path = text_in(array, sizeof array);
    if (fstat(fd, &st) != 0 || !(S_ISFIFO(st.st_mode) || isatty(fd))) return -1;
    text_addf(&path, "/proc/self/fd/%d", fd);
    return open(array, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool backlog_open(struct backlog *b, int fd, struct arena *arena)
{
    *b = (struct backlog){.limit = BACKLOG_BYTES, .bytes = arena_alloc(arena, BACKLOG_LAST_BYTES)};
    if (!b->bytes) return false;
    int own = open_anew(fd);
    b->own = own >= 0;
    b->fd = b->own ? own : fd;
    return true;
}

void backlog_add(struct backlog *b, struct bytes piece)
{
    if (b->failed || b->too_long) return;
    if (piece.len > b->limit - b->len) {
        b->too_long = true;
        return;
    }
    if (piece.len > 0) memcpy(b->bytes + b->len, piece.at, piece.len);
    b->len += piece.len;
}

void backlog_end(struct backlog *b)
{
    if (b->too_long) b->lost_lines++;
    else b->ready = b->len;
    b->len = b->ready;
    b->too_long = false;
    backlog_flush(b);
}

/* What is writable takes PIPE_BUF bytes at once, and may take less than that when it is not. */
static bool is_taking(const struct backlog *b, int wait_ms)
{
    struct pollfd p = {.fd = b->fd, .events = POLLOUT};
    return poll(&p, 1, wait_ms) > 0;
}

void backlog_flush(struct backlog *b)
{
    size_t done = 0;
    while (!b->failed && done < b->ready && (b->own || is_taking(b, 0))) {
        size_t len = b->ready - done < PIPE_BUF ? b->ready - done : PIPE_BUF;
        ssize_t n = write(b->fd, b->bytes + done, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) b->failed = true;
        else done += (size_t)n;
    }
    if (b->failed) done = b->len;
    b->len -= done;
    b->ready = b->failed ? 0 : b->ready - done;
    if (done > 0 && b->len > 0) memmove(b->bytes, b->bytes + done, b->len);
}

void backlog_widen(struct backlog *b)
{
    b->limit = BACKLOG_LAST_BYTES;
}

/* All that is kept; false: the reader took nothing for a while. */
static bool wait_for_reader(struct backlog *b)
{
    backlog_flush(b);
    while (b->ready > 0 && is_taking(b, BACKLOG_WAIT_MS)) backlog_flush(b);
    return b->ready == 0 && !b->failed;
}

void backlog_close(struct backlog *b)
{
    char array[120];
    struct text line = text_in(array, sizeof array);
    if (wait_for_reader(b) && b->lost_lines > 0) {
        text_addf(&line, "prony: %llu line%s left out here: stderr was read too slowly\n",
                  (unsigned long long)b->lost_lines, b->lost_lines == 1 ? " is" : "s are");
        b->lost_lines = 0;
        backlog_add(b, text_bytes(&line));
        backlog_end(b);
        if (!wait_for_reader(b)) b->ready = b->len = 0;
    }
    if (b->own) close(b->fd);
    b->own = false;
}
