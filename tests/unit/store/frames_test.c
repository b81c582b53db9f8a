#include "store/frames.h"

#include "base/attr.h"
#include "base/ns.h"
#include "check.h"

#define S NS_PER_S

/* Each behind tick 3, which ended at 4 s; ticks last 1 s, there are 2 stages and the drain. */
static void one_behind_the_other(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t columns[FRAME_COLUMNS];
        bool taken;
    } rows[] = {
        {"the next", {4, 4 * S, 5 * S, 1, 1, 0}, true},
        {"a short one in the drain", {4, 4 * S, 4 * S + 1, 2, 0, 1}, true},
        {"some are missing", {40, 40 * S, 41 * S, 1, 1, 0}, true},
        {"its edge was passed late", {4, 4 * S, 6 * S, 1, 1, 0}, true},
        {"the same again", {3, 4 * S, 5 * S, 1, 1, 0}, false},
        {"an index below zero", {UINT64_MAX, 4 * S, 5 * S, 1, 1, 0}, false},
        {"an index of 33 bits", {UINT64_C(1) << 32, 4 * S, 5 * S, 1, 1, 0}, false},
        {"a stage too many", {4, 4 * S, 5 * S, 3, 1, 0}, false},
        {"before the last ended", {4, 4 * S - 1, 5 * S, 1, 1, 0}, false},
        {"ends before it starts", {4, 5 * S, 5 * S - 1, 1, 1, 0}, false},
        {"no end", {4, 4 * S, UINT64_MAX, 1, 1, 0}, false},
        {"an hour", {4, 4 * S, 3600 * S, 1, 1, 0}, false},
        {"after ten years", {4, 400000000 * S, 400000001 * S, 1, 1, 0}, false},
    };
    const struct plan plan = {.stage_count = 2};
    const struct run_header header = {.tick_ns = S, .plan = &plan};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct frames frames;
        struct tick tick;
        const uint64_t third[FRAME_COLUMNS] = {3, 3 * S, 4 * S, 0, 0, 0};
        frames_init(&frames, &header);
        assert_true(frames_take(&frames, third, &tick));
        CHECK(rows[i].name, frames_take(&frames, rows[i].columns, &tick) == rows[i].taken);
        CHECK_U64(rows[i].name, tick.index, rows[i].taken ? rows[i].columns[FRAME_INDEX] : 3);
        CHECK_U64(rows[i].name, frames.end_ns, rows[i].taken ? rows[i].columns[FRAME_END] : 4 * S);
        CHECK(rows[i].name, tick.last == (rows[i].taken && rows[i].columns[FRAME_LAST] > 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_behind_the_other)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
