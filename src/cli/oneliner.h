/* oneliner.h - a URL and its flags, written as a plan.
 *
 * Why: there is one way into a run, the plan language; what a one-liner cannot say is a step away
 * (`--print-plan >plan.yaml`), and nothing of it is a special case further in.
 * Source: docs/plan.md.  Deviation: `$` in a URL, header or body is itself, not a variable.
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "base/err.h"
#include "base/text.h"
#include "cli/flags.h"
#include "cli/oneliner_request.h"
#include "cli/writing.h"
#include "wire/url.h"

/* Whether the word is meant as a URL rather than a plan's path. */
bool oneliner_is_url(const char *word);
/* Writes the plan. False: ERR_USAGE about the URL or about flags that do not go together. */
MUST_USE bool oneliner_write(struct writing *out, enum oneliner_secrets secrets, struct err *err);
/* The URL that `word` must be. False: ERR_USAGE. */
MUST_USE bool oneliner_read_url(struct url *url, const char *word, struct err *err);
/* Appends the name of the plan of a URL, and any text as a quoted scalar with `$` doubled. */
void oneliner_add_name(struct text *out, const struct url *url);
void oneliner_add_quoted(struct text *out, struct bytes value);
