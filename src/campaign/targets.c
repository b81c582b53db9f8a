#include "campaign/targets.h"

#include "base/clock.h"
#include "net/tls.h"

#define ARENA_SLACK 4096
#define DAY_S 86400
#define WARN_DAYS 14 /* of a certificate that ends so soon */

static const char *path_of(struct bytes path)
{
    return path.len > 0 ? path.at : NULL;
}

static bool open_tls(struct tls **out, const struct tls_plan *plan, enum tls_part *part,
                     struct err *err)
{
    const struct tls_setting setting = {.ca = path_of(plan->ca),
                                        .cert = path_of(plan->cert),
                                        .key = path_of(plan->key),
                                        .insecure = plan->insecure};
    return tls_open(out, &setting, part, err);
}

bool targets_check_tls(void *ctx, const struct tls_plan *tls, const struct bytes **which,
                       struct err *err)
{
    UNUSED(ctx);
    struct tls *opened;
    enum tls_part part;
    bool ok = open_tls(&opened, tls, &part, err);
    tls_close(opened);
    if (part == TLS_PART_CA) *which = &tls->ca;
    if (part == TLS_PART_CERT) *which = &tls->cert;
    if (part == TLS_PART_KEY) *which = &tls->key;
    return ok;
}

static void say_facts(const struct targets_options *o, const struct target *target,
                      const struct tls_facts *facts)
{
    int64_t now_s = (int64_t)(clock_wall_ns() / NS_PER_S);
    char array[512];
    struct text line = text_in(array, sizeof array);
    text_add_safe(&line, target->text);
    text_adds(&line, ": ");
    tls_print_facts(&line, facts, now_s);
    o->say(o->ctx, array);
    int64_t left_s = facts->valid_until_s - now_s;
    if (facts->valid_until_s == 0 || left_s < 0 || left_s / DAY_S >= WARN_DAYS) return;
    text_clear(&line);
    text_add_safe(&line, target->text);
    text_addf(&line, ": its certificate ends in less than %d days: renew it", WARN_DAYS);
    o->say(o->ctx, array);
}

static bool read_sources(struct targets *out, const struct plan *plan, struct err *err)
{
    out->source_count = plan->source_count;
    for (uint32_t i = 0; i < plan->source_count; i++) {
        if (address_literal(&out->sources[i], plan->sources[i], 0)) continue;
        return err_set(err, ERR_PLAN, 0, "%.*s is no address", BYTES_ARG(plan->sources[i]));
    }
    return true;
}

static struct route_setting setting_of(const struct targets *t, const struct plan *plan,
                                       uint32_t index, uint64_t within_ns)
{
    const struct target *target = &plan->targets[index];
    return (struct route_setting){.host = target->host,
                                  .port = target->port,
                                  .at = target->address,
                                  .tls = target->tls ? t->tls : NULL,
                                  .server_name = plan->tls.server_name,
                                  .sources = t->sources,
                                  .source_count = t->source_count,
                                  .timeout_ns = within_ns};
}

static bool reach(struct targets *out, const struct targets_options *o, uint32_t index,
                  struct err *err)
{
    const struct target *target = &o->plan->targets[index];
    struct tls_facts facts;
    struct route_setting setting = setting_of(out, o->plan, index, o->within_ns);
    setting.anyhow = o->anyhow;
    if (!route_open(&out->routes[index], &setting, &facts, err)) return false;
    bool met = !o->anyhow || facts.valid_until_s != 0;
    if (target->tls && met) say_facts(o, target, &facts);
    return true;
}

bool targets_open(struct targets *out, const struct targets_options *options, struct err *err)
{
    const struct plan *plan = options->plan;
    size_t bytes = plan->target_count * sizeof(struct route)
                   + plan->source_count * sizeof(struct address) + ARENA_SLACK;
    bool tls = false;
    *out = (struct targets){.source_count = 0};
    if (!arena_open(&out->arena, bytes, err)) return false;
    out->routes = ARENA_ARRAY(&out->arena, plan->target_count, struct route);
    out->sources = ARENA_ARRAY(&out->arena, plan->source_count, struct address);
    struct resolver *resolver = ARENA_NEW(&out->arena, struct resolver);
    assert(arena_ok(&out->arena));
    if (options->idle) return true;
    if (!read_sources(out, plan, err)) return false;
    for (uint32_t i = 0; i < plan->target_count; i++) tls = tls || plan->targets[i].tls;
    if (tls && !open_tls(&out->tls, &plan->tls, NULL, err)) return false;
    for (uint32_t i = 0; i < plan->target_count; i++) {
        if (options->cancelled(options->ctx)) {
            return err_set(err, ERR_PREFLIGHT, 0, "interrupted before the start");
        }
        if (!reach(out, options, i, err)) return false;
    }
    if (!resolver_start(resolver, out->routes, plan->target_count, err)) return false;
    out->resolver = resolver;
    return true;
}

bool targets_speak_tls(const struct targets *targets, const struct plan *plan, uint64_t within_ns)
{
    static const struct tls_setting anybody = {.insecure = true};
    struct tls *tls;
    bool speaks = false;
    if (!tls_open(&tls, &anybody, NULL, NULL)) return false;
    for (uint32_t i = 0; i < plan->target_count && !speaks; i++) {
        struct route route;
        struct tls_facts facts;
        struct err err;
        struct route_setting setting = setting_of(targets, plan, i, within_ns);
        if (setting.tls) continue;
        setting.tls = tls;
        speaks = route_open(&route, &setting, &facts, &err);
    }
    tls_close(tls);
    return speaks;
}

void targets_close(struct targets *targets)
{
    bool ended = !targets->resolver || resolver_stop(targets->resolver);
    tls_close(targets->tls);
    /* A look-up that hangs still writes to the routes: they stay until the process ends. */
    if (ended) arena_close(&targets->arena);
    *targets = (struct targets){.source_count = 0};
}
