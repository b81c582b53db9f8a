/* oneliner_request.h - the part of a one-liner that says what is sent, how, and to where.
 *
 * Why: people's fingers know curl's flags, so -X -H -d -u -k --cacert --cert --key --resolve and
 * --unix-socket mean here what they mean there. Deviations: -u asks for no password, --resolve
 * takes one address, and -d @FILE reads no stdin.
 * Source: curl(1).
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "base/err.h"
#include "base/text.h"
#include "cli/writing.h"
#include "wire/url.h"

/* Appends `tls` and `hosts` where flags ask for them. False: ERR_USAGE. */
MUST_USE bool oneliner_request_ways(struct writing *out, const struct url *url, struct err *err);
/* Credentials of -u and -H: as they are sent, or as variables, for a plan that is shown. */
enum oneliner_secrets { ONELINER_SENT, ONELINER_SHOWN };

/* Appends the scenario with its one step. False: ERR_USAGE. */
MUST_USE bool oneliner_request_steps(struct writing *out, const struct url *url,
                                     enum oneliner_secrets secrets, struct err *err);
/* Appends a comment for each variable that stands for credentials: how to give it its value. */
void oneliner_request_exports(struct text *out, const struct flags *flags);
/* Whether the header line `NAME: VALUE` carries credentials. */
bool oneliner_request_is_secret(struct bytes line);
/* What -u comes to behind `Basic `; empty without it. */
void oneliner_request_credentials(struct text *out, const struct flags *flags);
