/* fiber.h - functions that take turns on one thread.
 *
 * Why: the engine's workers and its collector must run at the same virtual time, and the same seed
 * must give the same run; threads of the kernel do neither.
 * Source: makecontext(3); sanitizer/common_interface_defs.h and tsan_interface.h.
 * Thread: one.  Memory: a stack each, by mmap, kept for the next fiber in the same place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FIBERS_MAX 64

/* Starts `run(arg)` as fiber `id` (1..FIBERS_MAX-1); it runs when it is switched to. Fiber 0 is who
 * calls first. A fiber that was started before must have returned. */
void fiber_start(uint32_t id, void *(*run)(void *arg), void *arg);
/* Goes on as fiber `id`. `next` is asked where to go on when the fiber returns. */
void fiber_switch(uint32_t id);
/* Who runs. */
uint32_t fiber_self(void);
bool fiber_has_returned(uint32_t id);
/* What is called on the fiber's own stack when it has returned; it must switch to another. */
void fiber_on_return(void (*leave)(void));
