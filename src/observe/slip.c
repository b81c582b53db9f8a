#include "observe/slip.h"

#include <assert.h>
#include <math.h>

#define SLOTS 4096 /* a hash that is at most a quarter full */
static_assert(SLOTS >= 4 * SLIP_SERIES, "a quarter full");

bool slip_open(struct slip *s, struct arena *arena)
{
    *s = (struct slip){.series = ARENA_ARRAY(arena, SLIP_SERIES, struct slip_series),
                       .slots = ARENA_ARRAY(arena, SLOTS, uint32_t),
                       .fresh = ARENA_ARRAY(arena, SLIP_SERIES, struct sample),
                       .ready = ARENA_ARRAY(arena, SLIP_SAMPLES, struct sample),
                       .texts = arena_alloc(arena, SLIP_TEXTS)};
    if (!arena_ok(arena)) return false;
    int failed = pthread_mutex_init(&s->lock, NULL);
    assert(failed == 0); /* of a plain mutex it never does on Linux */
    return failed == 0;
}

void slip_close(struct slip *s)
{
    if (s->ready) pthread_mutex_destroy(&s->lock);
    s->ready = NULL;
}

/* ---- the source's ---- */

static struct bytes keep_text(struct slip *s, struct bytes from)
{
    struct text out = text_in(s->texts + s->texts_used, SLIP_TEXTS - s->texts_used);
    text_add_safe(&out, from);
    s->texts_used += out.len + 1;
    return text_bytes(&out);
}

/* FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv, section 2), 64 bits. */
static uint64_t hash_more(uint64_t hash, struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        hash ^= (unsigned char)b.at[i];
        hash *= UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint32_t slot_of(struct bytes of, struct bytes name, struct bytes label)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    hash = hash_more(hash_more(hash_more(hash, of), name), label);
    return (uint32_t)(hash % SLOTS);
}

static uint32_t find(struct slip *s, struct bytes of, enum series_row row, struct bytes name,
                     struct bytes label)
{
    uint32_t at = slot_of(of, name, label);
    for (; s->slots[at] > 0; at = (at + 1) % SLOTS) {
        const struct slip_series *known = &s->series[s->slots[at] - 1];
        if (known->row == row && bytes_equal(known->label, label) && bytes_equal(known->of, of)
            && bytes_equal(known->name, name)) {
            return s->slots[at] - 1;
        }
    }
    size_t most = 4 * (label.len + name.len) + 2; /* a byte may become \xNN */
    if (s->series_count == SLIP_SERIES || s->texts_used + most > SLIP_TEXTS
        || label.len + name.len + of.len > SERIES_TEXT_BYTES / 4) {
        s->refused++;
        return SLIP_FULL;
    }
    struct slip_series *fresh = &s->series[s->series_count];
    *fresh = (struct slip_series){.row = row, .of = of, .name = name};
    if (row == SERIES_ROWS) fresh->name = keep_text(s, name);
    fresh->label = keep_text(s, label);
    s->slots[at] = ++s->series_count;
    return s->series_count - 1;
}

/* Control characters are escaped when a label is kept, so they are before it is looked up. */
static uint32_t find_safe(struct slip *s, struct bytes of, enum series_row row, struct bytes name,
                          struct bytes label)
{
    char array[SERIES_TEXT_BYTES];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, label);
    return find(s, of, row, name, safe.cut ? label : text_bytes(&safe));
}

uint32_t slip_series(struct slip *s, struct bytes of, enum series_row row, struct bytes label)
{
    return find_safe(s, of, row, bytes_of(series_row(row)->name), label);
}

uint32_t slip_own(struct slip *s, struct bytes of, struct bytes name, struct bytes label)
{
    return find_safe(s, of, SERIES_ROWS, name, label);
}

void slip_begin(struct slip *s, uint64_t from_ns, uint64_t to_ns)
{
    assert(from_ns <= to_ns);
    s->from_ns = from_ns;
    s->to_ns = to_ns;
    s->fresh_count = 0;
}

static void put(struct slip *s, uint32_t series, uint64_t from_ns, double value)
{
    float kept = (float)value; /* what the run file keeps of it, so that a replay is equal */
    if (series == SLIP_FULL || !isfinite(kept) || s->fresh_count == SLIP_SERIES) return;
    s->fresh[s->fresh_count++] = (struct sample){series, from_ns, s->to_ns, (double)kept};
}

void slip_put(struct slip *s, uint32_t series, double value)
{
    put(s, series, s->from_ns, value);
}

void slip_put_level(struct slip *s, uint32_t series, double value)
{
    put(s, series, s->to_ns, value);
}

void slip_end(struct slip *s)
{
    pthread_mutex_lock(&s->lock);
    uint32_t room = SLIP_SAMPLES - s->ready_count;
    uint32_t count = s->fresh_count < room ? s->fresh_count : room;
    memcpy(s->ready + s->ready_count, s->fresh, count * sizeof *s->ready);
    s->ready_count += count;
    s->lost += s->fresh_count - count;
    s->ready_series = s->series_count;
    pthread_mutex_unlock(&s->lock);
    s->fresh_count = 0;
}

void slip_say(struct slip *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&s->lock);
    if (s->news_count < SLIP_NEWS) {
        char array[SLIP_NEWS_BYTES];
        struct text plain = text_in(array, sizeof array);
        text_addv(&plain, format, args);
        struct text safe = text_in(s->news[s->news_count++], SLIP_NEWS_BYTES);
        text_add_safe(&safe, text_bytes(&plain));
    }
    pthread_mutex_unlock(&s->lock);
    va_end(args);
}

/* ---- the collector's ---- */

uint32_t slip_take_samples(struct slip *s, struct sample *out, uint32_t room,
                           uint32_t *series_count)
{
    pthread_mutex_lock(&s->lock);
    uint32_t count = s->ready_count < room ? s->ready_count : room;
    memcpy(out, s->ready, count * sizeof *out);
    s->ready_count -= count;
    memmove(s->ready, s->ready + count, s->ready_count * sizeof *s->ready);
    *series_count = s->ready_series;
    pthread_mutex_unlock(&s->lock);
    return count;
}

bool slip_take_news(struct slip *s, struct text *out)
{
    pthread_mutex_lock(&s->lock);
    bool any = s->news_count > 0;
    if (any) {
        text_adds(out, s->news[0]);
        s->news_count--;
        memmove(s->news[0], s->news[1], s->news_count * sizeof s->news[0]);
    }
    pthread_mutex_unlock(&s->lock);
    return any;
}
