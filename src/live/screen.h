/* screen.h - the terminal while the live view has it: alternate screen, keys, size, Ctrl-Z.
 *
 * Why: a terminal is somebody's; it is given back as it was, however prony ends. And it may be slow
 * or gone (a laptop closed over ssh), but the thread that draws also collects ticks: so it is
 * written to through a descriptor of our own that never waits, and what it is too slow for is left
 * out. Whatever else is said on stderr meanwhile is kept and shown afterwards.
 * Source: ECMA-48, XTerm Control Sequences (1049, 25, 7), termios(3), tty_ioctl(4).
 * Thread: main.  Memory: the arena given. */
#pragma once

#include <termios.h>

#include "live/canvas.h"

enum { SCREEN_NO_KEY = 0, SCREEN_ESCAPE = 27 };

struct screen {
    int terminal, said, stderr_kept, signals; /* -1: none */
    struct termios before, ours;
    struct canvas shown;
    struct text out; /* waits to be taken by the terminal, from `sent` on */
    size_t sent;
    char keys[64];
    size_t key_count, key_next;
    bool active;       /* the terminal is ours */
    bool away;         /* stopped by Ctrl-Z, or in the background since */
    uint64_t stops_ns; /* how long the whole program was stopped, summed up */
};

/* Before any thread is started, since all inherit what is blocked: Ctrl-Z, a new size and going on
 * are read like keys from here on. False: `err`. */
MUST_USE bool screen_init(struct screen *s, struct arena *arena, struct err *err);
/* Takes the terminal that stderr is. False: it can't be had, and nothing has changed. */
MUST_USE bool screen_open(struct screen *s);
/* Gives it back, and says what was said meanwhile; nothing if it was not taken. */
void screen_close(struct screen *s);
/* Signals work as usual again. */
void screen_fini(struct screen *s);
/* Signals and keys that came, bytes that wait. True: it may be drawn now. */
bool screen_look(struct screen *s);
void screen_size(const struct screen *s, uint32_t *rows, uint32_t *columns);
/* The next key as the byte that it is; SCREEN_NO_KEY: none. Keys of several bytes are left out. */
int screen_key(struct screen *s);
void screen_draw(struct screen *s, const struct canvas *next, const struct show_style *style);
/* The next draw sends everything. */
void screen_redraw(struct screen *s);
