/* fuzz_sql_label.c - a statement's label: short, on one line, the same when made of itself, and
 * without what stood in quotes. Input: the statement. */
#include "laws.h"
#include "observe/sql_label.h"

#define MAX_TEXT 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    char array[2 * SQL_LABEL_BYTES], again_array[2 * SQL_LABEL_BYTES];
    struct text label = text_in(array, sizeof array);
    struct text again = text_in(again_array, sizeof again_array);
    sql_label_add(&label, guard_put(&guard, (struct bytes){(const char *)data, size}));
    LAW(label.len < SQL_LABEL_BYTES);
    for (size_t i = 0; i < label.len; i++) LAW((unsigned char)label.at[i] >= ' ');
    bool cut = label.len >= 3 && bytes_is(bytes_from(text_bytes(&label), label.len - 3), "...");
    bool quoted = memchr(label.at, '"', label.len) != NULL;
    if (!quoted) LAW(!memchr(label.at, '\'', label.len));
    if (cut) return 0;
    sql_label_add(&again, text_bytes(&label));
    LAW(bytes_equal(text_bytes(&again), text_bytes(&label)));
    return 0;
}
