/* mask.h - secrets never leave: what came from $env or a file is shown as bullets.
 *
 * Why: plans, replies and command lines end up in run files and reports that people pass on.
 * Source: docs/run-file.md, "What is masked".  Thread: any.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "plan/plan.h"

#define MASK_TEXT "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"

/* Length of the name of a header that carries credentials (Authorization, Proxy-Authorization,
 * Cookie, Set-Cookie, in any case) where `b` begins with one; else 0. */
size_t mask_credential_len(struct bytes b);
/* Appends `b` with every secret of the plan masked. Secrets under 4 bytes are masked too. */
void mask_add(struct text *out, struct bytes b, const struct plan *plan);
/* The same for the start of an HTTP message: values of headers that carry credentials are masked
 * as well. `cut`: more followed `b`, so that its end may be half a secret, which is masked, too. */
void mask_reply(struct text *out, struct bytes b, bool cut, const struct plan *plan);
