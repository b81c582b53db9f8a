#include "kit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

void kit_open(struct kit *k, const char *steps, const char *pick, const char *csv)
{
    static char yaml[1 << 16];
    struct text t = text_in(yaml, sizeof yaml);
    struct err err = {0};
    *k = (struct kit){0};
    text_adds(&t, "plan: 1\nname: kit\n"
                  "target: [ http://127.0.0.1:1, http://127.0.0.1:2/base ]\n");
    if (csv) text_addf(&t, "data:\n  row: { file: rows.csv, pick: %s }\n", pick);
    text_adds(&t, "scenarios:\n  s:\n    steps:\n"
                  "      - get: /first\n"
                  "        capture: { a: json .a, b: json .b, c: header C, d: header D }\n");
    text_adds(&t, steps);
    text_adds(&t, "load:\n  seed: 7\n  stages:\n    - { name: only, rate: 10/s, for: 10s }\n");
    little_plan_open(&k->plan, yaml, csv);
    bool ok = arena_open(&k->arena, (size_t)64 << 20, &err)
              && program_build(&k->program, &k->plan.plan, &k->arena, &err);
    if (!ok) {
        fprintf(stderr, "%s\n%s\n", yaml, err.msg);
        exit(1);
    }
    k->values = (struct values){.captures = k->captures,
                                .capture_len = k->capture_len,
                                .capture_is_text = k->capture_is_text,
                                .seed = 7};
}

void kit_close(struct kit *k)
{
    program_close(&k->program);
    arena_close(&k->arena);
    little_plan_close(&k->plan);
}

void kit_capture(struct kit *k, uint32_t slot, struct bytes value, bool is_text)
{
    memcpy(k->captures + (size_t)slot * CAPTURE_MAX, value.at, value.len);
    k->capture_len[slot] = (uint16_t)value.len;
    k->capture_is_text[slot] = is_text;
}

const struct operation *kit_operation(const struct kit *k, uint32_t step)
{
    return &k->program.operations[k->program.first[0] + step];
}
