#include "story.h"

#include "base/text.h"
#include "truth.h"
#include "world.h"

const char *story_plan(const char *step, const char *load)
{
    static char yaml[4096];
    struct text t = text_in(yaml, sizeof yaml);
    text_adds(&t, "plan: 1\nname: told\ntarget: http://127.0.0.1:1\n"
                  "scenarios:\n  s:\n    steps:\n      - get: /x\n        name: n0\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0 }\n");
    text_adds(&t, step);
    text_adds(&t, "load:\n  seed: 5\n");
    text_adds(&t, load);
    MUST(!t.cut, "a plan that is too long");
    return yaml;
}

struct run_outcome story_run(const char *name, struct run_setup setup)
{
    if (setup.threads == 0) setup.threads = 1;
    world_name(name);
    struct run_outcome out = run_sim(&setup);
    truth_of_any(&out);
    return out;
}

const struct hist *story_measure(const struct run_outcome *run, enum cell_measure m)
{
    static struct hist h;
    hist_init(&h);
    for (uint32_t s = 0; s <= run->plan->stage_count; s++) {
        hist_merge(&h, &run->ledger->requests[s][0][0].measures[m]);
    }
    return &h;
}
