#include "observe/prom_page.h"

#include <assert.h>
#include <math.h>

#include "observe/prom_dist.h"
#include "observe/prom_served.h"
#include "wire/url.h"

#define SLOTS 4096 /* a hash that is at most a quarter full */
#define LABELS_BYTES 220
#define NAME_BYTES 200
#define LEAD "metrics."
#define COUNT_MOST 1e15 /* what a double holds exactly, and a sum of which still is a number */
#define NS_MOST 1e18
#define BORN_SLACK_S 2 /* between a server's clock and ours */
static_assert(SLOTS >= 4 * PROM_PAGE_ENTRIES, "a quarter full");

bool prom_page_open(struct prom_page *p, struct arena *arena, struct bytes service,
                    const struct scrape *scrape, struct served_book *book)
{
    struct url url;
    enum url_bad bad;
    size_t at;
    *p = (struct prom_page){
        .service = service,
        .scrape = scrape,
        .book = book,
        .entries = ARENA_ARRAY(arena, PROM_PAGE_ENTRIES, struct prom_entry),
        .slots = ARENA_ARRAY(arena, SLOTS, uint32_t),
        .buckets = ARENA_ARRAY(arena, PROM_PAGE_BUCKETS, struct prom_bucket),
        .texts = arena_alloc(arena, PROM_PAGE_TEXTS),
        .wall_s = (double)NAN,
    };
    if (url_parse(&url, scrape->url, &bad, &at)) p->path = url.path;
    return arena_ok(arena);
}

void prom_page_begin(struct prom_page *p, bool first, double wall_s)
{
    p->wall_before_s = p->wall_s;
    p->wall_s = wall_s;
    p->first = first;
    p->family = (struct bytes){0};
    p->type = PROM_UNTYPED;
    p->samples = p->bad = p->twice = p->left_out = 0;
    for (uint32_t i = 0; i < p->entry_count; i++) {
        struct prom_entry *e = &p->entries[i];
        e->before = e->now;
        e->sum_before = e->sum;
        e->created_before_s = e->created_s;
        e->time_before_s = e->time_s;
        e->had = e->has && !first;
        e->had_sum = e->has_sum && !first;
        e->has = e->has_sum = false;
        e->created_s = e->time_s = (double)NAN;
        e->cursor = 0;
    }
    for (uint32_t i = 0; i < p->bucket_count; i++) {
        struct prom_bucket *b = &p->buckets[i];
        b->before = b->now;
        b->had = b->has && !first;
        b->has = false;
    }
}

/* -- Finding -------------------------------------------------------------------------------- */

/* Whether `name` is `family` and then `end`. */
static bool is_family(struct bytes name, struct bytes family, const char *end)
{
    return bytes_starts(name, family) && bytes_is(bytes_from(name, family.len), end);
}

static bool ends(struct bytes name, const char *end)
{
    size_t len = strlen(end);
    return name.len > len && bytes_is(bytes_from(name, name.len - len), end);
}

static bool is_wanted(const struct prom_page *p, struct bytes metric)
{
    const struct scrape *s = p->scrape;
    for (uint32_t i = 0; i < s->keep_count; i++) {
        struct bytes name = s->keep[i];
        bool begins = name.len > 0 && name.at[name.len - 1] == '*';
        if (begins) name.len--;
        if (begins ? bytes_starts(metric, name) : bytes_equal(metric, name)) return true;
    }
    return s->keep_count == 0;
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

static struct bytes keep_text(struct prom_page *p, struct bytes from)
{
    char *at = p->texts + p->texts_used;
    if (from.len > 0) memcpy(at, from.at, from.len);
    p->texts_used += from.len;
    return (struct bytes){at, from.len};
}

/* A place for a metric that is met first; false: there is none. */
static bool has_room(const struct prom_page *p, enum prom_entry_kind kind, int served,
                     size_t text_len)
{
    uint32_t made = kind == PROM_ENTRY_HISTOGRAM ? PROM_PAGE_MADE
                    : kind == PROM_ENTRY_SUMMARY ? 2
                                                 : 1;
    bool fits = served < 0 ? p->series_count + made <= PROM_PAGE_SERIES
                           : p->served_count + made <= PROM_PAGE_SERVED;
    size_t longest = text_len + strlen(LEAD) + strlen(".mean") + p->service.len;
    return fits && p->entry_count < PROM_PAGE_ENTRIES && longest <= SERIES_TEXT_BYTES / 4
           && p->texts_used + text_len <= PROM_PAGE_TEXTS;
}

static struct prom_entry *make(struct prom_page *p, enum prom_entry_kind kind, struct bytes metric,
                               struct bytes labels)
{
    bool timed = kind == PROM_ENTRY_HISTOGRAM || kind == PROM_ENTRY_SUMMARY;
    int served = timed ? prom_served_rank(metric) : -1;
    if (!is_wanted(p, metric) || !has_room(p, kind, served, metric.len + labels.len)) return NULL;
    assert(p->entries);
    const struct prom_entry *last = p->entry_count > 0 ? &p->entries[p->entry_count - 1] : NULL;
    struct prom_entry *e = &p->entries[p->entry_count++];
    bool same = last && bytes_equal(last->metric, metric);
    *e = (struct prom_entry){.kind = kind,
                             .metric = same ? last->metric : keep_text(p, metric),
                             .labels = keep_text(p, labels),
                             .created_s = (double)NAN,
                             .created_before_s = (double)NAN,
                             .time_s = (double)NAN,
                             .time_before_s = (double)NAN,
                             .served = served};
    uint32_t made = kind == PROM_ENTRY_HISTOGRAM ? PROM_PAGE_MADE
                    : kind == PROM_ENTRY_SUMMARY ? 2
                                                 : 1;
    *(served < 0 ? &p->series_count : &p->served_count) += made;
    return e;
}

/* NULL: there is none, or with `fresh` there is no room for it, or nobody wants it. */
static struct prom_entry *find(struct prom_page *p, enum prom_entry_kind kind, struct bytes metric,
                               struct bytes labels, bool fresh)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ kind;
    hash = hash_more(hash_more(hash, metric), labels);
    uint32_t at = (uint32_t)(hash % SLOTS);
    for (; p->slots[at] > 0; at = (at + 1) % SLOTS) {
        struct prom_entry *e = &p->entries[p->slots[at] - 1];
        if (e->kind == kind && bytes_equal(e->labels, labels) && bytes_equal(e->metric, metric)) {
            return e;
        }
    }
    struct prom_entry *e = fresh ? make(p, kind, metric, labels) : NULL;
    if (e) p->slots[at] = p->entry_count;
    return e;
}

/* -- Taking a sample ------------------------------------------------------------------------ */

/* What a sample is of its metric. */
enum part { PART_VALUE, PART_BUCKET, PART_SUM, PART_COUNT, PART_CREATED, PART_NONE };

struct meaning {
    enum part part;
    enum prom_entry_kind kind;
    struct bytes metric;
};

static struct meaning of_distribution(const struct prom_page *p, struct bytes name)
{
    bool histogram = p->type == PROM_HISTOGRAM;
    struct meaning m = {PART_NONE, histogram ? PROM_ENTRY_HISTOGRAM : PROM_ENTRY_SUMMARY,
                        p->family};
    if (is_family(name, p->family, "_sum")) m.part = PART_SUM;
    if (is_family(name, p->family, "_count")) m.part = PART_COUNT;
    if (is_family(name, p->family, "_created")) m.part = PART_CREATED;
    if (histogram && is_family(name, p->family, "_bucket")) m.part = PART_BUCKET;
    if (!histogram && is_family(name, p->family, "")) {
        m = (struct meaning){PART_VALUE, PROM_ENTRY_LEVEL, name}; /* a quantile */
    }
    return m;
}

static struct meaning meaning_of(const struct prom_page *p, struct bytes name)
{
    enum prom_type type = bytes_starts(name, p->family) ? p->type : PROM_UNTYPED;
    if (type == PROM_HISTOGRAM || type == PROM_SUMMARY) {
        struct meaning m = of_distribution(p, name);
        if (m.part != PART_NONE) return m;
        type = PROM_UNTYPED;
    }
    bool own = is_family(name, p->family, "");
    struct meaning m = {PART_VALUE, PROM_ENTRY_LEVEL, name};
    bool counts = type == PROM_COUNTER && (own || is_family(name, p->family, "_total"));
    if (type == PROM_GAUGE && !own) type = PROM_UNTYPED; /* its name only begins so */
    if (counts || (type != PROM_GAUGE && ends(name, "_total"))) m.kind = PROM_ENTRY_RATE;
    bool hidden = type == PROM_INFO
                  || (type == PROM_GAUGE_HISTOGRAM && is_family(name, p->family, "_bucket"));
    if (hidden) m.part = PART_NONE;
    if (!counts && ends(name, "_created")) {
        m.part = PART_CREATED;
        m.metric.len -= strlen("_created");
    }
    return m;
}

/* The labels in the order of their names into `out`, without `le` where it says which bucket it is.
 */
static bool put_in_order(struct bytes labels, bool of_bucket, struct text *out, struct bytes *le)
{
    struct {
        struct bytes name, value;
    } all[PROM_LABELS_MAX];
    uint32_t count = 0;
    struct bytes name;
    struct bytes value;
    while (count < PROM_LABELS_MAX && prom_text_label(&labels, &name, &value)) {
        if (of_bucket && bytes_is(name, "le")) {
            *le = value;
            continue;
        }
        uint32_t at = count++;
        for (; at > 0; at--) {
            size_t less = name.len < all[at - 1].name.len ? name.len : all[at - 1].name.len;
            int order = memcmp(name.at, all[at - 1].name.at, less);
            if (order > 0 || (order == 0 && name.len >= all[at - 1].name.len)) break;
            all[at] = all[at - 1];
        }
        all[at].name = name;
        all[at].value = value;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) text_addc(out, ',', 1);
        text_add(out, all[i].name);
        text_adds(out, "=\"");
        text_add(out, all[i].value);
        text_addc(out, '"', 1);
    }
    return !out->cut;
}

/* The bucket of that bound, met or new; NULL: there is no room. */
static struct prom_bucket *find_bucket(struct prom_page *p, struct prom_entry *e, double le)
{
    uint32_t *link = &e->first;
    if (e->cursor > 0 && p->buckets[e->cursor - 1].le <= le) {
        if (p->buckets[e->cursor - 1].le >= le) return &p->buckets[e->cursor - 1];
        link = &p->buckets[e->cursor - 1].next;
    }
    while (*link > 0 && p->buckets[*link - 1].le < le) link = &p->buckets[*link - 1].next;
    if (*link == 0 || p->buckets[*link - 1].le > le) {
        if (p->bucket_count == PROM_PAGE_BUCKETS || e->bucket_count == PROM_PAGE_BUCKETS_EACH) {
            return NULL;
        }
        p->buckets[p->bucket_count++] = (struct prom_bucket){.le = le, .next = *link};
        *link = p->bucket_count;
        e->bucket_count++;
    }
    e->cursor = *link;
    return &p->buckets[*link - 1];
}

static void note_bucket(struct prom_page *p, struct prom_entry *e, struct bytes bound, double value)
{
    double le;
    struct prom_bucket *b = NULL;
    if (prom_text_number(bound, &le) && !isnan(le)) b = find_bucket(p, e, le);
    if (!b) {
        p->left_out++;
        return;
    }
    p->twice += b->has;
    if (b->has) return;
    b->has = isfinite(value) && value >= 0;
    b->now = value;
}

static void note_value(struct prom_page *p, struct prom_entry *e, enum part part,
                       const struct prom_item *item)
{
    bool *has = part == PART_SUM ? &e->has_sum : &e->has;
    p->twice += *has;
    if (*has) return;
    *has = isfinite(item->value);
    *(part == PART_SUM ? &e->sum : &e->now) = item->value;
    e->time_s = item->time_s;
}

static void note_created(struct prom_page *p, const struct meaning *m, struct bytes labels,
                         double value)
{
    static const enum prom_entry_kind kinds[] = {PROM_ENTRY_RATE, PROM_ENTRY_HISTOGRAM,
                                                 PROM_ENTRY_SUMMARY};
    char array[NAME_BYTES];
    struct text total = text_in(array, sizeof array);
    text_add(&total, m->metric);
    text_adds(&total, "_total");
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct prom_entry *e = find(p, kinds[i], m->metric, labels, false);
        if (!e && i == 0) e = find(p, kinds[i], text_bytes(&total), labels, false);
        if (e) e->created_s = value;
    }
}

static void note_sample(struct prom_page *p, const struct prom_item *item)
{
    struct meaning m = meaning_of(p, item->name);
    char array[LABELS_BYTES];
    struct text labels = text_in(array, sizeof array);
    struct bytes le = {0};
    if (m.part == PART_NONE) return;
    p->samples++;
    bool whole = put_in_order(item->labels, m.part == PART_BUCKET, &labels, &le);
    if (whole && m.part == PART_CREATED) {
        note_created(p, &m, text_bytes(&labels), item->value);
        return;
    }
    struct prom_entry *e = whole ? find(p, m.kind, m.metric, text_bytes(&labels), true) : NULL;
    if (!e) { /* one of a distribution's lines stands for it */
        p->left_out += (m.part == PART_VALUE || m.part == PART_COUNT) && is_wanted(p, m.metric);
        return;
    }
    if (m.part == PART_BUCKET) note_bucket(p, e, le, item->value);
    else note_value(p, e, m.part, item);
}

void prom_page_note(struct prom_page *p, const struct prom_item *item)
{
    switch (item->kind) {
    case PROM_TYPE:
        p->family = item->name;
        p->type = item->type;
        break;
    case PROM_SAMPLE:
        note_sample(p, item);
        break;
    case PROM_BAD:
        if (p->bad++ == 0) {
            struct text safe = text_in(p->first_bad, sizeof p->first_bad);
            text_add_safe(&safe, item->line);
            text_end_whole(&safe);
        }
        break;
    case PROM_EOF:
    case PROM_END:
        break;
    }
}

/* -- Writing down --------------------------------------------------------------------------- */

static uint32_t series_of(struct prom_page *p, struct prom_entry *e, struct slip *slip,
                          uint32_t which, const char *end)
{
    if (e->ids[which] > 0) return e->ids[which] - 1;
    char array[NAME_BYTES];
    struct text name = text_in(array, sizeof array);
    text_adds(&name, LEAD);
    text_add(&name, e->metric);
    text_adds(&name, end);
    uint32_t id = SLIP_FULL;
    if (!name.cut) id = slip_own(slip, p->service, text_bytes(&name), e->labels);
    if (id != SLIP_FULL) e->ids[which] = id + 1;
    else p->left_out++;
    return id;
}

/* Whether it began between the page before, where it was not, and this one. */
static bool is_born(const struct prom_page *p, const struct prom_entry *e)
{
    return !e->had && !p->first && e->created_s >= p->wall_before_s - BORN_SLACK_S;
}

/* What its count is to be held against; NAN: not known. */
static double before_of(const struct prom_page *p, const struct prom_entry *e)
{
    if (!e->had) return is_born(p, e) ? 0 : (double)NAN;
    bool anew = e->created_s > e->created_before_s || e->now < e->before;
    return anew ? 0 : e->before;
}

/* The time over which it grew; 0: the page says that it is the value of before. */
static double time_of(const struct prom_entry *e, const struct look *when)
{
    if (isnan(e->time_s) || isnan(e->time_before_s)) {
        return (double)(when->now_ns - when->since_ns) / 1e9;
    }
    return fmax(0, e->time_s - e->time_before_s);
}

/* Which of its metrics tells of requests: the one to be believed first. */
static struct bytes choose_speaker(const struct prom_page *p)
{
    const struct prom_entry *best = NULL;
    for (uint32_t i = 0; i < p->entry_count; i++) {
        const struct prom_entry *e = &p->entries[i];
        if (e->served >= 0 && e->has && (!best || e->served < best->served)) best = e;
    }
    return best ? best->metric : (struct bytes){0};
}

/* Tells the book of the requests that came in this second. */
static void tell(struct prom_page *p, const struct prom_entry *e, const struct prom_dist *dist,
                 const struct look *when)
{
    struct prom_served labels;
    prom_served_read(e->labels, &labels);
    if (p->path.len > 0 && bytes_is(p->path, labels.route)) return; /* who asks for the page */
    struct served all = {.service = p->service,
                         .method = bytes_of(labels.method),
                         .route = bytes_of(labels.route),
                         .is_template = labels.is_template,
                         .status = labels.status,
                         .failed = labels.failed,
                         .end_ns = when->since_ns + (when->now_ns - when->since_ns) / 2,
                         .duration_ns = SERVED_NO_TIME,
                         .count = (uint64_t)fmin(dist->count + 0.5, COUNT_MOST)};
    double unit_ns = prom_served_unit_s(e->metric) * 1e9;
    double below = 0;
    double lo_ns = 0;
    if (dist->bucket_count < 2 && all.count > 0) served_tell(p->book, &all);
    for (uint32_t i = 0; i < dist->bucket_count && dist->bucket_count > 1; i++) {
        double hi_ns = fmax(0, fmin(dist->le[i] * unit_ns, NS_MOST));
        uint64_t count = (uint64_t)fmin(dist->upto[i] - below + 0.5, COUNT_MOST);
        bool open = i + 1 == dist->bucket_count;
        below = dist->upto[i];
        if (count > 0) {
            served_tell_between(p->book, &all, (uint64_t)lo_ns, open ? UINT64_MAX : (uint64_t)hi_ns,
                                count);
        }
        lo_ns = hi_ns;
    }
}

static void put_distribution(struct prom_page *p, struct prom_entry *e, struct slip *slip,
                             double seconds, struct prom_dist *dist)
{
    static const struct {
        const char *end;
        double share;
    } of[] = {{".p50", 0.5}, {".p95", 0.95}, {".p99", 0.99}};
    prom_dist_grow(dist, p, e, before_of(p, e));
    if (isnan(dist->count)) return;
    slip_put(slip, series_of(p, e, slip, 0, ".rate"), dist->count / seconds);
    if (dist->count <= 0) return;
    slip_put(slip, series_of(p, e, slip, 1, ".mean"), dist->sum / dist->count);
    for (uint32_t i = 0; i < COUNT_OF(of) && e->kind == PROM_ENTRY_HISTOGRAM; i++) {
        slip_put(slip, series_of(p, e, slip, 2 + i, of[i].end),
                 prom_dist_quantile(dist, of[i].share));
    }
}

/* A page may say how many there are in the last bucket alone. */
static void count_by_bucket(const struct prom_page *p, struct prom_entry *e)
{
    for (uint32_t at = e->has ? 0 : e->first; at > 0; at = p->buckets[at - 1].next) {
        const struct prom_bucket *b = &p->buckets[at - 1];
        if (!b->has || !isinf(b->le) || b->le < 0) continue;
        e->has = true;
        e->now = b->now;
    }
}

void prom_page_put(struct prom_page *p, struct slip *slip, const struct look *when)
{
    struct prom_dist dist;
    for (uint32_t i = 0; i < p->entry_count; i++) count_by_bucket(p, &p->entries[i]);
    struct bytes speaker = choose_speaker(p);
    for (uint32_t i = 0; i < p->entry_count; i++) {
        struct prom_entry *e = &p->entries[i];
        double seconds = time_of(e, when);
        if (!e->has || (seconds <= 0 && !p->first)) continue;
        switch (e->kind) {
        case PROM_ENTRY_LEVEL: /* the name of a count, which it is not: nothing a second */
            slip_put_level(slip, series_of(p, e, slip, 0, ends(e->metric, "_total") ? ".now" : ""),
                           e->now);
            break;
        case PROM_ENTRY_RATE:
            if (p->first) break;
            slip_put(slip, series_of(p, e, slip, 0, ""), (e->now - before_of(p, e)) / seconds);
            break;
        case PROM_ENTRY_HISTOGRAM:
        case PROM_ENTRY_SUMMARY:
            if (p->first) break;
            put_distribution(p, e, slip, seconds, &dist);
            if (p->book && e->served >= 0 && dist.count > 0 && bytes_equal(e->metric, speaker)) {
                tell(p, e, &dist, when);
            }
            break;
        }
    }
}
