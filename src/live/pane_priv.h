/* pane_priv.h - the panes of the live view, each a function that fills some rows.
 *
 * Why: a pane knows its own columns; view.c alone knows who gets which rows.
 * Source: docs/live.md.  Thread: main.  Memory: none. */
#pragma once

#include "live/view.h"

struct pane {
    struct canvas *canvas;
    const struct view *view;
    uint32_t row, rows; /* where it is, and how many it has */
};

/* `02:41`, `1:02:41` */
void pane_strip_clock(struct text *out, uint64_t ns);
/* Three rows: plan, target, run and clock; the stages; how far it is. */
void pane_strip_paint(const struct pane *pane);
/* Rows that all objectives would take, the title included. */
uint32_t pane_goals_rows(const struct view *view);
void pane_goals_paint(const struct pane *pane);
/* Signals that this plan has. */
uint32_t pane_signals_count(const struct view *view);
/* A title, then the signals, the most telling ones where there is no room for all; higher than one
 * row where there is room for more. */
void pane_signals_paint(const struct pane *pane);
/* The newest lines, the last one at the bottom. */
void pane_events_paint(const struct pane *pane);
void pane_errors_paint(const struct pane *pane);
void pane_help_paint(const struct pane *pane);
