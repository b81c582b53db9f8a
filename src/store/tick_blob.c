#include "store/tick_blob.h"

#include <math.h>

#include "store/pack.h"
#include "store/unpack.h"

#define COMPRESSION_LEVEL 3 /* of zstd; 9 takes twice as long to save 1 % */
#define PAIR_BYTES_MAX 7    /* a gap takes at most 2, a count 5; two bytes in all are usual */

/* Numbers of a cell besides its pairs: 5 of head, the masks, outcomes, shortages; 3 a measure. */
#define CELL_NUMBERS_MAX (9 + OUTCOME_COUNT + SHORTAGE_COUNT + TAIL_COUNT + MEASURE_COUNT * 3)
#define GAP_NUMBERS 2
#define SAMPLE_BYTES (PACK_VARINT_MAX + 4) /* a gap and a float; and its pass may be its own */
#define SAMPLE_BYTES_MIN 5
#define PASS_NUMBERS 3

static_assert((int)STAGE_MEASURE_COUNT <= (int)MEASURE_COUNT, "a cell has room for either kind");
static_assert(OUTCOME_COUNT <= 32, "outcomes are a bit mask");
static_assert(STRAIN_COUNT < 32, "so are the facts of a strain");

struct blob_dims tick_blob_dims(const struct run_header *header)
{
    const struct plan *plan = header->plan;
    return (struct blob_dims){.stage_count = plan->stage_count,
                              .name_count = plan->name_count,
                              .scenario_count = plan->scenario_count,
                              .version = TICK_BLOB_VERSION};
}

static uint32_t measures_of(enum cell_kind kind, uint32_t version)
{
    if (kind != CELL_STAGE) return MEASURE_COUNT;
    if (version < 2) return STAGE_CONNECT + 1; /* it knew no TLS */
    return version < 7 ? STAGE_TLS_RESUMED + 1 : STAGE_MEASURE_COUNT;
}

static uint32_t shortages_of(uint32_t version)
{
    return version < 8 ? SHORTAGE_VALUE + 1 : SHORTAGE_COUNT; /* it knew of no late heap */
}

static uint32_t slot_numbers(uint32_t version)
{
    return version < 6 ? 7 : 8;
}

static uint32_t stall_numbers(uint32_t version)
{
    return version < 7 ? 6 : 7;
}

/* ---- encoding ---- */

static size_t pairs_of(const struct tick *tick)
{
    size_t pairs = 0;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        for (uint32_t m = 0; m < MEASURE_COUNT; m++) {
            pairs += tick->cells[i].measures[m].pair_count;
        }
    }
    return pairs;
}

/* The most bytes that a tick can take. */
static size_t bound_of(const struct tick *tick, const struct blob_dims *dims)
{
    size_t numbers = 6 + STRAIN_COUNT + (size_t)tick->stall_count * stall_numbers(TICK_BLOB_VERSION)
                     + (size_t)tick->cell_count * CELL_NUMBERS_MAX
                     + (size_t)tick->slot_count * slot_numbers(TICK_BLOB_VERSION)
                     + (size_t)tick->gap_count * GAP_NUMBERS + 1
                     + (size_t)tick->sample_count * PASS_NUMBERS;
    size_t doubles = 1 + (size_t)dims->name_count + dims->scenario_count;
    return numbers * PACK_VARINT_MAX + doubles * sizeof(double) + pairs_of(tick) * PAIR_BYTES_MAX
           + (size_t)tick->sample_count * SAMPLE_BYTES
           + PACK_VARINT_MAX; /* pack_u64() wants that much for its last number, too */
}

/* All gaps, then all counts: like beside like is a tenth smaller than pair by pair. */
static void put_measure(struct pack *p, const struct hist_sparse *h)
{
    pack_u64(p, h->pair_count);
    if (h->pair_count == 0) return;
    pack_u64(p, h->sum_ns);
    pack_u64(p, h->max_ns);
    uint64_t total = 0;
    uint32_t next = 0; /* the least bucket that may follow */
    for (uint32_t i = 0; i < h->pair_count; i++) {
        struct hist_pair pair = h->pairs[i];
        assert(pair.bucket >= next && pair.bucket <= HIST_OVER && pair.count > 0);
        pack_u64(p, pair.bucket - next);
        next = pair.bucket + 1;
        total += pair.count;
    }
    for (uint32_t i = 0; i < h->pair_count; i++) pack_u64(p, h->pairs[i].count - 1);
    assert(total == h->count); /* which is why the count itself isn't stored */
}

/* Which are not zero, and those. */
static void put_few(struct pack *p, const uint64_t *counts, uint32_t count)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < count; i++) mask |= (uint64_t)(counts[i] > 0) << i;
    pack_u64(p, mask);
    for (uint32_t i = 0; i < count; i++) {
        if (counts[i] > 0) pack_u64(p, counts[i]);
    }
}

static void put_ends(struct pack *p, const struct cell *cell)
{
    pack_u64(p, cell->begun);
    put_few(p, cell->outcomes, OUTCOME_COUNT);
    pack_u64(p, cell->answered_5xx);
    put_few(p, cell->shortages, SHORTAGE_COUNT);
}

static void put_cell(struct pack *p, const struct cell *cell)
{
    pack_u64(p, cell->stage);
    pack_u64(p, (uint64_t)cell->kind << 1 | (cell->settle ? 1 : 0));
    pack_u64(p, cell->index);
    if (cell->kind == CELL_STAGE) {
        for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) pack_u64(p, cell->shortages[i]);
        put_few(p, cell->tail.of, TAIL_COUNT);
        pack_u64(p, cell->rested_ns);
    } else {
        put_ends(p, cell);
    }
    uint32_t measures = measures_of(cell->kind, TICK_BLOB_VERSION);
    for (uint32_t m = 0; m < measures; m++) put_measure(p, &cell->measures[m]);
}

static void put_slots(struct pack *p, const struct tick *tick)
{
    pack_u64(p, tick->slot_count);
    for (uint32_t i = 0; i < tick->slot_count; i++) {
        const struct slot *s = &tick->slots[i];
        pack_u64(p, s->index);
        pack_u64(p, s->stage);
        pack_u64(p, s->planned);
        pack_u64(p, s->taken);
        pack_u64(p, s->ok);
        pack_u64(p, s->failed);
        pack_u64(p, s->over);
        pack_u64(p, s->lacking);
    }
}

static void put_stalls(struct pack *p, const struct tick *tick)
{
    pack_u64(p, tick->stall_count);
    for (uint32_t i = 0; i < tick->stall_count; i++) {
        const struct stall *s = &tick->stalls[i];
        assert(s->end_ns >= s->start_ns);
        pack_u64(p, s->start_ns);
        pack_u64(p, s->end_ns - s->start_ns);
        pack_u64(p, s->stage);
        pack_u64(p, s->held);
        pack_u64(p, s->open);
        pack_u64(p, s->others);
        pack_u64(p, s->worker == STALL_NO_WORKER ? STALL_WORKERS : s->worker);
    }
}

static void put_gaps(struct pack *p, const struct tick *tick)
{
    pack_u64(p, tick->gap_count);
    for (uint32_t i = 0; i < tick->gap_count; i++) {
        pack_u64(p, tick->gaps[i].stage);
        pack_u64(p, tick->gaps[i].millionths);
    }
}

/* A look of a source has many samples of one time, their series mostly rising. */
static bool is_same_pass(const struct sample *a, const struct sample *b)
{
    return a->from_ns == b->from_ns && a->to_ns == b->to_ns && a->series < b->series;
}

static void put_samples(struct pack *p, const struct tick *tick)
{
    const struct sample *all = tick->samples;
    pack_u64(p, tick->sample_count);
    for (uint32_t i = 0; i < tick->sample_count;) {
        uint32_t end = i + 1;
        while (end < tick->sample_count && is_same_pass(&all[end - 1], &all[end])) end++;
        pack_u64(p, end - i);
        pack_u64(p, all[i].to_ns);
        pack_u64(p, all[i].to_ns - all[i].from_ns);
        for (uint32_t next = 0; i < end; i++) {
            pack_u64(p, all[i].series - next);
            pack_float(p, (float)all[i].value);
            next = all[i].series + 1;
        }
    }
}

struct bytes tick_blob_encode(struct arena *arena, const struct tick *tick,
                              const struct blob_dims *dims)
{
    size_t room = bound_of(tick, dims);
    unsigned char *start = arena_alloc(arena, room);
    if (!start) return (struct bytes){NULL, 0};
    struct pack p = {start, start + room};
    pack_u64(&p, tick->generator_cpu_ns);
    pack_double(&p, tick->users);
    for (uint32_t i = 0; i < dims->name_count; i++) pack_double(&p, tick->requests_in_flight[i]);
    for (uint32_t i = 0; i < dims->scenario_count; i++) {
        pack_double(&p, tick->iterations_in_flight[i]);
    }
    pack_u64(&p, tick->cell_count);
    for (uint32_t i = 0; i < tick->cell_count; i++) put_cell(&p, &tick->cells[i]);
    put_slots(&p, tick);
    put_few(&p, tick->strain.of, STRAIN_COUNT);
    put_stalls(&p, tick);
    put_gaps(&p, tick);
    put_samples(&p, tick);
    return (struct bytes){(const char *)start, (size_t)(p.at - start)};
}

/* ---- decoding ---- */

static void get_measure(struct unpack *u, struct arena *arena, struct hist_sparse *out)
{
    uint32_t count = unpack_u32(u, HIST_OVER + 1);
    if (count == 0) return;
    out->sum_ns = unpack_u64(u);
    out->max_ns = unpack_u64(u);
    /* A pair is at least two bytes. */
    if (unpack_left(u) / 2 < count) u->bad = true;
    struct hist_pair *pairs = u->bad ? NULL : ARENA_ARRAY(arena, count, struct hist_pair);
    if (!pairs) return;
    uint32_t next = 0; /* the least bucket that may follow */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bucket = next + unpack_u32(u, HIST_OVER);
        if (bucket > HIST_OVER) u->bad = true;
        if (u->bad) return;
        pairs[i].bucket = bucket;
        next = bucket + 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        pairs[i].count = unpack_u32(u, UINT32_MAX - 1) + 1;
        out->count += pairs[i].count;
    }
    out->pairs = pairs;
    out->pair_count = count;
}

static void get_few(struct unpack *u, uint64_t *counts, uint32_t count)
{
    uint32_t mask = unpack_u32(u, (1u << count) - 1);
    for (uint32_t i = 0; i < count; i++) {
        if (mask >> i & 1) counts[i] = unpack_u64(u);
    }
}

static void get_ends(struct unpack *u, uint32_t version, struct cell *out)
{
    out->begun = unpack_u64(u);
    get_few(u, out->outcomes, OUTCOME_COUNT);
    out->answered_5xx = unpack_u64(u);
    if (version < 6) return;
    get_few(u, out->shortages, shortages_of(version));
    uint64_t dropped = out->outcomes[OUTCOME_DROPPED];
    uint64_t checks = out->outcomes[OUTCOME_CHECK];
    for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) { /* they are of these, or no blob of ours */
        uint64_t *left = tick_is_dropped((enum shortage)i) ? &dropped : &checks;
        if (out->shortages[i] > *left) u->bad = true;
        *left -= out->shortages[i];
    }
}

/* Before version 3 they stood where other cells have `begun` and outcomes. */
static void get_shortages(struct unpack *u, uint32_t version, struct cell *out)
{
    if (version < 3) {
        struct cell old = {0};
        get_ends(u, version, &old);
        out->shortages[SHORTAGE_ROWS] = old.begun;
        out->shortages[SHORTAGE_PORTS] = old.outcomes[OUTCOME_DROPPED];
        out->shortages[SHORTAGE_TRIES] = old.outcomes[OUTCOME_CHECK];
        out->shortages[SHORTAGE_ROOM] = old.outcomes[OUTCOME_CUT];
        out->rested_ns = REST_UNKNOWN;
        return;
    }
    uint32_t count = version < 4 ? SHORTAGE_ROOM + 1 : shortages_of(version);
    for (uint32_t i = 0; i < count; i++) out->shortages[i] = unpack_u64(u);
    if (version >= 7) get_few(u, out->tail.of, TAIL_COUNT);
    out->rested_ns = version < 7 ? REST_UNKNOWN : unpack_u64(u);
}

static void get_cell(struct unpack *u, struct arena *arena, const struct blob_dims *dims,
                     struct cell *out)
{
    out->stage = unpack_u32(u, dims->stage_count);
    uint32_t flags = unpack_u32(u, CELL_STAGE << 1 | 1);
    out->settle = flags & 1;
    out->kind = (enum cell_kind)(flags >> 1);
    out->index = unpack_u32(u, UINT32_MAX);
    uint32_t indexes = out->kind == CELL_REQUEST     ? dims->name_count
                       : out->kind == CELL_ITERATION ? dims->scenario_count
                                                     : 1;
    if (out->index >= indexes) u->bad = true;
    if (out->kind != CELL_STAGE) get_ends(u, dims->version, out);
    else get_shortages(u, dims->version, out);
    for (uint32_t m = 0; m < measures_of(out->kind, dims->version) && !u->bad; m++) {
        get_measure(u, arena, &out->measures[m]);
    }
}

static void get_slots(struct unpack *u, struct arena *arena, const struct blob_dims *dims,
                      struct tick *out)
{
    uint32_t count = unpack_u32(u, UINT32_MAX);
    if (unpack_left(u) < (size_t)count * slot_numbers(dims->version)) u->bad = true;
    struct slot *slots = u->bad ? NULL : ARENA_ARRAY(arena, count, struct slot);
    if (!slots) return;
    for (uint32_t i = 0; i < count; i++) {
        struct slot *s = &slots[i];
        s->index = unpack_u32(u, UINT32_MAX);
        s->stage = unpack_u32(u, dims->stage_count);
        s->planned = unpack_u32(u, UINT32_MAX);
        s->taken = unpack_u32(u, UINT32_MAX);
        s->ok = unpack_u32(u, UINT32_MAX);
        s->failed = unpack_u32(u, UINT32_MAX);
        s->over = unpack_u32(u, UINT32_MAX);
        if (dims->version >= 6) s->lacking = unpack_u32(u, s->failed);
    }
    out->slots = slots;
    out->slot_count = count;
}

/* Not told before version 5. */
static void get_strain(struct unpack *u, uint32_t version, struct strain *out)
{
    *out = (struct strain){0};
    if (version < 5) return;
    get_few(u, out->of, STRAIN_COUNT);
}

static void get_stalls(struct unpack *u, struct arena *arena, const struct blob_dims *dims,
                       struct tick *out)
{
    out->stalls = NULL;
    out->stall_count = 0;
    if (dims->version < 6) return;
    uint32_t count = unpack_u32(u, UINT32_MAX);
    if (count == 0
        || unpack_left(u) / stall_numbers(dims->version)
               < count) { /* a number is a byte at least */
        u->bad = u->bad || count > 0;
        return;
    }
    struct stall *stalls = ARENA_ARRAY(arena, count, struct stall);
    for (uint32_t i = 0; stalls && i < count; i++) {
        struct stall *s = &stalls[i];
        s->start_ns = unpack_u64(u);
        uint64_t length_ns = unpack_u64(u);
        if (s->start_ns > RUN_LENGTH_MAX_NS || length_ns > RUN_LENGTH_MAX_NS) u->bad = true;
        s->end_ns = s->start_ns + length_ns;
        s->stage = unpack_u32(u, dims->stage_count);
        s->held = unpack_u32(u, UINT32_MAX);
        s->open = unpack_u32(u, UINT32_MAX);
        s->others = unpack_u32(u, UINT32_MAX);
        s->worker = dims->version < 7 ? STALL_WORKERS : unpack_u32(u, STALL_WORKERS);
        if (s->worker == STALL_WORKERS) s->worker = STALL_NO_WORKER;
    }
    out->stalls = stalls;
    out->stall_count = stalls ? count : 0;
}

static void get_gaps(struct unpack *u, struct arena *arena, const struct blob_dims *dims,
                     struct tick *out)
{
    out->gaps = NULL;
    out->gap_count = 0;
    uint32_t count = dims->version < 7 ? 0 : unpack_u32(u, UINT32_MAX);
    if (unpack_left(u) / GAP_NUMBERS < count) u->bad = true;
    struct takeup_gap *gaps = u->bad ? NULL : ARENA_ARRAY(arena, count, struct takeup_gap);
    if (!gaps) return;
    for (uint32_t i = 0; i < count; i++) {
        gaps[i].stage = unpack_u32(u, dims->stage_count);
        gaps[i].millionths = unpack_u32(u, UINT32_MAX);
    }
    out->gaps = gaps;
    out->gap_count = count;
}

static void get_pass(struct unpack *u, struct sample *out, uint32_t count)
{
    uint64_t to_ns = unpack_u64(u);
    uint64_t span_ns = unpack_u64(u);
    if (to_ns > RUN_LENGTH_MAX_NS || span_ns > to_ns) u->bad = true;
    uint32_t next = 0;
    for (uint32_t i = 0; i < count && !u->bad; i++) {
        uint32_t series = next + unpack_u32(u, SERIES_MAX);
        double value = (double)unpack_float(u);
        if (series >= SERIES_MAX || !isfinite(value)) u->bad = true;
        out[i] = (struct sample){series, to_ns - span_ns, to_ns, value};
        next = series + 1;
    }
}

static void get_samples(struct unpack *u, struct arena *arena, const struct blob_dims *dims,
                        struct tick *out)
{
    out->samples = NULL;
    out->sample_count = 0;
    uint32_t count = dims->version < 8 ? 0 : unpack_u32(u, UINT32_MAX);
    if (unpack_left(u) / SAMPLE_BYTES_MIN < count) u->bad = true;
    struct sample *samples = u->bad ? NULL : ARENA_ARRAY(arena, count, struct sample);
    if (!samples) return;
    for (uint32_t i = 0; i < count && !u->bad;) {
        uint32_t pass = unpack_u32(u, count - i);
        if (pass == 0) u->bad = true;
        get_pass(u, samples + i, pass);
        i += pass;
    }
    out->samples = samples;
    out->sample_count = count;
}

/* A time integral: finite and not negative. */
static double get_integral(struct unpack *u)
{
    double value = unpack_double(u);
    if (!isfinite(value) || value < 0) u->bad = true;
    return u->bad ? 0 : value;
}

static const double *get_integrals(struct unpack *u, struct arena *arena, uint32_t count)
{
    if (unpack_left(u) < count * sizeof(double)) u->bad = true;
    double *values = u->bad ? NULL : ARENA_ARRAY(arena, count, double);
    for (uint32_t i = 0; values && i < count; i++) values[i] = get_integral(u);
    return values;
}

static void get_cells(struct unpack *u, struct arena *arena, const struct blob_dims *dims,
                      struct tick *out)
{
    uint32_t count = unpack_u32(u, UINT32_MAX);
    /* A cell is at least 5 numbers and a zero for each measure. */
    if (unpack_left(u) / (5 + measures_of(CELL_STAGE, dims->version)) < count) u->bad = true;
    struct cell *cells = u->bad ? NULL : ARENA_ARRAY(arena, count, struct cell);
    if (!cells) return;
    for (uint32_t i = 0; i < count && !u->bad; i++) get_cell(u, arena, dims, &cells[i]);
    out->cells = cells;
    out->cell_count = count;
}

bool tick_blob_decode(struct tick *out, struct arena *arena, struct bytes raw,
                      const struct blob_dims *dims)
{
    struct unpack u = unpack_of(raw);
    out->generator_cpu_ns = unpack_u64(&u);
    out->users = get_integral(&u);
    out->requests_in_flight = get_integrals(&u, arena, dims->name_count);
    out->iterations_in_flight = get_integrals(&u, arena, dims->scenario_count);
    get_cells(&u, arena, dims, out);
    get_slots(&u, arena, dims, out);
    get_strain(&u, dims->version, &out->strain);
    get_stalls(&u, arena, dims, out);
    get_gaps(&u, arena, dims, out);
    get_samples(&u, arena, dims, out);
    return !u.bad && unpack_left(&u) == 0 && arena_ok(arena);
}

/* ---- compression ---- */

struct bytes tick_blob_compress(ZSTD_CCtx *zstd, struct arena *arena, struct bytes raw)
{
    size_t room = ZSTD_compressBound(raw.len);
    char *out = arena_alloc(arena, room);
    if (!out) return (struct bytes){NULL, 0};
    /* With a checksum: a bit that turned is a damaged file, and not another figure. */
    bool set =
        !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, COMPRESSION_LEVEL))
        && !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1));
    size_t len = ZSTD_compress2(zstd, out, room, raw.at, raw.len);
    if (!set || ZSTD_isError(len)) return (struct bytes){NULL, 0};
    return (struct bytes){out, len};
}

struct bytes tick_blob_expand(struct arena *arena, struct bytes packed)
{
    /* The two error values of zstd are the largest numbers, so one comparison refuses them too. */
    unsigned long long len = ZSTD_getFrameContentSize(packed.at, packed.len);
    if (len > TICK_BLOB_RAW_MAX) return (struct bytes){NULL, 0};
    char *out = arena_alloc(arena, (size_t)len + 1);
    if (!out) return (struct bytes){NULL, 0};
    size_t got = ZSTD_decompress(out, (size_t)len, packed.at, packed.len);
    if (ZSTD_isError(got) || got != len) return (struct bytes){NULL, 0};
    return (struct bytes){out, got};
}
