#include "cli/warnings.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/console.h"
#include "load/program.h"
#include "plan/plan_doubt.h"
#include "show/amount.h"

#define PROGRAM_LIMIT ((size_t)64 << 20)

static void add(struct warnings *w, struct arena *arena, struct span at, const struct text *text,
                const char *fix)
{
    struct warning one = {at, arena_copy(arena, text_bytes(text)), bytes_of(fix)};
    if (one.text.at) w->items[w->count++] = one;
}

/* What no target could satisfy, whatever it answers. */
static void find_objectives(struct warnings *w, struct planning *p)
{
    for (uint32_t i = 0; i < p->plan.objective_count; i++) {
        const struct objective *o = &p->plan.objectives[i];
        char array[WARNING_BYTES];
        char why_array[160];
        struct text text = text_in(array, sizeof array);
        struct text why = text_in(why_array, sizeof why_array);
        if (!plan_doubt_tell(&why, &p->plan, o)) continue;
        text_adds(&text, "`");
        text_add_safe(&text, o->text);
        text_addf(&text, "` can never hold: %s", why_array);
        add(w, &p->arena, o->at, &text,
            objective_is_observed(o)
                ? "say it at the service, by its command, pid, port, process, cgroup or unit"
                : "change its limit, or the load of those stages");
    }
}

/* What cannot be where it is looked for. */
static void find_services(struct warnings *w, struct planning *p)
{
    for (uint32_t i = 0; i < p->plan.service_count; i++) {
        const struct service *s = &p->plan.services[i];
        char array[WARNING_BYTES];
        struct text text = text_in(array, sizeof array);
        text_addf(&text, "service %.*s: ", BYTES_ARG(s->name));
        if (!plan_doubt_tell_service(&text, s)) continue;
        add(w, &p->arena, s->at, &text,
            "give it the port as an argument or in its env, or name the one it has");
    }
}

static bool is_program(struct bytes folder, struct bytes name)
{
    char array[PATH_MAX];
    struct text path = text_in(array, sizeof array);
    bool whole = name.len > 0 && name.at[0] == '/';
    if (!whole) text_add(&path, folder);
    if (!whole && folder.len > 0) text_addc(&path, '/', 1);
    text_add(&path, name);
    return !path.cut && access(array, X_OK) == 0;
}

/* As the start will look for it. What lies in a private folder comes later. */
static bool is_on_this_host(const struct service *s, const struct planning *p)
{
    struct bytes name = s->argv[0];
    if (p->private_root[0] && bytes_starts(name, bytes_of(p->private_root))) return true;
    if (bytes_find(name, BYTES_LIT("/")) != SIZE_MAX) return is_program(s->cwd, name);
    const char *path = getenv("PATH");
    struct bytes left = bytes_of(path ? path : "/bin:/usr/bin");
    for (;;) {
        size_t colon = bytes_find(left, BYTES_LIT(":"));
        bool last = colon == SIZE_MAX;
        if (is_program((struct bytes){left.at, last ? left.len : colon}, name)) return true;
        if (last) return false;
        left = bytes_from(left, colon + 1);
    }
}

/* What is to be started here, and is not here. */
static void find_programs(struct warnings *w, struct planning *p)
{
    for (uint32_t i = 0; i < p->plan.service_count; i++) {
        const struct service *s = &p->plan.services[i];
        char array[WARNING_BYTES];
        struct text text = text_in(array, sizeof array);
        if (s->argc == 0 || is_on_this_host(s, p)) continue;
        text_addf(&text, "service %.*s: there is no program ", BYTES_ARG(s->name));
        text_add_safe(&text, s->argv[0]);
        text_adds(&text, " on this host, so a run cannot start it");
        add(w, &p->arena, s->at, &text,
            "install or build it, or correct the first word of its command");
    }
}

/* A secret of no letters is hardly meant: a script has not set what it exports. */
static void find_environment(struct warnings *w, struct planning *p)
{
    for (uint32_t i = 0; i < p->plan.empty_env_count; i++) {
        const struct empty_env *env = &p->plan.empty_envs[i];
        char array[WARNING_BYTES];
        struct text text = text_in(array, sizeof array);
        text_adds(&text, "the environment variable ");
        text_add_safe(&text, env->name);
        text_adds(&text, " is set, but empty");
        char cure_array[400];
        struct text cure = text_in(cure_array, sizeof cure_array);
        text_addf(&cure, "export %.*s=...; if it is to be empty, say so: ", BYTES_ARG(env->name));
        text_addf(&cure, "--var x= over vars: { x: $env.%.*s }", BYTES_ARG(env->name));
        struct bytes kept = arena_copy(&p->arena, text_bytes(&cure));
        if (kept.at) add(w, &p->arena, env->at, &text, kept.at);
    }
}

/* Iterations that take a row of this unique source, as far as they are known beforehand: of closed
 * stages by time nobody knows. */
static double rows_needed(const struct program *program, uint32_t unique)
{
    const struct plan *plan = program->plan;
    double needed = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        double arrivals = plan_doubt_arrivals(s);
        for (uint32_t k = 0; !isnan(arrivals) && k < plan->scenario_count; k++) {
            bool used = program->unique_used[k * program->unique_count + unique];
            if (used) needed += arrivals * s->mix[k];
        }
    }
    return needed;
}

/* Data with `pick: unique` that will run out. */
static void find_rows(struct warnings *w, struct planning *p, const struct program *program)
{
    for (uint32_t i = 0; i < program->unique_count; i++) {
        const struct data_source *data = &program->plan->data[program->unique_data[i]];
        double needed = round(rows_needed(program, i));
        char array[WARNING_BYTES];
        struct text text = text_in(array, sizeof array);
        if (needed <= data->row_count) continue;
        text_adds(&text, "too few rows: ");
        text_add_safe(&text, data->name);
        text_adds(&text, " has ");
        amount_count(&text, data->row_count);
        text_adds(&text, ", and about ");
        amount_count(&text, needed);
        text_adds(&text, " iterations or more take one each (pick: unique); when they are used up, "
                         "arrivals are dropped and users leave");
        add(w, &p->arena, data->at, &text, "give it more rows, or let them be picked at random");
    }
}

/* Compiled as for a run: what is wrong with it was told when the plan was read. */
static void find_data(struct warnings *w, struct planning *p)
{
    struct arena arena;
    struct program program;
    struct err err = {0};
    bool any = false;
    for (uint32_t i = 0; i < p->plan.data_count; i++)
        any = any || p->plan.data[i].pick == PICK_UNIQUE;
    if (!any || !arena_open(&arena, PROGRAM_LIMIT, &err)) return;
    if (program_build(&program, &p->plan, &arena, &err)) {
        find_rows(w, p, &program);
        program_close(&program);
    }
    arena_close(&arena);
}

void warnings_find(struct warnings *out, struct planning *p)
{
    const struct plan *plan = &p->plan;
    size_t most = (size_t)plan->objective_count + (size_t)2 * plan->service_count
                  + plan->empty_env_count + plan->data_count;
    *out = (struct warnings){.items = ARENA_ARRAY(&p->arena, most, struct warning)};
    if (!out->items) return;
    find_objectives(out, p);
    find_services(out, p);
    find_programs(out, p);
    find_environment(out, p);
    find_data(out, p);
}

void warnings_say(const struct warnings *w, const struct planning *p)
{
    for (uint32_t i = 0; i < w->count; i++) {
        const struct warning *one = &w->items[i];
        char array[WARNING_BYTES + 200];
        struct text line = text_in(array, sizeof array);
        bool placed = one->at.line > 0 && p->path.len > 0;
        if (placed) text_add_safe(&line, p->path);
        else text_adds(&line, "prony");
        if (placed) text_addf(&line, ":%u:%u", one->at.line, one->at.col);
        text_adds(&line, ": warning: ");
        text_add(&line, one->text);
        console_say(array);
        text_clear(&line);
        text_addf(&line, "  hint: %.*s", BYTES_ARG(one->fix));
        console_say(array);
    }
}
