/* log_line.h - one line of a service's log: how bad it is, and what it says.
 *
 * Why: every logger writes differently, but nearly all write a level and a text behind a moment.
 * Source: RFC 5424 (levels), the defaults of Python's logging, log4j, zap, pino, glog, nginx.
 * Thread: any.  Memory: none; what is found points into the line. */
#pragma once

#include "base/attr.h"
#include "base/text.h"

enum log_level {
    LOG_UNSAID,
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARN,
    LOG_ERROR, /* and all that is worse */
    LOG_LEVELS
};

#define LOG_LINE_ROOM 4096

struct log_line {
    enum log_level level;
    struct bytes message; /* without moment and level; of JSON its message, else the line */
    char room[LOG_LINE_ROOM];
};

/* A stack trace that a line begins. */
enum log_trace { LOG_TRACE_NONE, LOG_TRACE_PYTHON, LOG_TRACE_GO };

/* What a line is to the one before it. */
enum log_part {
    LOG_WHOLE, /* it begins an entry */
    LOG_MORE,  /* it belongs to the entry before it */
    LOG_TRACE, /* a stack trace begins; behind an error it is of that, else an entry */
    LOG_LAST   /* the end of Python's trace, which says what was wrong */
};

/* Never fails: a line that says nothing has the level LOG_UNSAID and an empty message. */
void log_line_parse(struct log_line *out, struct bytes line);
/* `open`: the trace that the entry before it is in. */
enum log_part log_line_part(struct bytes line, enum log_trace open);
enum log_trace log_line_trace(struct bytes line);
/* "ERROR", ...; "" where it is not said: static. */
const char *log_line_level_name(enum log_level level);
