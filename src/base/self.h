/* self.h - what this program is called by whoever started it.
 *
 * Why: hints and NEXT lines are there to be typed. Where prony was built but not installed,
 * `prony report last` is no command, and build/prony is.
 * Source: the shell's command line, argv[0] (execve(2)).
 * Thread: main sets it before any other starts, then any.  Memory: one static array. */
#pragma once

/* A path as it was typed, in quotes where a shell needs them; a name without '/' was found by PATH,
 * and is `prony` whatever the link is called. NULL likewise. */
void self_take_name(const char *argv0);
/* `prony` until self_take_name(). */
const char *self_name(void);
