/* meters.h - counters and levels that a server tells of itself, by name or place, made into series.
 *
 * Why: of forty numbers in an answer each is either how much so far, which is wanted a second, or
 * how much now; a table says which, and a counter that begins anew is not a rate below zero.
 * Source: docs/observing-databases.md.  Thread: the source's.  Memory: in place. */
#pragma once

#include "observe/slip.h"
#include "observe/source.h"

#define METERS_MAX 48

enum meter_kind {
    METER_RATE,  /* counts up; wanted a second */
    METER_LEVEL, /* is so much now */
    METER_LIMIT, /* the same; 0 means that there is none */
    METER_BASE   /* counts up, and only others are made of it */
};

struct meter {
    const char *name; /* in the server's words; NULL where the place says which */
    enum series_row row;
    enum meter_kind kind;
    double factor; /* from the server's unit to the series' own */
    const char *label;
};

struct meters {
    const struct meter *all; /* [count] */
    uint32_t count;
    double now[METERS_MAX], before[METERS_MAX];
    bool has[METERS_MAX], had[METERS_MAX];
};

/* Before the numbers of a look are noted; the first one has nothing before it. */
void meters_begin(struct meters *m, bool first);
/* What is not finite is not there. */
void meters_note(struct meters *m, uint32_t index, double value);
/* Notes the meter of that name, if it is one. */
void meters_note_name(struct meters *m, struct bytes name, struct bytes value);
/* How much it grew since the look before; NAN: that is not known. */
double meters_grown(const struct meters *m, uint32_t index);
/* Writes all of them down. */
void meters_put(const struct meters *m, struct slip *slip, struct bytes of,
                const struct look *when);
/* a / (a + b) of what two grew by; NAN where they did not. */
double meters_share(const struct meters *m, uint32_t a, uint32_t b);
/* What a counter grew by; one that is less than before began anew. */
double meters_growth(double before, double now);
