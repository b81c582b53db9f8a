#include "observe/kinds.h"

#include "observe/access_source.h"
#include "observe/cgroup.h"
#include "observe/follow.h"
#include "observe/host_source.h"
#include "observe/log_source.h"
#include "observe/memcached_source.h"
#include "observe/network_source.h"
#include "observe/otlp_hub.h"
#include "observe/pgbouncer_source.h"
#include "observe/postgres_source.h"
#include "observe/process.h"
#include "observe/prometheus_source.h"
#include "observe/redis_source.h"
#include "observe/roots.h"
#include "observe/sockets.h"

static bool is_there(const struct service *service, struct arena *arena, struct err *err)
{
    struct roots roots;
    if (!roots_open(&roots, arena, &service->attach, 0, "")) {
        return err_set(err, ERR_LIMIT, 0, "no memory to look for the services");
    }
    if (roots_look(&roots, true, 0, err)) return true;
    return err_context(err, "service %.*s must be there", BYTES_ARG(service->name));
}

bool kinds_check(const struct plan *plan, struct err *err)
{
    struct arena arena;
    bool all = true;
    if (!arena_open(&arena, (size_t)1 << 20, err)) return false;
    for (uint32_t i = 0; i < plan->service_count && all; i++) {
        arena_reset(&arena);
        bool found = plan->services[i].attach.kind != ATTACH_NONE;
        if (found && plan->services[i].attach.required) {
            all = is_there(&plan->services[i], &arena, err);
        }
    }
    arena_close(&arena);
    return all;
}

bool kinds_check_pages(const struct plan *plan, struct err *err)
{
    struct arena arena;
    bool all = true;
    if (!arena_open(&arena, (size_t)16 << 20, err)) return false;
    for (uint32_t i = 0; i < plan->service_count && all; i++) {
        const struct service *service = &plan->services[i];
        arena_reset(&arena);
        if (!service->scrape.required || service->scrape.url.len == 0) continue;
        all = prometheus_source_check(&arena, &service->scrape, err);
        if (all) continue;
        if (err->kind != ERR_LIMIT) err->kind = ERR_DENIED;
        err_context(err, "metrics of %.*s must be there", BYTES_ARG(service->name));
    }
    arena_close(&arena);
    return all;
}

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
                                          pid_t started, struct arena *arena)
{
    struct source *source = next(out);
    if (!source || !process_source(source, arena, service, started)) return NULL;
    out->count++;
    return process_family(source);
}

static void add_cgroup(struct kinds *out, const struct service *service,
                       const struct family *family, struct arena *arena)
{
    struct source *source = next(out);
    if (source && cgroup_source(source, arena, service->name, family, "")) out->count++;
}

static void add_network(struct kinds *out, const struct service *service,
                        const struct family *family, struct arena *arena)
{
    struct source *source = next(out);
    if (source && network_source(source, arena, service->name, family)) out->count++;
}

static void add_sockets(struct kinds *out, const struct sockets_of *of, uint32_t count,
                        struct arena *arena)
{
    struct source *source = next(out);
    if (count > 0 && source && sockets_source(source, arena, of, count)) out->count++;
}

/* Where it listens, as far as the plan says; 0: it does not. */
static uint16_t port_of(const struct service *service)
{
    bool attached = service->attach.kind == ATTACH_PORT;
    return attached ? (uint16_t)service->attach.number : service->port;
}

/* Each has a thread of its own. */
static void add_asked(struct kinds *out, const struct service *service, struct arena *arena)
{
    static bool (*const makers[ASK_KINDS])(struct source *, struct arena *, struct bytes,
                                           const struct ask *) = {
        [ASK_POSTGRES] = postgres_source,
        [ASK_PGBOUNCER] = pgbouncer_source,
        [ASK_REDIS] = redis_source,
        [ASK_MEMCACHED] = memcached_source,
    };
    for (unsigned kind = 0; kind < ASK_KINDS; kind++) {
        struct source *source = next(out);
        if (!source || service->asks[kind].text.len == 0) continue;
        if (!makers[kind](source, arena, service->name, &service->asks[kind])) continue;
        out->remote[out->count++] = true;
    }
}

/* The same. Which requests it tells of is known when it has been read; where the plan names an
 * access log, that tells of them one by one, and they would count twice. */
static void add_page(struct kinds *out, const struct service *service, struct arena *arena)
{
    struct source *source = next(out);
    struct served_book *book = service->log.access_log.len == 0 ? out->served : NULL;
    if (!source || service->scrape.url.len == 0) return;
    if (!prometheus_source(source, arena, service->name, &service->scrape, book)) return;
    if (book) served_expect(book);
    out->remote[out->count++] = true;
}

/* The file that its output is written to; empty: it was not started by us. */
static struct bytes output_of(const struct observer_options *options, uint32_t service,
                              struct arena *arena)
{
    char array[FOLLOW_PATH];
    struct text path = text_in(array, sizeof array);
    if (options->pids[service] <= 0 || options->folder.len == 0) return (struct bytes){0};
    text_addf(&path, "%.*s/%.*s.log", BYTES_ARG(options->folder),
              BYTES_ARG(options->plan->services[service].name));
    return path.cut ? (struct bytes){0} : arena_copy(arena, text_bytes(&path));
}

/* What it writes down of itself, and of the requests it served. */
static void add_logs(struct kinds *out, const struct observer_options *options, uint32_t index,
                     struct arena *arena)
{
    const struct service *service = &options->plan->services[index];
    struct bytes output = output_of(options, index, arena);
    bool of_output = bytes_is(service->log.access_log, "output");
    struct access_source_options access = {.plan = options->plan,
                                           .service = service,
                                           .path = of_output ? output : service->log.access_log,
                                           .mixed = of_output,
                                           .served = out->served,
                                           .origin_ns = options->origin_ns};
    struct log_source_options logs = {.plan = options->plan, .service = service, .output = output};
    struct source *source = next(out);
    if (source && access.path.len > 0 && access_source(source, arena, &access)) {
        out->remote[out->count++] = true; /* a disk may hang, too */
    }
    source = next(out);
    if (source && log_source(source, arena, &logs)) out->remote[out->count++] = true;
}

static void add_otlp(struct kinds *out, const struct observer_options *options)
{
    struct source *source = next(out);
    if (!source || !options->otlp) return;
    otlp_hub_begin(options->otlp, options->wall_start_ns, out->served);
    otlp_hub_source(source, options->otlp);
    out->remote[out->count++] = true; /* it may wait for what is being read */
}

/* Behind all that may tell it something. */
static void add_served(struct kinds *out)
{
    struct source *source = next(out);
    if (!source || !out->served || !served_is_expected(out->served)) return;
    served_source(source, out->served);
    out->count++;
}

void kinds_make(struct kinds *out, const struct observer_options *options, struct arena *arena)
{
    const struct plan *plan = options->plan;
    *out = (struct kinds){0};
    if (plan->service_count > 0) out->served = served_open(plan, arena);
    bool full = out->served && options->cells && !served_want_cells(out->served, arena);
    if (full) return; /* which the arena tells */
    struct sockets_of *sockets = ARENA_ARRAY(arena, plan->service_count + 1, struct sockets_of);
    uint32_t count = 0;
    add_host(out, arena);
    for (uint32_t i = 0; i < plan->service_count && sockets; i++) {
        const struct service *service = &plan->services[i];
        add_asked(out, service, arena);
        add_page(out, service, arena);
        add_logs(out, options, i, arena);
        if (options->pids[i] <= 0 && service->attach.kind == ATTACH_NONE) continue;
        const struct family *family = add_processes(out, service, options->pids[i], arena);
        if (!family) continue;
        add_cgroup(out, service, family, arena);
        add_network(out, service, family, arena);
        sockets[count++] = (struct sockets_of){service->name, family, port_of(service)};
    }
    add_sockets(out, sockets, count, arena);
    add_otlp(out, options);
    add_served(out);
}
