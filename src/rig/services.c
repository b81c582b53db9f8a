#include "rig/services.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/address.h"
#include "net/probe.h"
#include "rig/private_root.h"

#define POLL_EVERY_NS (10 * NS_PER_MS)   /* between two looks at a service that is not ready */
#define PROBE_MOST_NS (NS_PER_S)         /* one attempt; a hung reply must not eat the whole time */
#define PROBE_LEAST_NS (100 * NS_PER_MS) /* so that the last attempt, too, sees what is wrong */
#define LOG_CHUNK 16384
#define LOG_LINES 3 /* last lines of a log that an error repeats */

static void say(const struct services *s, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(const struct services *s, const char *format, ...)
{
    if (!s->say) return;
    char array[400];
    struct text line = text_in(array, sizeof array);
    va_list args;
    va_start(args, format);
    text_addv(&line, format, args);
    va_end(args);
    s->say(s->ctx, array);
}

/* -- Getting ready -------------------------------------------------------------------------- */

/* Looks for the text in what the log has grown since `*offset`; chunks overlap by its length. */
static bool log_has(const char *path, struct bytes wanted, uint64_t *offset)
{
    char chunk[LOG_CHUNK];
    for (;;) {
        size_t len = file_read_at(path, *offset, chunk, sizeof chunk);
        if (bytes_find((struct bytes){chunk, len}, wanted) != SIZE_MAX) return true;
        if (len < wanted.len) return false;
        *offset += len - wanted.len + 1;
        if (len < sizeof chunk) return false;
    }
}

struct wait {
    uint64_t deadline_ns;
    uint64_t log_offset;
};

/* One look; false: `why` says what it saw. */
static bool is_ready(struct services_item *item, struct wait *w, struct err *why)
{
    const struct service *service = item->service;
    uint64_t now = clock_now_ns();
    uint64_t within_ns = w->deadline_ns > now ? w->deadline_ns - now : 0;
    if (within_ns > PROBE_MOST_NS) within_ns = PROBE_MOST_NS;
    if (within_ns < PROBE_LEAST_NS) within_ns = PROBE_LEAST_NS;
    struct bytes host = BYTES_LIT("127.0.0.1");
    switch (service->ready) {
    case READY_NONE:
        return true;
    case READY_PORT: {
        struct address address;
        return address_reach(&address, host, service->port, within_ns, why);
    }
    case READY_LOG:
        if (log_has(item->log, service->ready_text, &w->log_offset)) return true;
        return err_set(why, ERR_PREFLIGHT, 0, "its log does not say '%.*s'",
                       BYTES_ARG(service->ready_text));
    case READY_HTTP:
        break;
    }
    struct probe_request request = {host, service->port, service->ready_method,
                                    service->ready_path};
    uint32_t status = 0;
    if (!probe_http(&request, within_ns, &status, why)) return false;
    if (status >= 200 && status < 400) return true;
    return err_set(why, ERR_PREFLIGHT, 0, "it answered with status %u", status);
}

/* The last lines of its log as a hint, made safe for a terminal. */
static bool hint_log(struct err *err, const struct services_item *item)
{
    char array[2048];
    struct text tail = text_in(array, sizeof array);
    file_read_tail(&tail, item->log);
    struct bytes left = text_bytes(&tail);
    while (left.len > 0 && (left.at[left.len - 1] == '\n' || left.at[left.len - 1] == ' '))
        left.len--;
    if (left.len == 0) return err_hint(err, "its log %s is empty", item->log);
    size_t start = left.len;
    for (int lines = 0; start > 0; start--) {
        if (left.at[start - 1] == '\n' && ++lines == LOG_LINES) break;
    }
    char safe[sizeof err->hint];
    struct text lines = text_in(safe, sizeof safe - 64);
    for (struct bytes line = bytes_from(left, start); line.len > 0;) {
        size_t end = bytes_find(line, BYTES_LIT("\n"));
        if (end == SIZE_MAX) end = line.len;
        if (lines.len > 0) text_adds(&lines, " | ");
        text_add_safe(&lines, (struct bytes){line.at, end});
        line = bytes_from(line, end + 1);
    }
    return err_hint(err, "its log ends: %s", safe);
}

static bool wait_ready(const struct services *s, struct services_item *item,
                       const struct services_options *options, struct err *err)
{
    const struct service *service = item->service;
    uint64_t started_ns = clock_now_ns();
    struct wait w = {.deadline_ns = started_ns + service->ready_within_ns};
    struct err why = {0};
    for (;;) {
        bool ready = is_ready(item, &w, &why);
        /* First: whoever answered, it was not a service that has ended. */
        if (child_ended(&item->child)) {
            char array[64];
            struct text how = text_in(array, sizeof array);
            child_describe(&how, &item->child);
            err_set(err, ERR_PREFLIGHT, 0, "service %.*s %s before it was ready",
                    BYTES_ARG(service->name), array);
            return hint_log(err, item);
        }
        if (ready) break;
        if (options->cancelled && options->cancelled(options->ctx)) {
            return err_set(err, ERR_PREFLIGHT, 0, "interrupted before service %.*s was ready",
                           BYTES_ARG(service->name));
        }
        if (clock_now_ns() >= w.deadline_ns) {
            err_set(err, ERR_PREFLIGHT, 0, "service %.*s was not ready within %.1f s: %s",
                    BYTES_ARG(service->name), (double)service->ready_within_ns / (double)NS_PER_S,
                    why.msg);
            return hint_log(err, item);
        }
        clock_sleep_until(clock_now_ns() + POLL_EVERY_NS);
    }
    say(s, "service %.*s is ready after %.2f s (pid %d)", BYTES_ARG(service->name),
        (double)(clock_now_ns() - started_ns) / (double)NS_PER_S, (int)item->child.pid);
    return true;
}

/* -- Starting and stopping ------------------------------------------------------------------ */

/* The folder above $dir belongs to the whole run and is made with the first that needs it. */
static bool make_dir(struct services *s, struct services_item *item, struct err *err)
{
    const struct service *service = item->service;
    if (service->dir.len == 0) return true;
    char above[PATH_MAX];
    struct text text = text_in(above, sizeof above);
    text_add(&text, service->dir);
    char *slash = strrchr(above, '/');
    if (text.cut || !slash) return err_set(err, ERR_BUG, 0, "bad private folder %s", above);
    *slash = '\0';
    if (!s->has_root) {
        s->root_fd = private_root_open(above, err);
        if (s->root_fd < 0) return false;
        s->has_root = true;
    }
    *slash = '/';
    if (!file_make_private(above, err)) return false;
    item->has_dir = true;
    return !service->keep || private_root_keep(above, err);
}

static bool start_one(struct services *s, struct services_item *item,
                      const struct services_options *options, struct err *err)
{
    const struct service *service = item->service;
    struct text log = text_in(item->log, sizeof item->log);
    text_addf(&log, "%s/%.*s.log", options->folder, BYTES_ARG(service->name));
    if (!make_dir(s, item, err)) {
        err->kind = ERR_PREFLIGHT;
        return err_context(err, "service %.*s", BYTES_ARG(service->name));
    }
    struct child_options child = {
        .argv = service->argv,
        .argc = service->argc,
        .env = service->env,
        .env_count = service->env_count,
        .cwd = service->cwd.len > 0 ? service->cwd.at : NULL,
        .log = item->log,
    };
    if (!child_start(&item->child, &child, err)) {
        return err_context(err, "service %.*s", BYTES_ARG(service->name));
    }
    return wait_ready(s, item, options, err);
}

bool services_start(struct services *s, struct arena *arena, const struct services_options *options,
                    struct err *err)
{
    const struct plan *plan = options->plan;
    *s = (struct services){.items = ARENA_ARRAY(arena, plan->service_count, struct services_item),
                           .say = options->say,
                           .ctx = options->ctx};
    if (!arena_ok(arena)) return err_set(err, ERR_LIMIT, 0, "no memory for the services");
    if (plan->service_count > 0) private_root_sweep(PRIVATE_ROOT_FOLDER, PRIVATE_ROOT_YOUNG_S);
    for (uint32_t i = 0; i < plan->service_count; i++) {
        struct services_item *item = &s->items[i];
        *item = (struct services_item){.service = &plan->services[i]};
        s->count = i + 1;
        if (plan->services[i].argc == 0) continue; /* it is there already, or not */
        if (start_one(s, item, options, err)) continue;
        services_stop(s);
        return false;
    }
    return true;
}

/* What went on by itself, as a daemon does: nobody would look for it once the run is over. */
static void say_left(const struct services *s, const struct services_item *item)
{
    const struct child *c = &item->child;
    char array[64];
    struct text what = text_in(array, sizeof array);
    if (c->left_count == 0) return;
    text_add_safe(&what, bytes_of(c->left_name));
    text_addf(&what, " (pid %d)", (int)c->left_pid);
    if (c->left_count > 1) text_addf(&what, " and %u more", c->left_count - 1);
    say(s, "service %.*s had left %s running on its own: stopped", BYTES_ARG(item->service->name),
        array);
}

void services_stop(struct services *s)
{
    while (s->count > 0) {
        struct services_item *item = &s->items[--s->count];
        const struct service *service = item->service;
        child_stop(&item->child, service->stop_signal, service->stop_within_ns);
        say_left(s, item);
        if (!item->has_dir || service->keep) continue;
        char path[PATH_MAX];
        struct text text = text_in(path, sizeof path);
        text_add(&text, service->dir);
        if (text.cut) continue;
        /* A file that cannot be removed is no reason to fail a run that has its verdict. */
        if (!file_remove_tree(path, NULL)) continue;
        *strrchr(path, '/') = '\0';
        file_remove_empty(path);
    }
    if (s->has_root) close(s->root_fd);
    s->has_root = false;
}

bool services_next_death(struct services *s, struct text *out)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct services_item *item = &s->items[i];
        if (item->told || item->service->argc == 0 || !child_ended(&item->child)) continue;
        item->told = true;
        text_addf(out, "service %.*s died by itself: ", BYTES_ARG(item->service->name));
        child_describe(out, &item->child);
        return true;
    }
    return false;
}
