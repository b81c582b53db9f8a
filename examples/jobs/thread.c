#include "thread.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>

#include "clock.h"

bool thread_start(pthread_t *out, const char *name, size_t stack_bytes, void *(*run)(void *),
                  void *arg)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, stack_bytes);
    int code = pthread_create(out, &attr, run, arg);
    pthread_attr_destroy(&attr);
    if (code != 0) {
        errno = code;
        warn("cannot start a thread for %s", name);
        return false;
    }
    pthread_setname_np(*out, name);
    return true;
}

void thread_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

bool thread_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_ns)
{
    struct timespec until = clock_timespec(until_ns);
    return pthread_cond_timedwait(cond, lock, &until) != ETIMEDOUT;
}
