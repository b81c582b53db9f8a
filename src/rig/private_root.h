/* private_root.h - the folder above the private folders ($dir) of one run, and what killed runs
 * left.
 *
 * Why: a run that is killed cannot remove what its services kept in $dir, which may be gigabytes.
 * So the root is locked for as long as the run lives: the kernel lets go of the lock however prony
 * ends, and the next run that starts services removes roots nobody holds. A lock, and not a process
 * id in a file: an id may belong to somebody else by now, or to another container that shares /tmp.
 * Source: flock(2); docs/plan.md, "Services".
 * Thread: main.
 * Memory: none. */
#pragma once

#include <stdint.h>

#include "base/err.h"

/* Where roots lie, and how they are named: this and PRIVATE_ROOT_DIGITS lower-case hex digits. */
#define PRIVATE_ROOT_FOLDER "/tmp"
#define PRIVATE_ROOT_PREFIX "prony-"
#define PRIVATE_ROOT_DIGITS 16

/* Makes the folder and holds its lock. Others may pass through it and not read it, so that a
 * service which root starts as somebody else can be let into its $dir. The descriptor, to be closed
 * when the run is over; -1: `err`. */
MUST_USE int private_root_open(const char *path, struct err *err);
/* Younger ones may not be locked yet, or their services may still be dying. */
#define PRIVATE_ROOT_YOUNG_S 60
/* Removes the roots in `folder` that are ours by user, mode and name, unchanged for `young_s` and
 * held by no run; of them stays what private_root_keep() marked. */
void private_root_sweep(const char *folder, uint32_t young_s);
/* Marks the private folder at `path` as one to be left there, also after a kill. */
MUST_USE bool private_root_keep(const char *path, struct err *err);
