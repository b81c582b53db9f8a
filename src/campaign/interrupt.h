/* interrupt.h - Ctrl-C, SIGTERM, SIGHUP and SIGUSR1 as something to be read, not something that
 * happens.
 *
 * Why: a run that is interrupted still stops sending, drains, judges and closes its file. Signals
 * are blocked in every thread and read from a descriptor by the conductor alone.
 * Source: signalfd(2).
 * Thread: main; interrupt_open() before any other thread starts, so that all inherit the mask.
 * Memory: in place. */
#pragma once

#include <signal.h>
#include <stdint.h>

#include "base/err.h"

struct interrupt {
    int fd;
    sigset_t before; /* what was blocked already: with one around this one, all of it */
    bool hangs_up;   /* SIGHUP is read too; under nohup(1) it stays ignored */
    int signal;      /* the first that came: SIGINT, SIGTERM or SIGHUP; 0: none */
    bool own;        /* that one came from this process: from a key of the live view */
    uint32_t count;  /* how many came */
    uint32_t asked;  /* how many times SIGUSR1 asked for the state of things */
};

/* Blocks the signals in this thread and those it starts. One may be opened within another, as a run
 * in a series: each signal is read by whoever looks first, and what came last is left to the outer
 * one. False: ERR_IO, nothing is open. */
MUST_USE bool interrupt_open(struct interrupt *i, struct err *err);
/* Reads what has come; does not wait. How many have asked for the end so far: a SIGHUP only as the
 * first, since shell and kernel both send one when a terminal is closed. */
uint32_t interrupt_look(struct interrupt *i);
/* Signals work as they did before. */
void interrupt_close(struct interrupt *i);
