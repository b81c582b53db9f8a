#include "base/err.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

bool err_set(struct err *err, enum err_kind kind, int sys, const char *format, ...)
{
    if (!err) return false;
    struct text msg = text_in(err->msg, sizeof err->msg);
    va_list args;
    va_start(args, format);
    text_addv(&msg, format, args);
    va_end(args);
    if (sys) {
        char buffer[128];
        text_addf(&msg, ": %s", strerror_r(sys, buffer, sizeof buffer));
    }
    err->kind = kind;
    err->sys = sys;
    err->hint[0] = '\0';
    return false;
}

bool err_hint(struct err *err, const char *format, ...)
{
    if (!err) return false;
    struct text hint = text_in(err->hint, sizeof err->hint);
    va_list args;
    va_start(args, format);
    text_addv(&hint, format, args);
    va_end(args);
    return false;
}

bool err_context(struct err *err, const char *format, ...)
{
    if (!err) return false;
    char old[sizeof err->msg];
    memcpy(old, err->msg, sizeof old);
    struct text msg = text_in(err->msg, sizeof err->msg);
    va_list args;
    va_start(args, format);
    text_addv(&msg, format, args);
    va_end(args);
    text_addf(&msg, ": %s", old);
    return false;
}
