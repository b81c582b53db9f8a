/* fuzz_run_file.c - what a run file holds: blobs of ticks, the header's JSON, the objectives of the
 * result's. A blob that decodes lies within its tables, and encodes to a text that decodes to the
 * same. A header that is read can be written and read again. What an objective measures is part of
 * its sentence. The ticks that are taken are a run: one behind the other, none longer than a judge
 * can walk through. Input: a byte that says which ('f' rows of the tick table, 'h' header, 'g'
 * objectives, 'z' compressed blob, else a blob of so many names), then the bytes. */
#include "base/ns.h"
#include "laws.h"
#include "store/frames.h"
#include "store/header_json.h"
#include "store/run_entry.h"
#include "store/tick_blob.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define INPUT_MOST (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena first, second;

static void check_hist(const struct hist_sparse *h)
{
    uint64_t count = 0, next = 0;
    for (uint32_t i = 0; i < h->pair_count; i++) {
        LAW(h->pairs[i].bucket >= next && h->pairs[i].bucket <= HIST_OVER);
        LAW(h->pairs[i].count > 0);
        count += h->pairs[i].count;
        next = h->pairs[i].bucket + 1;
    }
    LAW(count == h->count);
}

static void check_tick(const struct tick *t, const struct blob_dims *dims)
{
    for (uint32_t i = 0; i < t->cell_count; i++) {
        const struct cell *c = &t->cells[i];
        LAW(c->stage <= dims->stage_count && c->kind <= CELL_STAGE);
        LAW(c->kind != CELL_REQUEST || c->index < dims->name_count);
        LAW(c->kind != CELL_ITERATION || c->index < dims->scenario_count);
        for (int m = 0; m < MEASURE_COUNT; m++) check_hist(&c->measures[m]);
    }
    for (uint32_t i = 0; i < t->slot_count; i++) LAW(t->slots[i].stage <= dims->stage_count);
    for (uint32_t i = 0; i < t->stall_count; i++) {
        LAW(t->stalls[i].start_ns <= t->stalls[i].end_ns);
        LAW(t->stalls[i].end_ns <= 2 * RUN_LENGTH_MAX_NS);
    }
    LAW(t->users >= 0);
    for (uint32_t i = 0; i < dims->name_count; i++) LAW(t->requests_in_flight[i] >= 0);
    for (uint32_t i = 0; i < dims->scenario_count; i++) LAW(t->iterations_in_flight[i] >= 0);
}

static void check_blob(struct bytes raw, const struct blob_dims *dims)
{
    struct tick tick = {0}, again = {0};
    if (!raw.at || !tick_blob_decode(&tick, &first, raw, dims)) return;
    check_tick(&tick, dims);
    struct bytes whole = tick_blob_encode(&second, &tick, dims);
    if (!whole.at) {
        LAW(!arena_ok(&second));
        return;
    }
    struct blob_dims newest = *dims;
    newest.version = TICK_BLOB_VERSION;
    LAW(tick_blob_decode(&again, &second, whole, &newest) || !arena_ok(&second));
    if (!arena_ok(&second)) return;
    LAW(again.cell_count == tick.cell_count && again.slot_count == tick.slot_count);
    struct bytes twice = tick_blob_encode(&second, &again, dims);
    LAW(!twice.at || bytes_equal(whole, twice));
}

/* Rows of FRAME_COLUMNS numbers of 8 bytes, low one first. */
static void check_frames(struct bytes in)
{
    struct plan plan = {.stage_count = 7};
    struct run_header header = {.tick_ns = NS_PER_S, .plan = &plan};
    struct frames frames;
    struct tick before = {0};
    frames_init(&frames, &header);
    bool first_one = true;
    for (; in.len >= FRAME_COLUMNS * 8; in = bytes_from(in, FRAME_COLUMNS * 8)) {
        uint64_t columns[FRAME_COLUMNS] = {0};
        for (size_t i = 0; i < FRAME_COLUMNS * 8; i++) {
            columns[i / 8] |= (uint64_t)(unsigned char)in.at[i] << i % 8 * 8;
        }
        struct tick tick;
        if (!frames_take(&frames, columns, &tick)) continue;
        LAW(tick.index == columns[FRAME_INDEX] && tick.end_ns == columns[FRAME_END]);
        LAW(first_one || tick.index > before.index);
        LAW(tick.start_ns >= before.end_ns && tick.start_ns <= tick.end_ns);
        LAW(tick.end_ns - tick.start_ns <= 3 * NS_PER_S && tick.end_ns <= RUN_LENGTH_MAX_NS);
        LAW(tick.stage <= plan.stage_count && !tick.cells && !tick.cell_count);
        before = tick;
        first_one = false;
    }
}

static void check_header(struct bytes json)
{
    struct run_header header, again;
    struct err err = {0};
    if (!header_json_read(&header, &first, json, &err)) {
        LAW(err.msg[0] != '\0');
        return;
    }
    struct bytes made = header_json_make(&second, &header);
    LAW(made.at != NULL);
    LAW(header_json_read(&again, &second, made, &err));
    LAW(again.plan->stage_count == header.plan->stage_count);
    LAW(again.plan->objective_count == header.plan->objective_count);
}

static void check_goals(struct bytes json)
{
    struct run_entry entry = {0};
    struct run_trend trend;
    run_entry_take_goals(&entry, json, &first);
    LAW(entry.goal_count == 0 || entry.goals);
    for (uint32_t i = 0; i < entry.goal_count; i++) {
        const struct run_goal *goal = &entry.goals[i];
        const char *end = goal->text.at + goal->text.len;
        LAW(goal->subject.len == 0
            || (goal->subject.at >= goal->text.at && goal->subject.at + goal->subject.len <= end));
        LAW(goal->stage_count == 0 || goal->stages);
    }
    entry.sound = true;
    history_trend(&trend, (const struct run_entry[]){entry, entry}, 2, 0);
    LAW(trend.change == CHANGE_UNKNOWN || trend.change == CHANGE_NONE || trend.was);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    struct err err;
    if (guard.size == 0) guard = guard_open(INPUT_MOST);
    if (!first.base
        && (!arena_open(&first, ARENA_BYTES, &err) || !arena_open(&second, ARENA_BYTES, &err))) {
        return 0;
    }
    if (size == 0 || size > INPUT_MOST) return 0;
    arena_reset(&first);
    arena_reset(&second);
    struct bytes in = guard_put(&guard, (struct bytes){(const char *)data + 1, size - 1});
    struct blob_dims dims = {
        .stage_count = 7, .name_count = 3, .scenario_count = 2, .version = TICK_BLOB_VERSION};
    if (data[0] == 'f') {
        check_frames(in);
    } else if (data[0] == 'h') {
        check_header(in);
    } else if (data[0] == 'g') {
        check_goals(in);
    } else if (data[0] == 'z') {
        check_blob(tick_blob_expand(&first, in), &dims);
    } else {
        dims.name_count = data[0] % 8;
        dims.version -= data[0] / 8 % TICK_BLOB_VERSION;
        check_blob(in, &dims);
    }
    return 0;
}
