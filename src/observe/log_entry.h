/* log_entry.h - entries of a log of the lines they were written on.
 *
 * Why: a stack trace of forty lines is one thing that went wrong, not forty. Of an entry its first
 * line is kept, and of a trace that has none of its own what it says last, or first.
 * Source: wire/log_line.h.  Thread: one owner.  Memory: in place. */
#pragma once

#include "wire/log_line.h"

#define LOG_ENTRY_BYTES 4096

/* `level` of the whole entry; `message` of its first line, or a trace's own. */
typedef void log_entry_done(void *ctx, enum log_level level, struct bytes message);

struct log_entry {
    log_entry_done *done;
    void *ctx;
    bool open;
    bool bare;  /* it is a trace without a line before it */
    bool fresh; /* a line was added since log_entry_rest() */
    enum log_trace trace;
    enum log_level level;
    struct log_line line;
    char message[LOG_ENTRY_BYTES];
    size_t message_len;
};

/* Adds a line, without its end; the entry before it is told when it turns out to be whole. */
void log_entry_add(struct log_entry *e, struct bytes line);
/* Called in a while: an entry to which nothing was added since the last time is whole. */
void log_entry_rest(struct log_entry *e);
/* Whatever there is, is whole. */
void log_entry_end(struct log_entry *e);
