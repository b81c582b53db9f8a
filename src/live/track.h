/* track.h - a row of the signals: what it is of, its values on the axis, what is too much for it.
 *
 * Why: rows of the load, of services and of prony itself stand on one axis and look alike, so the
 * pane that paints them need not know which is which.
 * Source: docs/live.md.
 * Thread: main.  Memory: none; it borrows the feed. */
#pragma once

#include "live/feed.h"
#include "show/style.h"

#define TRACKS_MAX (SIGNAL_COUNT + SIGNALS_MAX)

struct track {
    const struct feed *feed;
    bool of_service;
    uint32_t index; /* enum signal, or of a service among feed->shown */
};

/* Those that this run has, as they stand below each other: the load, services, prony itself. */
uint32_t track_list(const struct feed *f, struct track *out);
/* Where there is no room for all, those with the lowest stay. */
uint32_t track_keep(const struct track *t);
void track_label(const struct track *t, struct text *out);
/* A value of it; those of services with their unit. */
void track_say(const struct track *t, struct text *out, double value);
/* So many places before the newest; NAN: none. */
double track_at(const struct track *t, uint32_t back);
/* The newest is a lower bound. */
bool track_at_least(const struct track *t);
/* The largest of the newest so many; NAN: none. */
double track_peak(const struct track *t, uint32_t count);
/* What a full column stands for, where so many are shown. It never stretches a quiet one to the
 * top; what is offered and what is done are read against each other. */
double track_scale(const struct track *t, uint32_t count);
enum tone track_tone(const struct track *t, double value);
/* `▲` or `▼`: a service's is outside its usual range with that value; nothing: it is not. */
void track_mark(const struct track *t, struct text *out, double value);
/* What there is to say of it now, in a few columns; may be nothing. */
enum tone track_note(const struct track *t, struct text *out);
