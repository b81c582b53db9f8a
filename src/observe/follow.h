/* follow.h - the lines that are added to a file, through its rotation.
 *
 * Why: a log is renamed and made anew, or cut to nothing, or not there yet, while somebody writes
 * it; each line is to be told once, and what can't be told is counted.
 * A renamed file is read on for a while, since its writer is told only later to open the new one. A
 * file that was cut is known by its size, or by the bytes before our place being others.
 * Source: logrotate(8), "create" and "copytruncate"; inode(7).
 * Thread: one at a time.  Memory: the arena given, fixed; a descriptor a file. */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

#define FOLLOW_LINE ((size_t)64 << 10) /* longer ones are cut, and counted */
#define FOLLOW_FILES 4                 /* of one path: the one that is there, and renamed ones */
#define FOLLOW_MARK 32
#define FOLLOW_PATH 1024

struct follow_file {
    int fd;
    dev_t device;
    ino_t inode;
    uint64_t offset; /* read so far */
    char *buffer;    /* [FOLLOW_LINE]: a line that has no end yet */
    size_t used;
    bool passing;           /* the rest of a line that was too long, or begun before us */
    uint64_t until_ns;      /* of a renamed one: when it is given up */
    char mark[FOLLOW_MARK]; /* the last bytes before offset */
    size_t mark_len;
};

/* `cut`: only its beginning is there. Without its end of line. */
typedef void follow_line(void *ctx, struct bytes line, bool cut);

struct follow {
    char path[FOLLOW_PATH];
    struct follow_file files[FOLLOW_FILES]; /* the last is the one that is there */
    uint32_t count;
    bool missing; /* there is none of that name now */
    char *chunk;
    follow_line *line;
    void *ctx;
    uint64_t bytes, lines, cut_lines; /* so far */
    uint64_t passed;                  /* bytes that came too fast, and were not read */
    uint64_t turned, emptied;         /* times that it was renamed, or cut to nothing */
};

/* `path` is copied. False: no memory, or no room for the path. */
bool follow_open(struct follow *f, struct arena *arena, struct bytes path, follow_line *line,
                 void *ctx);
/* From here on: what the file holds already is not told, but the lines in its last `before` bytes
 * are, to `earlier` (NULL: to nobody). That there is no file yet is no failure. */
bool follow_begin(struct follow *f, size_t before, follow_line *earlier, struct err *err);
/* Tells what was added since; at most `most` bytes a file. Where more than 16 times that is left
 * unread, it is passed over. False: it can't be read. */
bool follow_read(struct follow *f, uint64_t now_ns, size_t most, struct err *err);
void follow_close(struct follow *f);
