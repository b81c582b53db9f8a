/* stat_text.h - names and values in what Redis (INFO) and Memcached (stats) tell of themselves.
 *
 * Why: both are lines of text, and a line that is not understood is passed over: newer servers say
 * more.
 * Source: Redis, "INFO"; Memcached, doc/protocol.txt, "Statistics".
 * Thread: any.  Memory: none; views into the text. */
#pragma once

#include "base/bytes.h"

/* Takes the next `name:value` line of INFO off; false: there is none. */
bool stat_text_info(struct bytes *rest, struct bytes *name, struct bytes *value);
/* The same of `name=value`, parted by commas, in such a value. */
bool stat_text_field(struct bytes *rest, struct bytes *name, struct bytes *value);
/* The same of Memcached's `STAT name value` lines. */
bool stat_text_stat(struct bytes *rest, struct bytes *name, struct bytes *value);
/* Length of an answer of Memcached to `stats`, its END included; 0: more is needed; SIZE_MAX: it is
 * none, or an error, whose line is what `in` begins with. */
size_t stat_text_whole(struct bytes in);
