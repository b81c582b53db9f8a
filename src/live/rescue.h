/* rescue.h - a terminal that is usable again after a crash.
 *
 * Why: whoever dies on the alternate screen leaves a terminal without cursor, echo and history, and
 * takes the reason with it. So the signals that end a process first put everything back and show
 * what was said on stderr meanwhile, then end it as they would have. Only kill -9 can't be met.
 * Source: signal-safety(7).
 * Thread: main arms and disarms; the handler runs anywhere.  Memory: one static place. */
#pragma once

#include <termios.h>

#include "base/bytes.h"

struct rescue {
    int terminal;          /* where `leave` is written and `before` set */
    int stderr_fd;         /* the real one */
    int said_fd;           /* a file of what was said on stderr; -1: none */
    struct termios before; /* of the terminal */
    struct bytes leave;    /* the bytes that put it back; keeps */
};

/* From here on until rescue_disarm() those signals that nobody handles yet do so. */
void rescue_arm(const struct rescue *rescue);
void rescue_disarm(void);
/* Writes it all, waiting for a terminal that is slow, but not for ever; safe in a handler. */
void rescue_write(int fd, struct bytes left);
/* Copies what was said from its beginning; safe in a handler. */
void rescue_tell(int said_fd, int stderr_fd);
