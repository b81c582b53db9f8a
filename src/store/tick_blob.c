#include "store/tick_blob.h"

#include <math.h>
#include <zstd.h>

#include "store/pack.h"
#include "store/range_code.h"
#include "store/unpack.h"

#define COMPRESSION_LEVEL 9 /* of zstd, for the head */
#define PAIR_BYTES_MAX 16   /* a bucket and its count; two bytes or three are usual */

/* Numbers of a cell besides its histograms: 5 of head, the outcome mask, outcomes; 3 a measure. */
#define CELL_NUMBERS_MAX (6 + OUTCOME_COUNT)
#define MEASURE_NUMBERS_MAX 3
#define SLOT_NUMBERS 7

static_assert((int)STAGE_MEASURE_COUNT <= (int)MEASURE_COUNT, "a cell has room for either kind");
static_assert(OUTCOME_COUNT <= 32, "outcomes are a bit mask");

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

/* What a histogram is written as the difference from: response, less lag, service and first byte of
 * the same requests hardly differ. */
static const struct hist_sparse *like_of(const struct cell *cell, uint32_t measure)
{
    static const struct hist_sparse nothing = {0};
    if (cell->kind == CELL_STAGE) return &nothing;
    switch ((enum cell_measure)measure) {
    case MEASURE_OK_LESS_LAG:
        return &cell->measures[MEASURE_OK];
    case MEASURE_SERVICE:
        return &cell->measures[MEASURE_OK_LESS_LAG];
    case MEASURE_TTFB:
        return &cell->measures[MEASURE_SERVICE];
    case MEASURE_OK:
    case MEASURE_NOT_OK:
    case MEASURE_TIMEOUT_AGE:
    case MEASURE_CUT_AGE:
    case MEASURE_COUNT:
        break;
    }
    return &nothing;
}

/* The statistics by which the next pair of a histogram is coded: how dense it is just here. */
struct density {
    uint32_t gap;         /* before the last bucket */
    uint64_t last, prior; /* the last two counts */
    bool by_change;
};

static uint32_t class_of(uint64_t number)
{
    return number < 2 ? (uint32_t)number : number < 4 ? 2 : number < 8 ? 3 : number < 16 ? 4 : 5;
}

static uint32_t gap_context(const struct density *d)
{
    return (d->by_change ? 12u : 0u) + class_of(d->gap) / 2 * 4 + class_of(d->last + d->prior) / 2;
}

static uint32_t count_context(const struct density *d, uint64_t gap)
{
    return (d->by_change ? 36u : 24u) + (gap > 0 ? 6u : 0u) + class_of(d->last + d->prior);
}

static void density_note(struct density *d, uint64_t gap, uint64_t count)
{
    d->gap = gap < 8 ? (uint32_t)gap : 8;
    d->prior = d->last;
    d->last = count;
}

/* ---- encoding ---- */

/* A blob is a head of varints, then the pairs of all its histograms. */
struct writer {
    struct pack head;
    struct range_encoder pairs;
};

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

/* Two histograms walked side by side, bucket by bucket. */
struct walk {
    const struct hist_sparse *a, *b;
    uint32_t a_index, b_index;
    uint32_t bucket, a_count, b_count; /* the step reached */
};

/* The pair that comes next, or one behind all buckets. */
static struct hist_pair pair_at(const struct hist_sparse *h, uint32_t index)
{
    return index < h->pair_count ? h->pairs[index] : (struct hist_pair){HIST_OVER + 1, 0};
}

static bool walk_next(struct walk *w)
{
    struct hist_pair a = pair_at(w->a, w->a_index);
    struct hist_pair b = pair_at(w->b, w->b_index);
    w->bucket = a.bucket < b.bucket ? a.bucket : b.bucket;
    w->a_count = a.bucket == w->bucket ? a.count : 0;
    w->b_count = b.bucket == w->bucket ? b.count : 0;
    w->a_index += a.bucket == w->bucket;
    w->b_index += b.bucket == w->bucket;
    return w->bucket <= HIST_OVER;
}

static uint32_t changes_between(const struct hist_sparse *from, const struct hist_sparse *to)
{
    uint32_t changes = 0;
    for (struct walk w = {.a = from, .b = to}; walk_next(&w);) changes += w.a_count != w.b_count;
    return changes;
}

/* Signed numbers near zero as small unsigned ones: 0 -1 1 -2 2 are 0 1 2 3 4. */
static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* A histogram, as its pairs or as what differs from `like`, whichever is shorter. */
static void put_measure(struct writer *w, const struct hist_sparse *like,
                        const struct hist_sparse *h)
{
    uint32_t changes = changes_between(like, h);
    bool by_change = h->pair_count > 0 && changes < h->pair_count;
    pack_u64(&w->head, (uint64_t)(by_change ? changes : h->pair_count) << 1 | by_change);
    if (h->pair_count == 0) return;
    pack_u64(&w->head, h->sum_ns);
    pack_u64(&w->head, h->max_ns);

    static const struct hist_sparse nothing = {0};
    struct density density = {.by_change = by_change};
    uint64_t total = 0;
    uint32_t next = 0; /* the least bucket that may follow */
    for (struct walk walk = {.a = by_change ? like : &nothing, .b = h}; walk_next(&walk);) {
        assert(walk.bucket >= next);
        total += walk.b_count;
        if (walk.a_count == walk.b_count) continue;
        int64_t change = (int64_t)walk.b_count - walk.a_count;
        uint64_t gap = walk.bucket - next;
        uint64_t count = (by_change ? zigzag(change) : (uint64_t)change) - 1;
        range_code_put(&w->pairs, gap_context(&density), gap);
        range_code_put(&w->pairs, count_context(&density, gap), count);
        density_note(&density, gap, count);
        next = walk.bucket + 1;
    }
    assert(total == h->count); /* which is why the count itself isn't stored */
}

static void put_cell(struct writer *w, const struct cell *cell)
{
    struct pack *head = &w->head;
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
    for (uint32_t m = 0; m < measures_of(cell->kind); m++) {
        put_measure(w, like_of(cell, m), &cell->measures[m]);
    }
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

struct bytes tick_blob_encode(struct arena *arena, const struct tick *tick,
                              const struct blob_dims *dims)
{
    const struct bytes no_room = {NULL, 0};
    size_t head_room = head_bound(tick, dims);
    size_t pairs_room = pairs_of(tick) * PAIR_BYTES_MAX + PAIR_BYTES_MAX;
    size_t total = PACK_VARINT_MAX + head_room + pairs_room;
    unsigned char *start = arena_alloc(arena, total);
    unsigned char *head_start = arena_alloc(arena, head_room);
    unsigned char *pairs_start = arena_alloc(arena, pairs_room);
    struct range_model *model = ARENA_NEW(arena, struct range_model);
    if (!arena_ok(arena)) return no_room;
    struct writer w = {.head = {head_start, head_start + head_room}};
    range_code_start(&w.pairs, model, pairs_start, pairs_room);

    struct pack *head = &w.head;
    pack_u64(head, tick->generator_cpu_ns);
    pack_double(head, tick->users);
    for (uint32_t i = 0; i < dims->name_count; i++) pack_double(head, tick->requests_in_flight[i]);
    for (uint32_t i = 0; i < dims->scenario_count; i++) {
        pack_double(head, tick->iterations_in_flight[i]);
    }
    pack_u64(head, tick->cell_count);
    for (uint32_t i = 0; i < tick->cell_count; i++) put_cell(&w, &tick->cells[i]);
    put_slots(head, tick);
    range_code_finish(&w.pairs);
    if (w.pairs.full) return no_room;

    struct pack out = {start, start + total};
    struct bytes head_bytes = {(const char *)head_start, (size_t)(head->at - head_start)};
    struct bytes pairs = {(const char *)pairs_start, (size_t)(w.pairs.at - pairs_start)};
    pack_u64(&out, head_bytes.len);
    pack_bytes(&out, head_bytes);
    pack_bytes(&out, pairs);
    return (struct bytes){(const char *)start, (size_t)(out.at - start)};
}

/* ---- decoding ---- */

struct reader {
    struct unpack head;
    struct range_decoder pairs;
    struct arena *arena;
    const struct blob_dims *dims;
};

/* The next change of a histogram: its bucket, or HIST_OVER + 1 after the last. */
struct change {
    uint64_t bucket;
    int64_t count;
};

static struct change get_change(struct reader *r, uint64_t next, struct density *density)
{
    uint64_t gap = range_code_get(&r->pairs, gap_context(density));
    uint64_t count = range_code_get(&r->pairs, count_context(density, gap));
    density_note(density, gap, count);
    if (gap > HIST_OVER - next || next > HIST_OVER) r->pairs.bad = true;
    if (count > UINT64_C(2) * UINT32_MAX) r->pairs.bad = true;
    if (r->pairs.bad) return (struct change){0, 0};
    count++;
    return (struct change){next + gap, density->by_change ? unzigzag(count) : (int64_t)count};
}

/* `like` with `changes` changes; pairs of a plain histogram are changes to nothing. */
static void get_pairs(struct reader *r, const struct hist_sparse *like, uint32_t changes,
                      bool by_change, struct hist_pair *pairs, struct hist_sparse *out)
{
    struct density density = {.by_change = by_change};
    uint32_t at = 0;
    uint32_t kept = 0;
    uint64_t next = 0;
    for (uint32_t left = changes;; left--) {
        struct change change = {HIST_OVER + 1, 0};
        if (left > 0) change = get_change(r, next, &density);
        if (r->pairs.bad) return;
        for (; kept < like->pair_count && like->pairs[kept].bucket < change.bucket; kept++) {
            pairs[at++] = like->pairs[kept];
            out->count += like->pairs[kept].count;
        }
        if (left == 0) break;
        bool same = kept < like->pair_count && like->pairs[kept].bucket == change.bucket;
        int64_t count = change.count + (same ? like->pairs[kept++].count : 0);
        if (count < 0 || count > UINT32_MAX) r->pairs.bad = true;
        if (r->pairs.bad) return;
        if (count > 0) pairs[at++] = (struct hist_pair){(uint32_t)change.bucket, (uint32_t)count};
        out->count += (uint64_t)count;
        next = change.bucket + 1;
    }
    out->pairs = pairs;
    out->pair_count = at;
}

static void get_measure(struct reader *r, const struct hist_sparse *like, struct hist_sparse *out)
{
    static const struct hist_sparse nothing = {0};
    uint32_t word = unpack_u32(&r->head, (HIST_BUCKETS + 1) << 1 | 1);
    if (word == 0) return;
    uint32_t changes = word >> 1;
    bool by_change = (word & 1) != 0;
    if (!by_change) like = &nothing;
    out->sum_ns = unpack_u64(&r->head);
    out->max_ns = unpack_u64(&r->head);
    if (by_change && like->pair_count == 0) r->head.bad = true; /* one histogram, one form */
    size_t room = (size_t)changes + like->pair_count;
    struct hist_pair *pairs = r->head.bad ? NULL : ARENA_ARRAY(r->arena, room, struct hist_pair);
    if (pairs) get_pairs(r, like, changes, by_change, pairs, out);
}

static void get_cell(struct reader *r, struct cell *out)
{
    struct unpack *head = &r->head;
    const struct blob_dims *dims = r->dims;
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
    for (uint32_t m = 0; m < measures_of(out->kind) && !head->bad && !r->pairs.bad; m++) {
        get_measure(r, like_of(out, m), &out->measures[m]);
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

static void get_cells(struct reader *r, struct tick *out)
{
    uint32_t count = unpack_u32(&r->head, UINT32_MAX);
    /* A cell is at least 6 numbers and a zero for each measure. */
    if (unpack_left(&r->head) / (6 + STAGE_MEASURE_COUNT) < count) r->head.bad = true;
    struct cell *cells = r->head.bad ? NULL : ARENA_ARRAY(r->arena, count, struct cell);
    if (!cells) return;
    for (uint32_t i = 0; i < count && !r->head.bad && !r->pairs.bad; i++) get_cell(r, &cells[i]);
    out->cells = cells;
    out->cell_count = count;
}

bool tick_blob_decode(struct tick *out, struct arena *arena, struct bytes raw,
                      const struct blob_dims *dims)
{
    struct unpack whole = unpack_of(raw);
    uint64_t head_len = unpack_u64(&whole);
    struct reader r = {.arena = arena, .dims = dims};
    r.head = unpack_of(unpack_bytes(&whole, head_len));
    struct range_model *model = ARENA_NEW(arena, struct range_model);
    if (whole.bad || !model) return false;
    range_code_open(&r.pairs, model, unpack_bytes(&whole, unpack_left(&whole)));

    struct unpack *head = &r.head;
    out->generator_cpu_ns = unpack_u64(head);
    out->users = get_integral(head);
    out->requests_in_flight = get_integrals(head, arena, dims->name_count);
    out->iterations_in_flight = get_integrals(head, arena, dims->scenario_count);
    get_cells(&r, out);
    get_slots(head, arena, dims, out);
    return !head->bad && unpack_left(head) == 0 && range_code_done(&r.pairs) && arena_ok(arena);
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
