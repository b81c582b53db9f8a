/* scaffold.h - the first plan of a service: it runs as it stands, and its comments teach.
 *
 * Why: the language is learnt by changing a plan that works, not by reading a page.
 * Source: docs/plan.md.
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "wire/url.h"

/* `file` is how the plan will be called; empty: not known. */
void scaffold_write(struct text *out, const struct url *url, struct bytes file);
