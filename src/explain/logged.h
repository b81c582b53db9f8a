/* logged.h - what the services logged more of in the stage that went wrong.
 *
 * Why: a service often says itself what is wrong with it. No cause is weighed by it, since words
 * are no numbers of requests; but who reads the ledger should not have to look for it.
 * Source: docs/why.md, "What the services logged".
 * Thread: collecting thread.  Memory: in place. */
#pragma once

#include "explain/recall.h"
#include "tick/cause.h"

/* The pattern of errors (of warnings, where none of those grew) whose rate grew most between the
 * two stages, as a sentence in `c->logged`; empty: none grew to twice what it was. */
void logged_find(struct cause *c, const struct recall *r);
