#include "plan_fixture.h"

static uint16_t free_port(void *ctx)
{
    uint16_t *next = ctx;
    return (*next)++;
}

static struct bytes private_dir(void *ctx, struct arena *arena, struct bytes service)
{
    (void)ctx;
    char array[64];
    struct text t = text_in(array, sizeof array);
    text_addf(&t, "/private/%.*s", BYTES_ARG(service));
    return arena_copy(arena, text_bytes(&t));
}

static struct bytes env(void *ctx, struct bytes name)
{
    (void)ctx;
    if (bytes_is(name, "TOKEN")) return BYTES_LIT("t0p\"secret");
    if (bytes_is(name, "PORT")) return BYTES_LIT("9");
    if (bytes_is(name, "LINES")) return BYTES_LIT("a\r\nb");
    return (struct bytes){0};
}

static bool read_file(void *ctx, struct arena *arena, struct bytes path, struct bytes *out,
                      struct err *err)
{
    (void)ctx;
    if (!bytes_is(path, "/plans/owners.csv")) {
        return err_set(err, ERR_IO, 0, "no %.*s", BYTES_ARG(path));
    }
    *out = arena_copy(arena, BYTES_LIT("id,name\r\n1,\"Ann, \"\"A\"\"\"\r\n2,Bob\r\n"));
    return true;
}

static void load(struct fixture *f, struct bytes yaml, size_t limit,
                 const struct plan_overrides *overrides)
{
    uint16_t port = 4001;
    const struct plan_host host = {&port, free_port, private_dir, env, read_file, NULL};
    const struct plan_input input = {.path = BYTES_LIT("plans/jobs.yaml"),
                                     .folder = BYTES_LIT("/plans"),
                                     .source = yaml,
                                     .host = &host,
                                     .overrides = overrides};
    *f = (struct fixture){0};
    assert_true(arena_open(&f->arena, limit, NULL));
    f->good = plan_load(&f->plan, &f->arena, &input, &f->diags);
    assert_int_equal(f->good, f->diags.count == 0);
}

void fixture_load(struct fixture *f, const char *yaml, const struct plan_overrides *overrides)
{
    load(f, bytes_of(yaml), (size_t)64 << 20, overrides);
}

void fixture_load_bytes(struct fixture *f, struct bytes yaml, size_t limit)
{
    load(f, yaml, limit, NULL);
}

void fixture_close(struct fixture *f)
{
    arena_close(&f->arena);
}

const char *fixture_only(const char *name, const struct fixture *f, enum diag_code code)
{
    if (f->diags.count > 0 && (f->diags.count != 1 || f->diags.items[0].code != code)) {
        for (uint32_t i = 0; i < f->diags.count; i++) {
            print_error("P%03d at %u:%u %s\n", (int)f->diags.items[i].code,
                        f->diags.items[i].at.line, f->diags.items[i].at.col, f->diags.items[i].msg);
        }
    }
    CHECK_U64(name, f->diags.count, 1);
    CHECK_U64(name, f->diags.items[0].code, code);
    return f->diags.items[0].msg;
}
