/* live.h - the run on a terminal as it goes: a sink that draws, and keys that ask for something.
 *
 * Why: whoever sits before it wants to see cause and effect now, and to stop what makes no sense.
 * It is a sink like any other; keys are commands and go where all commands go. Source:
 * docs/live.md. Thread: main, which also collects.  Memory: arenas of its own. */
#pragma once

#include "live/screen.h"
#include "live/view.h"
#include "tick/bus.h"

#define LIVE_REDRAW_NS UINT64_C(250000000) /* between two redraws, at the least */

struct live {
    struct show_style style;
    struct arena arena;
    struct feed feed;
    struct screen screen;
    struct canvas canvas;
    struct view view;
    struct bus *bus;
    bool steers;        /* hold and rate can be asked for */
    int32_t asked_step; /* 1, -1: the key was pressed that must be pressed again; 0: none */
    bool agreed;        /* it was: from then on nobody is asked */
    int32_t steps;      /* of 10 % each, pressed and not yet asked for */
    uint64_t steps_ns;  /* when the last of them was */
    bool opened;        /* the feed and the arena are there */
    bool shown;         /* the terminal was taken; false again when it was given back */
    uint64_t origin_ns, drawn_ns, note_end_ns;
    uint64_t stops_ns;
    char note[160];
};

/* Takes no terminal yet: that happens when the run begins. `bus` keeps. */
MUST_USE bool live_init(struct live *l, const struct show_style *style, struct bus *bus,
                        struct err *err);
/* begin takes the terminal, end gives it back. Where it can't be had nothing is shown. */
struct sink live_sink(struct live *l);
/* To be called some twenty times a second: keys, signals, and a redraw where one is due. */
void live_look(void *live);
/* A line for the events. False: there is no live view to show it. */
bool live_say(struct live *l, struct bytes line);
void live_close(struct live *l);
