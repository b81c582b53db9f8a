/* several_document.h - a table of several runs in the form that is asked for.
 *
 * Why: the forms of one run are written by outputs.c, which stays the one place that writes them.
 * Source: docs/result.md, "Several runs".
 * Thread: main.  Memory: the arena given. */
#pragma once

#include "cli/ending.h"
#include "plan/output_kind.h"

/* Whether there is such a form of several runs. */
bool several_document_has(enum output_kind kind);
/* `ending->beside` in this form; at == NULL: no room. */
struct bytes several_document_make(enum output_kind kind, const struct ending *ending,
                                   const struct show_style *style, struct arena *arena);
