#include "base/self.h"

#include "base/text.h"

#define USUAL "prony"

static char name[4096] = USUAL;

void self_take_name(const char *argv0)
{
    struct text out = text_in(name, sizeof name);
    struct bytes typed = bytes_of(argv0);
    if (bytes_find(typed, BYTES_LIT("/")) < typed.len) text_add_word(&out, typed);
    if (out.len > 0 && !out.cut) return;
    text_clear(&out);
    text_adds(&out, USUAL);
}

const char *self_name(void)
{
    return name;
}
