#include "stats/floors.h"

#include "check.h"

static void add(struct floors *f, uint32_t window, const double *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        floors_add(f, window, f->count > 0 ? f->points[f->count - 1].at_s + 1 : 1, values[i]);
}

static void blocks_keep_their_least(void **state)
{
    (void)state;
    struct floors f;
    floors_init(&f, 4);
    for (uint32_t t = 0; t < 12; t++) floors_add(&f, 0, 100 + t, t % 4 == 2 ? t : 50);
    CHECK_U64("blocks", f.count, 3);
    for (uint32_t i = 0; i < f.count; i++) {
        CHECK("least", f.points[i].value == 4 * i + 2 && f.points[i].at_s == 102 + 4 * i);
    }
}

static void windows_stay_apart(void **state)
{
    (void)state;
    static const double some[] = {3, 2, 1};
    struct floors f;
    floors_init(&f, 1);
    add(&f, 7, some, 3);
    add(&f, 3, some, 3);
    CHECK_U64("points", f.count, 6);
    CHECK_U64("first", f.points[2].window, 7);
    CHECK_U64("second", f.points[3].window, 3);
    f.count = floors_halve(f.points, f.count);
    CHECK_U64("halves", f.count, 4); /* 2 and 1 of each */
    CHECK_U64("not across", f.points[1].window, 7);
    CHECK_U64("not across", f.points[2].window, 3);
    CHECK("least of two", f.points[0].value == 2 && f.points[2].value == 2);
}

/* However long it goes on there are never more than fit, and the least is still among them. */
static void days_fit(void **state)
{
    (void)state;
    struct floors f;
    floors_init(&f, 1);
    for (uint32_t t = 0; t < 200000; t++) floors_add(&f, 0, t, t == 123456 ? -5.0 : 10.0 + t % 7);
    CHECK("not too few", f.count > FLOORS_MOST / 3);
    CHECK("not too many", f.count <= FLOORS_MOST);
    double least = 0;
    for (uint32_t i = 0; i < f.count; i++) {
        CHECK("rising", i == 0 || f.points[i].at_s > f.points[i - 1].at_s);
        if (f.points[i].value < least) least = f.points[i].value;
    }
    CHECK("least", least == -5);
    for (uint32_t w = 1; w < 2 * FLOORS_MOST; w++) floors_add(&f, w, 200000 + w, 1);
    CHECK("windows without end", f.count <= FLOORS_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_least),
        cmocka_unit_test(windows_stay_apart),
        cmocka_unit_test(days_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
