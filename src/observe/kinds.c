#include "observe/kinds.h"

#include "observe/cgroup.h"
#include "observe/host_source.h"
#include "observe/process.h"
#include "observe/sockets.h"

/* The next free one; its source is to be counted by whoever makes it. */
static struct source *next(struct kinds *out)
{
    return out->count < KINDS_MAX ? &out->all[out->count] : NULL;
}

static void add_host(struct kinds *out, struct arena *arena)
{
    struct source *source = next(out);
    if (source && host_source(source, arena, "")) out->count++;
}

/* Its processes; NULL: there is no room for them. */
static const struct family *add_processes(struct kinds *out, const struct service *service,
                                          pid_t pid, struct arena *arena)
{
    struct source *source = next(out);
    pid_t *roots = ARENA_ARRAY(arena, 1, pid_t);
    if (!source || !roots) return NULL;
    roots[0] = pid;
    if (!process_source(source, arena, service->name, roots, 1)) return NULL;
    out->count++;
    return process_family(source);
}

static void add_cgroup(struct kinds *out, const struct service *service,
                       const struct family *family, struct arena *arena)
{
    struct source *source = next(out);
    if (source && cgroup_source(source, arena, service->name, family, "")) out->count++;
}

static void add_sockets(struct kinds *out, const struct sockets_of *of, uint32_t count,
                        struct arena *arena)
{
    struct source *source = next(out);
    if (count > 0 && source && sockets_source(source, arena, of, count)) out->count++;
}

void kinds_make(struct kinds *out, const struct observer_options *options, struct arena *arena)
{
    const struct plan *plan = options->plan;
    *out = (struct kinds){0};
    struct sockets_of *sockets = ARENA_ARRAY(arena, plan->service_count + 1, struct sockets_of);
    uint32_t count = 0;
    add_host(out, arena);
    for (uint32_t i = 0; i < plan->service_count && sockets; i++) {
        const struct service *service = &plan->services[i];
        if (options->pids[i] <= 0) continue;
        const struct family *family = add_processes(out, service, options->pids[i], arena);
        if (!family) continue;
        add_cgroup(out, service, family, arena);
        sockets[count++] = (struct sockets_of){service->name, family, service->port};
    }
    add_sockets(out, sockets, count, arena);
}
