/* The engine's threads as fibers; linked by --wrap. */
#include <errno.h>
#include <pthread.h>

#include "world.h"

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_join(pthread_t thread, void **result);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg)
{
    (void)attr;
    if (!world_may_spawn()) return EAGAIN;
    *thread = world_spawn(run, arg);
    return 0;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    world_join((uint32_t)thread);
    if (result) *result = NULL;
    return 0;
}
