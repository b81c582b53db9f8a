/* moment.h - when something was: `2d` ago, a day, a day and an hour, today, yesterday.
 *
 * Why: a list is asked for by the time of its runs, in the words of journalctl and git.
 * Source: systemd.time(7), "Parsing timestamps": the part of it that people type. A day begins at
 * midnight of local time; with a Z behind it a moment is in UTC, as result.json has it.
 * Thread: any.  Memory: none. */
#pragma once

#include "base/attr.h"
#include "base/bytes.h"

/* Reads all of `in`; ns since 1970. False: `*why` is a static sentence. */
MUST_USE bool moment_read(struct bytes in, uint64_t now_ns, uint64_t *out_ns, const char **why);
/* What local time is ahead of UTC now. */
int64_t moment_utc_offset_s(void);
