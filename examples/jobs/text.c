#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct text *t, size_t more)
{
    if (t->failed) return false;
    if (t->cap - t->len >= more) return true;
    size_t cap = t->cap ? t->cap : 512;
    while (cap - t->len < more) cap *= 2;
    char *bytes = realloc(t->bytes, cap);
    if (!bytes) {
        t->failed = true;
        return false;
    }
    t->bytes = bytes;
    t->cap = cap;
    return true;
}

void text_clear(struct text *t)
{
    t->len = 0;
    t->failed = false;
}

void text_free(struct text *t)
{
    free(t->bytes);
    *t = (struct text){0};
}

void text_add_bytes(struct text *t, const char *bytes, size_t len)
{
    if (!make_room(t, len)) return;
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
}

void text_add(struct text *t, const char *string)
{
    text_add_bytes(t, string, strlen(string));
}

void text_add_number(struct text *t, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) *--at = '-';
    text_add_bytes(t, at, (size_t)(digits + sizeof digits - at));
}

void text_add_format(struct text *t, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0) return;
    text_add_bytes(t, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

void text_add_json(struct text *t, const char *string)
{
    text_add(t, "\"");
    for (const char *at = string; *at;) {
        size_t plain = 0; /* bytes that need no escape are added in one go */
        while ((unsigned char)at[plain] >= 0x20 && at[plain] != '"' && at[plain] != '\\') plain++;
        text_add_bytes(t, at, plain);
        at += plain;
        if (*at == '\0') break;
        if (*at == '"' || *at == '\\') text_add_format(t, "\\%c", *at);
        else text_add_format(t, "\\u%04x", (unsigned)(unsigned char)*at);
        at++;
    }
    text_add(t, "\"");
}
