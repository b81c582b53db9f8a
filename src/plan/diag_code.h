/* diag_code.h - the codes of all plan errors, one table.
 *
 * Why: a code is what a user looks up; a test demands a golden case and an entry in
 * docs/diagnostics.md for each.  Thread: any.  Memory: none. */
#pragma once

/* X(name, number, short title) */
#define DIAG_CODES(X) X(DIAG_YAML, 1, "not YAML")

#define DIAG_CODE_ENUM(name, number, title) name = (number),
enum diag_code { DIAG_CODES(DIAG_CODE_ENUM) };
#undef DIAG_CODE_ENUM
