#include "explain/causes.h"

#include <math.h>

#include "base/attr.h"

#define OVER(fact, bound)                                                                          \
    {                                                                                              \
        FACT_##fact, true, bound                                                                   \
    }
#define UNDER(fact, bound)                                                                         \
    {                                                                                              \
        FACT_##fact, false, bound                                                                  \
    }
#define IS(fact) FACT_##fact
#define NEEDS(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define CLEARS(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define SHOWN(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define CAUSE(id, title, explains, needs, clears, shown, advice)                                   \
    {id, title, FACT_##explains, needs, clears, shown, advice},
static const struct cause_rule rules[] = {
#include "explain/causes.def"
};
#undef CAUSE

const struct cause_rule *causes_at(uint32_t index)
{
    return index < COUNT_OF(rules) ? &rules[index] : NULL;
}

static bool is_so(const struct cause_bound *b, const struct facts *f)
{
    double value = f->after[b->fact];
    return b->over ? value >= b->bound : value < b->bound; /* NAN: neither */
}

enum fact causes_alibi(const struct cause_rule *rule, const struct facts *f)
{
    for (uint32_t i = 0; i < CAUSES_LIST && rule->clears[i].fact != FACT_NONE; i++) {
        if (is_so(&rule->clears[i], f)) return rule->clears[i].fact;
    }
    return FACT_NONE;
}

enum cause_weight causes_weigh(const struct cause_rule *rule, const struct facts *f)
{
    bool all = true;
    bool blind = false;
    bool known_not = false;
    for (uint32_t i = 0; i < CAUSES_LIST && rule->needs[i].fact != FACT_NONE; i++) {
        bool unseen = isnan(f->after[rule->needs[i].fact]);
        if (!unseen && !is_so(&rule->needs[i], f)) known_not = true;
        all = all && is_so(&rule->needs[i], f);
        blind = blind || unseen;
    }
    if (causes_alibi(rule, f) != FACT_NONE) return CAUSE_CLEARED;
    if (all) return CAUSE_BLAMED;
    return blind && !known_not ? CAUSE_BLIND : CAUSE_POSSIBLE;
}
