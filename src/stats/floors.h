/* floors.h - the lower envelope of a series, in windows: the least value of each block of time.
 *
 * Why: what a process has in use for good is what is left when it has cleaned up; between two
 * rounds of its collector it has more. A run may take days, so blocks grow longer as it goes on:
 * there are never more than FLOORS_MOST, and always enough of them to tell a trend.
 * Source: docs/method.md, "Leaks".
 * Thread: one owner.  Memory: in place, 8 KiB. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FLOORS_MOST 256 /* even */

/* The least of a block of a window. */
struct floor_point {
    double at_s, value;
    uint32_t window; /* whatever the caller counts by */
    uint32_t block;  /* of the window */
};

struct floors {
    double block_s;
    uint32_t count;
    struct floor_point points[FLOORS_MOST]; /* rising in time; the last may be open still */
    double start_s;                         /* of the newest window */
};

/* Empty; blocks of `block_s` > 0 to begin with. */
void floors_init(struct floors *f, double block_s);
/* A value, later than those before. A window begins with its first value. */
void floors_add(struct floors *f, uint32_t window, double at_s, double value);
/* Blocks twice as long, of points[count]; returns how many there are. What is less than a whole
 * block stands for one. */
uint32_t floors_halve(struct floor_point *points, uint32_t count);
