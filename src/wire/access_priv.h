/* access_priv.h - what the readers of access lines share: a value and what it says.
 *
 * Why: items of a format, HAProxy's fields and members of JSON say the same things.
 * Source: access_line.h.  Thread: any.  Memory: in place. */
#pragma once

#include "wire/access_line.h"

/* Takes `value` for what `role` says; false: it can't be that. */
bool access_value(struct access_line *out, enum access_role role, enum access_unit unit,
                  struct bytes value);
bool access_json(const struct access_format *format, struct bytes line, struct access_line *out);
bool access_haproxy(struct bytes line, struct access_line *out);
