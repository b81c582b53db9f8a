/* once.h - `prony run PLAN --once`: each request, its reply, checks and captures, as they come.
 *
 * Why: what a plan sends and what it gets is seen in one look, before any load.
 * Source: docs/cli.md, "Once".
 * Thread: main, while the engine's thread prints.  Memory: static, for one request at a time. */
#pragma once

#include "cli/flags.h"
#include "cli/planning.h"

/* Walks and prints; the exit code. */
int once_run(const struct flags *flags, struct planning *p);
