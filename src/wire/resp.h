/* resp.h - replies of a Redis server, as items in a row.
 *
 * Why our own: a server that is looked at may be anything, so that its answer needs a cap on its
 * bytes and none on our patience; hiredis, made for those who trust their server, allocates what a
 * length in the answer asks for. Sixty lines are all of it.
 * Source: Redis serialization protocol, version 2.  Deviations: a line may have 64 KiB, a list
 * 1,000,000 items.
 * Thread: any.  Memory: none; views into the bytes. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

enum resp_kind { RESP_TEXT, RESP_ERROR, RESP_INTEGER, RESP_NULL, RESP_LIST };

struct resp_item {
    enum resp_kind kind;
    struct bytes text; /* of a text or an error */
    int64_t number;    /* of an integer; of a list how many items follow that belong to it */
};

enum resp_step { RESP_MORE, RESP_ITEM, RESP_BAD };

/* Takes the item that `in` begins with off; of a list its head only. */
enum resp_step resp_next(struct bytes *in, struct resp_item *out);
/* Length of the whole reply at the start of `in`; 0: more is needed; SIZE_MAX: it is none. */
size_t resp_whole(struct bytes in);
