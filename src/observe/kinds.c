#include "observe/kinds.h"

#include "observe/host_source.h"
#include "observe/process.h"

/* The next free one; its source is to be counted by whoever makes it. */
static struct source *next(struct kinds *out)
{
    return out->count < KINDS_MAX ? &out->all[out->count] : NULL;
}

static void add_processes(struct kinds *out, const struct service *service, pid_t pid,
                          struct arena *arena)
{
    struct source *source = next(out);
    pid_t *roots = ARENA_ARRAY(arena, 1, pid_t);
    if (!source || !roots) return;
    roots[0] = pid;
    if (process_source(source, arena, service->name, roots, 1)) out->count++;
}

void kinds_make(struct kinds *out, const struct observer_options *options, struct arena *arena)
{
    const struct plan *plan = options->plan;
    *out = (struct kinds){0};
    struct source *source = next(out);
    if (source && host_source(source, arena, "")) out->count++;
    for (uint32_t i = 0; i < plan->service_count; i++) {
        if (options->pids[i] > 0) {
            add_processes(out, &plan->services[i], options->pids[i], arena);
        }
    }
}
