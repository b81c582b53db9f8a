#include "store/tick_blob.h"

#include <math.h>
#include <zstd.h>

#include "store/pack.h"

#define COMPRESSION_LEVEL 9 /* of zstd; below a millisecond a tick, off the measuring threads */

/* Numbers of a cell besides its histograms: 5 of head, the outcome mask, outcomes; 3 a measure. */
#define CELL_NUMBERS_MAX (6 + OUTCOME_COUNT)
#define MEASURE_NUMBERS_MAX 3
#define SLOT_NUMBERS 7

static_assert((int)STAGE_MEASURE_COUNT <= (int)MEASURE_COUNT, "a cell has room for either kind");
static_assert(OUTCOME_COUNT <= 32, "outcomes are a bit mask");

/* The three streams of a blob, in its order. */
enum stream { STREAM_HEAD, STREAM_GAPS, STREAM_COUNTS, STREAM_TOTAL };

struct blob_dims tick_blob_dims(const struct run_header *header)
{
    const struct plan *plan = header->plan;
    return (struct blob_dims){.stage_count = plan->stage_count,
                              .name_count = plan->name_count,
                              .scenario_count = plan->scenario_count};
}

static uint32_t measures_of(enum cell_kind kind)
{
    return kind == CELL_STAGE ? STAGE_MEASURE_COUNT : MEASURE_COUNT;
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

static size_t head_bound(const struct tick *tick, const struct blob_dims *dims)
{
    size_t cell_numbers = CELL_NUMBERS_MAX + MEASURE_COUNT * MEASURE_NUMBERS_MAX;
    size_t numbers = 3 + tick->cell_count * cell_numbers + (size_t)tick->slot_count * SLOT_NUMBERS;
    size_t doubles = 1 + (size_t)dims->name_count + dims->scenario_count;
    return numbers * PACK_VARINT_MAX + doubles * sizeof(double);
}

static void put_measure(struct pack *streams, const struct hist_sparse *h)
{
    struct pack *head = &streams[STREAM_HEAD];
    pack_u64(head, h->pair_count);
    if (h->pair_count == 0) return;
    pack_u64(head, h->sum_ns);
    pack_u64(head, h->max_ns);

    uint64_t count = 0;
    uint32_t next = 0; /* the least bucket that may follow */
    for (uint32_t i = 0; i < h->pair_count; i++) {
        const struct hist_pair *pair = &h->pairs[i];
        assert(pair->bucket >= next && pair->bucket <= HIST_OVER && pair->count > 0);
        pack_u64(&streams[STREAM_GAPS], pair->bucket - next);
        pack_u64(&streams[STREAM_COUNTS], pair->count - 1);
        next = pair->bucket + 1;
        count += pair->count;
    }
    assert(count == h->count); /* which is why the count itself isn't stored */
}

static void put_cell(struct pack *streams, const struct cell *cell)
{
    struct pack *head = &streams[STREAM_HEAD];
    pack_u64(head, cell->stage);
    pack_u64(head, (uint64_t)cell->kind << 1 | (cell->settle ? 1 : 0));
    pack_u64(head, cell->index);
    pack_u64(head, cell->begun);
    uint64_t mask = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) mask |= (uint64_t)(cell->outcomes[i] > 0) << i;
    pack_u64(head, mask);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (cell->outcomes[i] > 0) pack_u64(head, cell->outcomes[i]);
    }
    pack_u64(head, cell->answered_5xx);
    for (uint32_t m = 0; m < measures_of(cell->kind); m++) put_measure(streams, &cell->measures[m]);
}

static void put_slots(struct pack *head, const struct tick *tick)
{
    pack_u64(head, tick->slot_count);
    for (uint32_t i = 0; i < tick->slot_count; i++) {
        const struct slot *s = &tick->slots[i];
        pack_u64(head, s->index);
        pack_u64(head, s->stage);
        pack_u64(head, s->planned);
        pack_u64(head, s->taken);
        pack_u64(head, s->ok);
        pack_u64(head, s->failed);
        pack_u64(head, s->over);
    }
}

static struct bytes written(const struct pack *p, const unsigned char *start)
{
    return (struct bytes){(const char *)start, (size_t)(p->at - start)};
}

struct bytes tick_blob_encode(struct arena *arena, const struct tick *tick,
                              const struct blob_dims *dims)
{
    size_t pair_room = pairs_of(tick) * PACK_VARINT_MAX;
    size_t room[STREAM_TOTAL] = {head_bound(tick, dims), pair_room, pair_room};
    unsigned char *start[STREAM_TOTAL];
    struct pack streams[STREAM_TOTAL];
    size_t total = 0;
    for (int i = 0; i < STREAM_TOTAL; i++) {
        start[i] = arena_alloc(arena, room[i]);
        if (!start[i]) return (struct bytes){NULL, 0};
        streams[i] = (struct pack){start[i], start[i] + room[i]};
        total += room[i] + PACK_VARINT_MAX;
    }

    struct pack *head = &streams[STREAM_HEAD];
    pack_u64(head, tick->generator_cpu_ns);
    pack_double(head, tick->users);
    for (uint32_t i = 0; i < dims->name_count; i++) pack_double(head, tick->requests_in_flight[i]);
    for (uint32_t i = 0; i < dims->scenario_count; i++) {
        pack_double(head, tick->iterations_in_flight[i]);
    }
    pack_u64(head, tick->cell_count);
    for (uint32_t i = 0; i < tick->cell_count; i++) put_cell(streams, &tick->cells[i]);
    put_slots(head, tick);

    unsigned char *out = arena_alloc(arena, total);
    if (!out) return (struct bytes){NULL, 0};
    struct pack whole = {out, out + total};
    for (int i = 0; i < STREAM_TOTAL; i++) {
        struct bytes part = written(&streams[i], start[i]);
        pack_u64(&whole, part.len);
        pack_bytes(&whole, part);
    }
    return written(&whole, out);
}

/* ---- decoding ---- */

static void get_measure(struct unpack *streams, struct arena *arena, struct hist_sparse *out)
{
    struct unpack *head = &streams[STREAM_HEAD], *gaps = &streams[STREAM_GAPS];
    struct unpack *counts = &streams[STREAM_COUNTS];
    uint32_t pair_count = unpack_u32(head, HIST_BUCKETS + 1);
    if (pair_count == 0) return;
    out->sum_ns = unpack_u64(head);
    out->max_ns = unpack_u64(head);
    /* A pair takes at least a byte of each stream: memory stays in proportion to the input. */
    if (unpack_left(gaps) < pair_count || unpack_left(counts) < pair_count) head->bad = true;
    struct hist_pair *pairs = head->bad ? NULL : ARENA_ARRAY(arena, pair_count, struct hist_pair);
    if (!pairs) return;

    uint64_t next = 0;
    for (uint32_t i = 0; i < pair_count; i++) {
        uint64_t bucket = next + unpack_u32(gaps, HIST_OVER);
        uint32_t count = unpack_u32(counts, UINT32_MAX - 1) + 1;
        if (bucket > HIST_OVER) gaps->bad = true;
        if (gaps->bad || counts->bad) return;
        pairs[i] = (struct hist_pair){(uint32_t)bucket, count};
        out->count += count;
        next = bucket + 1;
    }
    out->pairs = pairs;
    out->pair_count = pair_count;
}

static void get_cell(struct unpack *streams, struct arena *arena, const struct blob_dims *dims,
                     struct cell *out)
{
    struct unpack *head = &streams[STREAM_HEAD];
    out->stage = unpack_u32(head, dims->stage_count);
    uint32_t flags = unpack_u32(head, CELL_STAGE << 1 | 1);
    out->settle = flags & 1;
    out->kind = (enum cell_kind)(flags >> 1);
    out->index = unpack_u32(head, UINT32_MAX);
    uint32_t indexes = out->kind == CELL_REQUEST     ? dims->name_count
                       : out->kind == CELL_ITERATION ? dims->scenario_count
                                                     : 1;
    if (out->index >= indexes) head->bad = true;
    out->begun = unpack_u64(head);
    uint32_t mask = unpack_u32(head, (1u << OUTCOME_COUNT) - 1);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (mask >> i & 1) out->outcomes[i] = unpack_u64(head);
    }
    out->answered_5xx = unpack_u64(head);
    for (uint32_t m = 0; m < measures_of(out->kind) && !head->bad; m++) {
        get_measure(streams, arena, &out->measures[m]);
    }
}

static void get_slots(struct unpack *head, struct arena *arena, const struct blob_dims *dims,
                      struct tick *out)
{
    uint32_t count = unpack_u32(head, UINT32_MAX);
    if (unpack_left(head) < (size_t)count * SLOT_NUMBERS) head->bad = true;
    struct slot *slots = head->bad ? NULL : ARENA_ARRAY(arena, count, struct slot);
    if (!slots) return;
    for (uint32_t i = 0; i < count; i++) {
        struct slot *s = &slots[i];
        s->index = unpack_u32(head, UINT32_MAX);
        s->stage = unpack_u32(head, dims->stage_count);
        s->planned = unpack_u32(head, UINT32_MAX);
        s->taken = unpack_u32(head, UINT32_MAX);
        s->ok = unpack_u32(head, UINT32_MAX);
        s->failed = unpack_u32(head, UINT32_MAX);
        s->over = unpack_u32(head, UINT32_MAX);
    }
    out->slots = slots;
    out->slot_count = count;
}

/* A time integral: finite and not negative. */
static double get_integral(struct unpack *head)
{
    double value = unpack_double(head);
    if (!isfinite(value) || value < 0) head->bad = true;
    return head->bad ? 0 : value;
}

static const double *get_integrals(struct unpack *head, struct arena *arena, uint32_t count)
{
    if (unpack_left(head) < count * sizeof(double)) head->bad = true;
    double *values = head->bad ? NULL : ARENA_ARRAY(arena, count, double);
    for (uint32_t i = 0; values && i < count; i++) values[i] = get_integral(head);
    return values;
}

static void get_cells(struct unpack *streams, struct arena *arena, const struct blob_dims *dims,
                      struct tick *out)
{
    struct unpack *head = &streams[STREAM_HEAD];
    uint32_t count = unpack_u32(head, UINT32_MAX);
    /* A cell is at least 6 numbers and a zero for each measure. */
    if (unpack_left(head) / (6 + STAGE_MEASURE_COUNT) < count) head->bad = true;
    struct cell *cells = head->bad ? NULL : ARENA_ARRAY(arena, count, struct cell);
    if (!cells) return;
    for (uint32_t i = 0; i < count && !head->bad; i++) get_cell(streams, arena, dims, &cells[i]);
    out->cells = cells;
    out->cell_count = count;
}

bool tick_blob_decode(struct tick *out, struct arena *arena, struct bytes raw,
                      const struct blob_dims *dims)
{
    struct unpack whole = unpack_of(raw);
    struct unpack streams[STREAM_TOTAL];
    for (int i = 0; i < STREAM_TOTAL; i++) {
        uint64_t len = unpack_u64(&whole);
        streams[i] = unpack_of(unpack_bytes(&whole, len));
    }
    if (whole.bad || unpack_left(&whole) > 0) return false;

    struct unpack *head = &streams[STREAM_HEAD];
    out->generator_cpu_ns = unpack_u64(head);
    out->users = get_integral(head);
    out->requests_in_flight = get_integrals(head, arena, dims->name_count);
    out->iterations_in_flight = get_integrals(head, arena, dims->scenario_count);
    get_cells(streams, arena, dims, out);
    get_slots(head, arena, dims, out);
    for (int i = 0; i < STREAM_TOTAL; i++) {
        if (streams[i].bad || unpack_left(&streams[i]) > 0) return false;
    }
    return arena_ok(arena);
}

/* ---- compression ---- */

struct bytes tick_blob_compress(struct arena *arena, struct bytes raw)
{
    size_t room = ZSTD_compressBound(raw.len);
    char *out = arena_alloc(arena, room);
    if (!out) return (struct bytes){NULL, 0};
    size_t len = ZSTD_compress(out, room, raw.at, raw.len, COMPRESSION_LEVEL);
    if (ZSTD_isError(len)) return (struct bytes){NULL, 0};
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
