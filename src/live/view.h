/* view.h - the live view as a picture of what the feed knows: layout, pages, panes.
 *
 * Why: cause and effect are seen when signals share one axis of time and the objectives stand above
 * them. It is painted from plain data onto a canvas, so every size can be looked at by a test.
 * Source: docs/live.md.
 * Thread: main.  Memory: none of its own. */
#pragma once

#include "live/canvas.h"
#include "live/feed.h"

#define VIEW_COLUMNS_MIN 60
#define VIEW_ROWS_MIN 14

enum view_page { VIEW_MAIN, VIEW_OBJECTIVES, VIEW_ERRORS, VIEW_HELP };

enum view_ending { VIEW_RUNNING, VIEW_STOPPING, VIEW_LEAVING };

struct view {
    const struct feed *feed;
    enum view_page page;
    enum view_ending ending;
    bool steers;      /* there are keys for hold and rate */
    bool holds;       /* a stage is held, or will be */
    uint64_t now_ns;  /* run time */
    const char *note; /* what the last key did; empty: the keys are named instead */
};

/* The whole screen, of the size that the canvas was cleared to. */
void view_paint(struct canvas *c, const struct view *view);
