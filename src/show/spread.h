/* spread.h - what one plan gave in several runs: how far its figures lie apart.
 *
 * Why: the interval of a run says how far its own sample may be believed. What another start of the
 * service, another seed or another neighbour on the host would have given is seen only in other
 * runs; so here the run is the unit, and n is their number, not that of the requests.
 * Source: docs/method.md, "Several runs of one plan"; research by T. Kalibera, R. Jones, Rigorous
 * benchmarking in reasonable time (2013), 3: repeat at the level at which the variation arises.
 * Thread: any.  Memory: the caller's. */
#pragma once

#include "show/beside.h"

#define SPREAD_RUNS_MOST 100

/* Figures that every run has, whatever it was asked: all judged stages together. */
enum spread_figure { SPREAD_P50, SPREAD_P95, SPREAD_P99, SPREAD_DONE, SPREAD_FIGURES };

struct spread {
    uint32_t count; /* runs that have the value; of others nothing is known */
    bool at_least;  /* in one of them the value is a lower bound: so are mean and hi */
    struct bytes unit;
    double mean, deviation; /* NAN: fewer than one or two */
    struct interval range;  /* 95 % of the mean; NAN: fewer than two */
    double least, most;
};

/* Of an objective. Only runs that are sound count. */
void spread_of_row(struct spread *out, const struct beside *beside, const struct beside_row *row);
void spread_of_figure(struct spread *out, const struct beside *beside, enum spread_figure figure);
const char *spread_figure_name(enum spread_figure figure); /* "p50" ... "done" */
/* Deviation as a share of the mean; NAN: there is none. */
double spread_share(const struct spread *s);
