#include "observe/log_entry.h"

static void keep(struct log_entry *e, struct bytes message)
{
    e->message_len = message.len < sizeof e->message ? message.len : sizeof e->message;
    if (e->message_len > 0) memcpy(e->message, message.at, e->message_len);
}

void log_entry_end(struct log_entry *e)
{
    if (!e->open) return;
    e->open = false;
    e->trace = LOG_TRACE_NONE;
    e->done(e->ctx, e->level, (struct bytes){e->message, e->message_len});
}

static void begin(struct log_entry *e, struct bytes line, enum log_part part)
{
    log_entry_end(e);
    log_line_parse(&e->line, line);
    e->open = true;
    e->level = e->line.level;
    e->trace = log_line_trace(line);
    e->bare = part == LOG_TRACE && e->trace == LOG_TRACE_PYTHON;
    keep(e, e->line.message);
}

/* The line that ends Python's trace: "ValueError: no such job". */
static void end_trace(struct log_entry *e, struct bytes line)
{
    if (e->bare) keep(e, line);
    e->trace = LOG_TRACE_NONE;
}

/* A frame of Java's or JavaScript's trace makes what stands before it an error. */
static bool is_frame(struct bytes line)
{
    line = bytes_trim(line);
    return bytes_starts(line, BYTES_LIT("at ")) && memchr(line.at, '(', line.len);
}

void log_entry_add(struct log_entry *e, struct bytes line)
{
    enum log_part part = log_line_part(line, e->open ? e->trace : LOG_TRACE_NONE);
    bool behind = e->open && e->level >= LOG_WARN;
    e->fresh = true;
    if (part == LOG_TRACE && behind) {
        e->trace = log_line_trace(line);
    } else if (part == LOG_MORE && e->open) {
        if (e->level == LOG_UNSAID && is_frame(line)) e->level = LOG_ERROR;
    } else if (part == LOG_LAST) {
        end_trace(e, line);
    } else if (part != LOG_MORE || bytes_trim(line).len > 0) {
        begin(e, line, part);
    }
}

void log_entry_rest(struct log_entry *e)
{
    if (!e->fresh) log_entry_end(e);
    e->fresh = false;
}
