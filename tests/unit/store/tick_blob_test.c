#include "store/tick_blob.h"

#include "base/rng.h"
#include "base/text.h"
#include "check.h"
#include "store/run_file.h"
#include "tape.h"

#define ARENA_BYTES ((size_t)256 << 20)

static struct tape tape;
static struct arena made, read;
static ZSTD_CCtx *zstd;

/* Fields that a blob does not hold are taken from `from`. */
static struct tick like(const struct tick *from)
{
    struct tick t = *from;
    t.cells = NULL;
    t.slots = NULL;
    t.requests_in_flight = t.iterations_in_flight = NULL;
    t.cell_count = t.slot_count = 0;
    t.users = 0;
    t.generator_cpu_ns = 0;
    t.strain = (struct strain){0};
    t.gaps = NULL;
    t.stalls = NULL;
    t.samples = NULL;
    t.gap_count = t.stall_count = t.sample_count = 0;
    return t;
}

static void round_trip(void **state)
{
    (void)state;
    struct blob_dims dims = tick_blob_dims(&tape.header);
    for (uint32_t index = 0; index < 60; index++) {
        arena_reset(&made);
        arena_reset(&read);
        struct tick want = tape_tick(&tape, &made, index);
        struct bytes raw = tick_blob_encode(&made, &want, &dims);
        struct bytes packed = tick_blob_compress(zstd, &made, raw);
        struct bytes back = tick_blob_expand(&read, packed);
        assert_true(packed.len > 0);
        assert_true(bytes_equal(raw, back));
        struct tick got = like(&want);
        assert_true(tick_blob_decode(&got, &read, back, &dims));
        tape_check_tick("round trip", &dims, &got, &want);
        /* One tick, one text: the encoding of what was decoded is the same again. */
        assert_true(bytes_equal(tick_blob_encode(&read, &got, &dims), raw));
    }
}

/* A damaged blob is refused, or reads the same: never as other figures. */
static void a_turned_bit_is_seen(void **state)
{
    (void)state;
    struct blob_dims dims = tick_blob_dims(&tape.header);
    arena_reset(&made);
    struct tick tick = tape_tick(&tape, &made, 3);
    struct bytes raw = tick_blob_encode(&made, &tick, &dims);
    struct bytes packed = tick_blob_compress(zstd, &made, raw);
    char *turned = arena_alloc(&made, packed.len);
    assert_non_null(turned);
    memcpy(turned, packed.at, packed.len);
    for (size_t bit = 0; bit < packed.len * 8; bit++) {
        arena_reset(&read);
        turned[bit / 8] = (char)(turned[bit / 8] ^ 1 << bit % 8);
        struct bytes back = tick_blob_expand(&read, (struct bytes){turned, packed.len});
        CHECK_U64("refused, or the same", back.at == NULL || bytes_equal(back, raw), 1);
        turned[bit / 8] = (char)(turned[bit / 8] ^ 1 << bit % 8);
    }
}

/* What a stage says of itself stood under other names before version 3, without TLS in 1, and
 * without what was never sent before 4; strain is of 5, stalls are of 6, gaps, pauses and the tail
 * of 7, samples and late heaps of 8. Other cells and slots say of what was short since 6. */
static void older_versions(void **state)
{
    (void)state;
    const struct {
        const char *name;
        uint32_t version;
        struct bytes cell; /* of a stage: the shortages 7, 5, 3, 2 and, from 4 on, 6, from 8 on 4 */
        struct bytes rest; /* behind it and the slots */
    } cases[] = {
        {"1", 1, BYTES_LIT("\0\4\0\7\x84\x0c\3\2\5\0\0\0\0"), BYTES_LIT("")},
        {"2", 2, BYTES_LIT("\0\4\0\7\x84\x0c\3\2\5\0\0\0\0\0\0"), BYTES_LIT("")},
        {"3", 3, BYTES_LIT("\0\4\0\7\5\3\2\0\0\0\0\0"), BYTES_LIT("")},
        {"4", 4, BYTES_LIT("\0\4\0\7\5\3\2\6\0\0\0\0\0"), BYTES_LIT("")},
        {"5", 5, BYTES_LIT("\0\4\0\7\5\3\2\6\0\0\0\0\0"), BYTES_LIT("\5\x84\x0c\x9")},
        {"6", 6, BYTES_LIT("\0\4\0\7\5\3\2\6\0\0\0\0\0"),
         BYTES_LIT("\5\x84\x0c\x9\1\x10\3\0\4\5\6")},
        {"7", 7, BYTES_LIT("\0\4\0\7\5\3\2\6\2\x9\x8\0\0\0\0\0\0"),
         BYTES_LIT("\5\x84\x0c\x9\1\x10\3\0\4\5\6\x9\1\0\7")},
        {"8", 8, BYTES_LIT("\0\4\0\7\5\3\2\6\4\2\x9\x8\0\0\0\0\0\0"),
         BYTES_LIT("\5\x84\x0c\x9\1\x10\3\0\4\5\6\x9\1\0\7\1\1\x9\2\3\0\0\x80\x3f")},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        uint32_t version = cases[i].version;
        arena_reset(&read);
        char array[64];
        struct text raw = text_in(array, sizeof array);
        text_add(&raw, BYTES_LIT("\0\0\0\0\0\0\0\0\0\1")); /* CPU, users; one cell */
        text_add(&raw, cases[i].cell);
        text_addc(&raw, '\0', 1); /* no slot */
        text_add(&raw, cases[i].rest);
        struct blob_dims dims = {.version = version};
        /* Left by what was read before. */
        struct tick got = {
            .strain = {{1, 2, 3}}, .gap_count = 9, .stall_count = 9, .sample_count = 9};
        CHECK(name, tick_blob_decode(&got, &read, text_bytes(&raw), &dims));
        uint64_t unsent = version < 4 ? 0 : 6;
        uint64_t rested_ns = version < 7 ? REST_UNKNOWN : 8;
        const struct cell want = {.kind = CELL_STAGE,
                                  .shortages = {7, 5, 3, 2, unsent, version < 8 ? 0 : 4},
                                  .rested_ns = rested_ns,
                                  .tail = {{[1] = version < 7 ? 0 : 9}}};
        CHECK(name, got.cell_count == 1 && memcmp(got.cells, &want, sizeof want) == 0);
        const struct strain strain = {{[0] = version < 5 ? 0 : 1540, [2] = version < 5 ? 0 : 9}};
        CHECK(name, memcmp(&got.strain, &strain, sizeof strain) == 0);
        CHECK_U64(name, got.stall_count, version >= 6);
        if (version >= 6) CHECK_U64(name, got.stalls[0].end_ns, 19);
        uint32_t worker = version < 7 ? STALL_NO_WORKER : 9;
        if (version >= 6) CHECK_U64(name, got.stalls[0].worker, worker);
        CHECK_U64(name, got.gap_count, version >= 7);
        if (version >= 7) CHECK_U64(name, got.gaps[0].millionths, 7);
        CHECK_U64(name, got.sample_count, version >= 8);
        const struct sample sample = {3, 7, 9, 1};
        if (version >= 8) CHECK(name, memcmp(got.samples, &sample, sizeof sample) == 0);
    }
}

/* A request's cell and a slot: of seven dropped five for want of a port, of nine failed the same.
 */
static void what_lacks_by_name_and_slot(void **state)
{
    (void)state;
    const struct {
        const char *name;
        uint32_t version;
        struct bytes ends, slot;
        bool good;
        uint64_t ports;
        uint32_t lacking;
    } cases[] = {
        {"5", 5, BYTES_LIT("\7\x80\x08\7\0"), BYTES_LIT("\0\0\7\7\0\11\0"), true, 0, 0},
        {"6", 6, BYTES_LIT("\7\x80\x08\7\0\2\5"), BYTES_LIT("\0\0\7\7\0\11\0\5"), true, 5, 5},
        {"more than were dropped", 6, BYTES_LIT("\7\x80\x08\7\0\2\10"),
         BYTES_LIT("\0\0\7\7\0\11\0\5"), false, 0, 0},
        {"of two kinds", 6, BYTES_LIT("\7\x80\x08\7\0\3\4\4"), BYTES_LIT("\0\0\7\7\0\11\0\5"),
         false, 0, 0},
        {"checks that are none", 6, BYTES_LIT("\7\x80\x08\7\0\4\1"), BYTES_LIT("\0\0\7\7\0\11\0\5"),
         false, 0, 0},
        {"more than failed", 6, BYTES_LIT("\7\x80\x08\7\0\2\5"), BYTES_LIT("\0\0\7\7\0\11\0\12"),
         false, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        arena_reset(&read);
        char array[128];
        struct text raw = text_in(array, sizeof array);
        text_add(&raw, BYTES_LIT("\0\0\0\0\0\0\0\0\0")); /* CPU, users */
        text_add(&raw, BYTES_LIT("\0\0\0\0\0\0\0\0"));   /* in flight, of the one name */
        text_add(&raw, BYTES_LIT("\1\0\0\0"));           /* one cell: stage, kind, index */
        text_add(&raw, cases[i].ends);
        text_addc(&raw, '\0', MEASURE_COUNT);
        text_addc(&raw, '\1', 1); /* one slot */
        text_add(&raw, cases[i].slot);
        text_addc(&raw, '\0', cases[i].version < 6 ? 1 : 2); /* no strain, no stall */
        struct blob_dims dims = {.name_count = 1, .version = cases[i].version};
        struct tick got = {0};
        bool good = tick_blob_decode(&got, &read, text_bytes(&raw), &dims);
        CHECK(cases[i].name, good == cases[i].good);
        if (!good) continue;
        CHECK_U64(cases[i].name, got.cells[0].outcomes[OUTCOME_DROPPED], 7);
        CHECK_U64(cases[i].name, got.cells[0].shortages[SHORTAGE_PORTS], cases[i].ports);
        CHECK_U64(cases[i].name, got.slots[0].failed, 9);
        CHECK_U64(cases[i].name, got.slots[0].lacking, cases[i].lacking);
    }
}

static void nothing_in_it(void **state)
{
    (void)state;
    struct blob_dims dims = {.version = TICK_BLOB_VERSION};
    struct tick want = {0}, got = {0};
    struct bytes raw = tick_blob_encode(&made, &want, &dims);
    assert_true(tick_blob_decode(&got, &read, raw, &dims));
    tape_check_tick("nothing", &dims, &got, &want);
}

/* Every shorter input is refused, and a longer one too. */
static void cut(void **state)
{
    (void)state;
    arena_reset(&made);
    struct blob_dims dims = tick_blob_dims(&tape.header);
    struct tick want = tape_tick(&tape, &made, 3);
    struct bytes raw = tick_blob_encode(&made, &want, &dims);
    for (size_t len = 0; len < raw.len; len++) {
        arena_reset(&read);
        struct tick got = {0};
        assert_false(tick_blob_decode(&got, &read, (struct bytes){raw.at, len}, &dims));
    }
    struct bytes longer = arena_copy(&made, raw);
    longer.len++; /* the NUL behind the copy */
    struct tick got = {0};
    assert_false(tick_blob_decode(&got, &read, longer, &dims));
}

/* Flipped bytes give a refusal or a tick within its tables, never anything else. */
static void flipped(void **state)
{
    (void)state;
    arena_reset(&made);
    struct blob_dims dims = tick_blob_dims(&tape.header);
    struct tick want = tape_tick(&tape, &made, 3);
    struct bytes raw = tick_blob_encode(&made, &want, &dims);
    char *bytes = arena_alloc(&made, raw.len);
    struct rng_stream s = rng_stream_at((struct rng_key){.seed = 1}, 0);
    uint32_t refused = 0;
    for (int i = 0; i < 20000; i++) {
        memcpy(bytes, raw.at, raw.len);
        for (uint64_t flips = 1 + rng_next(&s) % 3; flips > 0; flips--) {
            bytes[rng_next(&s) % (raw.len < 400 || i % 2 ? raw.len : 400)] = (char)rng_next(&s);
        }
        arena_reset(&read);
        struct tick got = {0};
        if (!tick_blob_decode(&got, &read, (struct bytes){bytes, raw.len}, &dims)) {
            refused++;
            continue;
        }
        for (uint32_t c = 0; c < got.cell_count; c++) {
            assert_true(got.cells[c].stage <= dims.stage_count);
            assert_true(got.cells[c].kind <= CELL_STAGE);
            for (int m = 0; m < MEASURE_COUNT; m++) {
                const struct hist_sparse *h = &got.cells[c].measures[m];
                uint64_t count = 0;
                for (uint32_t p = 0; p < h->pair_count; p++) {
                    assert_true(h->pairs[p].bucket <= HIST_OVER && h->pairs[p].count > 0);
                    count += h->pairs[p].count;
                }
                assert_true(count == h->count);
            }
        }
    }
    assert_true(refused > 1000);
}

static void not_a_frame(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct bytes packed;
    } rows[] = {
        {"empty", BYTES_LIT("")},
        {"words", BYTES_LIT("this is no frame of zstd")},
        {"no size", BYTES_LIT("\x28\xb5\x2f\xfd\x00\x58\x01\x00\x00")},
        {"a size of 2^62", BYTES_LIT("\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x40\x01\x00\x00")},
        {"two frames",
         BYTES_LIT("\x28\xb5\x2f\xfd\x20\x01\x09\0\0-\x28\xb5\x2f\xfd\x20\x01\x09\0\0-")},
        {"cut", BYTES_LIT("\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK(rows[i].name, tick_blob_expand(&read, rows[i].packed).at == NULL);
    }
}

static void no_room(void **state)
{
    (void)state;
    struct arena small;
    struct err err;
    assert_true(arena_open(&small, 4096, &err));
    arena_reset(&made);
    struct blob_dims dims = tick_blob_dims(&tape.header);
    struct tick want = tape_tick(&tape, &made, 3), got = {0};
    struct bytes raw = tick_blob_encode(&made, &want, &dims);
    assert_null(tick_blob_encode(&small, &want, &dims).at);
    arena_reset(&small);
    assert_false(tick_blob_decode(&got, &small, raw, &dims));
    arena_close(&small);
}

static void tick_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t planned_s, tick_s;
    } rows[] = {
        {"nothing", 0, 1},        {"a minute", 60, 1},
        {"two hours", 7200, 1},   {"and a bit", 7201, 3},
        {"four hours", 14400, 4}, {"a day", 86400, 24},
        {"a week", 604800, 168},  {"a week and a bit", 604801, 169},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_U64(rows[i].name, run_file_tick_ns(rows[i].planned_s * 1000000000),
                  rows[i].tick_s * 1000000000);
    }
}

int main(void)
{
    struct err err;
    if (!arena_open(&made, ARENA_BYTES, &err) || !arena_open(&read, ARENA_BYTES, &err)) return 1;
    zstd = ZSTD_createCCtx();
    if (!zstd) return 1;
    tape_open(&tape, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(a_turned_bit_is_seen),
        cmocka_unit_test(nothing_in_it),
        cmocka_unit_test(cut),
        cmocka_unit_test(what_lacks_by_name_and_slot),
        cmocka_unit_test(older_versions),
        cmocka_unit_test(flipped),
        cmocka_unit_test(not_a_frame),
        cmocka_unit_test(no_room),
        cmocka_unit_test(tick_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
