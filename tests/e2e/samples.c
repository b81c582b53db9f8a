/* samples - all samples of a run file, one a line: what the tests of sources read.
 *
 *     samples FILE        of TAB name TAB label TAB from_s TAB to_s TAB value
 *
 * It plays the file as `report` does; the samples of a run that goes on are those so far. */
#include <inttypes.h>
#include <stdio.h>

#include "store/replay.h"

static struct series known[SERIES_MAX];
static struct arena arena;

static void take_tick(void *ctx, const struct tick *tick)
{
    (void)ctx;
    for (uint32_t i = 0; i < tick->series_count; i++) {
        const struct series *s = &tick->series[i];
        if (s->id >= SERIES_MAX) continue;
        known[s->id] = (struct series){.of = arena_copy(&arena, s->of),
                                       .name = arena_copy(&arena, s->name),
                                       .label = arena_copy(&arena, s->label)};
    }
    for (uint32_t i = 0; i < tick->sample_count; i++) {
        const struct sample *sample = &tick->samples[i];
        const struct series *s = &known[sample->series];
        printf("%.*s\t%.*s\t%.*s\t%.9f\t%.9f\t%.9g\n", BYTES_ARG(s->of), BYTES_ARG(s->name),
               BYTES_ARG(s->label), (double)sample->from_ns / 1e9, (double)sample->to_ns / 1e9,
               sample->value);
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct replay *replay = NULL;
    struct bus bus;
    bus_init(&bus);
    bus_add(&bus, (struct sink){.tick = take_tick});
    bool played = argc == 2 && arena_open(&arena, (size_t)64 << 20, &err)
                  && replay_open(&replay, bytes_of(argv[1]), &err)
                  && replay_play(replay, &bus, &err);
    if (!played) fprintf(stderr, "samples: %s\n", argc == 2 ? err.msg : "which file?");
    replay_close(replay);
    return played ? 0 : 1;
}
