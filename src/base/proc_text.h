/* proc_text.h - numbers in the small texts in which the kernel tells about itself.
 *
 * Why: the same few lines are wanted of files that differ in all else.
 * Source: proc(5), cgroups(7).  Thread: any.  Memory: none. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

/* The number behind the first `label`, blanks between; 0 when it is not there. */
uint64_t proc_text_after(struct bytes text, const char *label);
/* Takes the number that `rest` begins with, blanks before it, off; false: there is none. */
bool proc_text_next(struct bytes *rest, uint64_t *out);
