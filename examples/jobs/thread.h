/* thread.h - starting threads with a name and a small stack, and timed waits on one clock. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For threads that run SQLite; a worker, which only waits, needs far less. */
#define THREAD_STACK_DB ((size_t)512 * 1024)
#define THREAD_STACK_SMALL ((size_t)128 * 1024)

/* False: the reason is on stderr. `name` is at most 15 characters. */
bool thread_start(pthread_t *out, const char *name, size_t stack_bytes, void *(*run)(void *),
                  void *arg);

/* A condition whose timed waits use the monotonic clock. */
void thread_cond_init(pthread_cond_t *cond);

/* Waits until signalled or `until_ns`. False: the time is over. */
bool thread_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_ns);
