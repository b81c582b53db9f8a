/* console.h - stdout, stderr and what they can show.
 *
 * Why: stdout is the result and nothing else, stderr is everything else, and each may or may not be
 * a terminal. Here stands the only code that prints.
 * Source: no-color.org (NO_COLOR), bixense.com/clicolors (CLICOLOR_FORCE).
 * Thread: main.  Memory: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "cli/flags.h"
#include "show/style.h"

enum console_stream { CONSOLE_OUT, CONSOLE_ERR };

/* What it may look like. Order of rule for colour: --color, NO_COLOR, CLICOLOR_FORCE, then a
 * terminal that is not `dumb`. Width: the terminal's, up to 140 columns; where there is none, 100
 * for stdout and 0, not folded at all, for stderr. */
struct show_style console_style(enum console_stream stream, const struct flags *flags);
/* Writes it all. False: stdout is closed or full; said on stderr unless nobody reads (EPIPE). */
MUST_USE bool console_print(struct bytes text);
/* One line on stderr, folded where a terminal is narrower; and any number of them as they stand. */
void console_say(const char *line);
void console_say_all(struct bytes text);
/* Lines that are commands of a CI system, on stderr. All else that is words has a `::` at the start
 * of a line broken, since it may come from a target. */
void console_say_commands(struct bytes lines);
/* Words to a descriptor, whole, with such a `::` broken. False: errno says why. */
MUST_USE bool console_write_words(int fd, struct bytes text);
/* From here on, while a run is on, nothing that is said on stderr waits for its reader: what he
 * does not take is kept in `arena`, and beyond 16 KiB left out and counted. */
void console_hurry(struct arena *arena);
/* Gives him what he takes by now; often. */
void console_look(void);
/* The run is over: what is said from here on has more room. */
void console_last_words(void);
/* The end of it: gives a slow reader a second, and says how many lines he did not get. */
void console_settle(void);
/* An empty line on stderr, where one terminal shows it between progress and result. */
void console_part(void);
/* `prony: what happened` and what to do about it, on stderr; the exit code of its kind. */
int console_fail(const struct err *err);
