/* proc.h - files of /proc and /sys that are read again and again.
 *
 * Why: a look costs what its system calls cost. A file that is opened once and read at its start
 * costs one call and no walk along a path; and one of a process that has ended fails, even where
 * another got its number meanwhile.
 * Source: proc(5).  Thread: one owner.  Memory: in place; a descriptor while it is open. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

struct proc_file {
    int fd; /* below 0: not open */
};

/* Opens for reading what `format` names. False: errno says why. */
bool proc_open(struct proc_file *f, const char *format, ...) PRINTF_LIKE(2, 3);
/* Its text as it is now, at most `size` bytes; empty where it cannot be read any more. */
struct bytes proc_read(const struct proc_file *f, char *into, size_t size);
void proc_close(struct proc_file *f);

/* The next entry of a folder; NULL: there are no more, or `dir` is NULL. */
struct dirent *proc_next(DIR *dir);

/* The same of a text at once: opens, reads and closes. */
struct bytes proc_read_path(char *into, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
