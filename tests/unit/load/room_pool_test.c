/* The room for what is kept of replies: pieces never overlap, and all of it comes back. */
#include "load/room_pool.h"

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"

#define CHUNKS 3
#define PIECES 200

struct piece {
    char *at;
    size_t size;
    unsigned char mark;
};

static struct arena arena;

static struct room_pool open_pool(uint32_t chunks)
{
    struct room_pool p;
    assert_true(arena_open(&arena, room_pool_bytes(chunks), NULL));
    room_pool_init(&p, &arena, chunks);
    assert_true(arena_ok(&arena));
    return p;
}

static void pieces_are_of_the_size_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t size, want;
    } cases[] = {
        {"nothing", 0, 512},       {"a byte", 1, 512},
        {"a unit", 512, 512},      {"a unit and a byte", 513, 1024},
        {"all", 1048576, 1048576}, {"half and a byte", 524289, 1048576},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct room_pool p = open_pool(1);
        char *at = room_pool_take(&p, cases[i].size);
        CHECK(cases[i].name, at != NULL);
        CHECK_U64(cases[i].name, room_pool_size(&p, at), cases[i].want);
        room_pool_give(&p, at);
        arena_close(&arena);
    }
}

static void an_empty_pool_says_so(void **state)
{
    (void)state;
    struct room_pool p = open_pool(2);
    char *small = room_pool_take(&p, 10);
    char *large = room_pool_take(&p, ROOM_CHUNK);
    assert_non_null(small);
    assert_non_null(large);
    assert_null(room_pool_take(&p, ROOM_CHUNK)); /* a unit of it is taken */
    char *half = room_pool_take(&p, ROOM_CHUNK / 2);
    assert_non_null(half);
    room_pool_give(&p, small);
    assert_null(room_pool_take(&p, ROOM_CHUNK));
    room_pool_give(&p, half);
    assert_non_null(room_pool_take(&p, ROOM_CHUNK)); /* joined again */
    arena_close(&arena);
    p = open_pool(0);
    assert_null(room_pool_take(&p, 1));
    arena_close(&arena);
}

static void fill(const struct piece *piece)
{
    memset(piece->at, piece->mark, piece->size);
}

static bool is_whole(const struct piece *piece)
{
    for (size_t i = 0; i < piece->size; i++) {
        if ((unsigned char)piece->at[i] != piece->mark) return false;
    }
    return true;
}

/* Pieces taken and given in any order: each keeps what was written into it. */
static void pieces_never_overlap(void **state)
{
    (void)state;
    struct room_pool p = open_pool(CHUNKS);
    struct rng_stream draws = rng_stream_at((struct rng_key){7, 1, RNG_DATA}, 0);
    struct piece pieces[PIECES] = {0};
    uint32_t refused = 0;
    for (uint32_t turn = 0; turn < 20000; turn++) {
        struct piece *piece = &pieces[rng_next(&draws) % PIECES];
        if (piece->at) {
            CHECK("what was written stays", is_whole(piece));
            room_pool_give(&p, piece->at);
            piece->at = NULL;
            continue;
        }
        piece->size = rng_next(&draws) % (rng_next(&draws) % 50 ? 20000 : ROOM_CHUNK) + 1;
        piece->mark = (unsigned char)turn;
        piece->at = room_pool_take(&p, piece->size);
        if (!piece->at) {
            refused++;
            continue;
        }
        CHECK("room for it", room_pool_size(&p, piece->at) >= piece->size);
        fill(piece);
    }
    CHECK("it was full now and then", refused > 0);
    for (uint32_t i = 0; i < PIECES; i++) {
        if (pieces[i].at) room_pool_give(&p, pieces[i].at);
    }
    for (uint32_t i = 0; i < CHUNKS; i++) assert_non_null(room_pool_take(&p, ROOM_CHUNK));
    assert_null(room_pool_take(&p, 1));
    arena_close(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_of_the_size_asked_for),
        cmocka_unit_test(an_empty_pool_says_so),
        cmocka_unit_test(pieces_never_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
