/* span.h - a place in a source file, kept on every plan node.
 *
 * Why: an error must point at the words that caused it.
 * Source: ours.
 * Thread: any.  Memory: in place. */
#pragma once

#include <stdint.h>

struct span {
    uint32_t line, col; /* 1-based; col counts code points; line 0: diag_word */
    uint32_t len;       /* bytes to underline, at least 1 */
    uint32_t offset;    /* bytes from the start of the source */
};
