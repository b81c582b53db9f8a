#include "little_plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "plan/plan_load.h"

static uint16_t no_port(void *ctx)
{
    (void)ctx;
    return 0;
}

static struct bytes no_dir(void *ctx, struct arena *arena, struct bytes service)
{
    (void)ctx;
    (void)arena;
    (void)service;
    return (struct bytes){0};
}

static struct bytes no_env(void *ctx, struct bytes name)
{
    (void)ctx;
    (void)name;
    return (struct bytes){0};
}

static bool read_csv(void *ctx, struct arena *arena, struct bytes path, struct bytes *out,
                     struct err *err)
{
    (void)path;
    if (!ctx) return err_set(err, ERR_IO, 0, "this test has no file");
    *out = arena_copy(arena, bytes_of(ctx));
    return true;
}

void little_plan_open(struct little_plan *out, const char *yaml, const char *csv)
{
    static struct diags diags;
    static char said[1 << 16];
    union {
        const char *in;
        void *out;
    } file = {.in = csv};
    struct plan_host host = {.ctx = file.out,
                             .free_port = no_port,
                             .private_dir = no_dir,
                             .env = no_env,
                             .read_file = read_csv};
    struct plan_input input = {.path = BYTES_LIT("little.yaml"),
                               .folder = BYTES_LIT("/"),
                               .source = bytes_of(yaml),
                               .host = &host};
    struct err err = {0};
    diags.count = diags.dropped = 0;
    bool ok = arena_open(&out->arena, (size_t)64 << 20, &err)
              && plan_load(&out->plan, &out->arena, &input, &diags);
    if (ok) return;
    struct text text = text_in(said, sizeof said);
    diag_print(&text, &diags, input.path, input.source);
    fprintf(stderr, "%s\n%.*s\n", err.msg, (int)text.len, said);
    exit(1);
}

void little_plan_close(struct little_plan *p)
{
    arena_close(&p->arena);
}
