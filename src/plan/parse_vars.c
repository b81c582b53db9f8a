/* `vars:`: names for values that the plan uses in several places, or that `--var` changes. */
#include "plan/parse_priv.h"

/* The value that a flag gives to `name`; at == NULL: none does. */
static struct bytes value_of_flag(const struct parse *p, struct bytes name)
{
    const struct plan_overrides *flags = p->in->overrides;
    struct bytes value = {0};
    for (uint32_t i = 0; flags && i < flags->var_count; i++) {
        if (bytes_equal(flags->vars[i].name, name)) value = flags->vars[i].value;
    }
    return value;
}

static bool holds_secret(const struct plan *plan, struct bytes value)
{
    for (uint32_t i = 0; i < plan->secret_count; i++) {
        if (bytes_find(value, plan->secrets[i]) != SIZE_MAX) return true;
    }
    return false;
}

static void read_var(struct parse *p, const struct node *name, const struct node *value)
{
    struct var var = {.at = name->at, .name = name->text};
    struct bytes given = value_of_flag(p, name->text);
    if (!parse_node_identifier(p, name, "a variable")) return;
    if (!parse_node_is(p, value, SHAPE_SCALAR, "vars")) return;
    if (value->text.len == 0 && value->style == NODE_PLAIN) {
        parse_node_empty(p, value, arena_copy(p->arena, name->text).at);
        return;
    }
    /* The plan's own value is read in any case: a mistake in it is one. What is empty is none where
     * another value stands above it. */
    uint32_t empties = p->plan->empty_env_count;
    if (!parse_variable_constant(p, value, value->text, &var.value)) return;
    if (given.at) p->plan->empty_env_count = empties;
    if (given.at) var.value = arena_copy(p->arena, given);
    var.secret = holds_secret(p->plan, var.value);
    p->plan->vars[p->plan->var_count++] = var;
}

/* A flag for a variable that the plan hasn't is a slip of the keys. */
static void check_flags(struct parse *p, const struct node *n)
{
    const struct plan_overrides *flags = p->in->overrides;
    struct bytes names[32];
    uint32_t count = 0;
    for (uint32_t i = 0; n && i < n->count && count < COUNT_OF(names); i++)
        names[count++] = n->items[i].key->text;
    for (uint32_t i = 0; flags && i < flags->var_count; i++) {
        bool known = false;
        for (uint32_t k = 0; n && k < n->count && !known; k++)
            known = bytes_equal(n->items[k].key->text, flags->vars[i].name);
        if (known) continue;
        char hint[240];
        struct text t = text_in(hint, sizeof hint);
        if (count > 0) diag_suggest(&t, flags->vars[i].name, "vars here", names, count);
        else text_addf(&t, "add to the plan:  vars: { %.*s: ... }", BYTES_ARG(flags->vars[i].name));
        diag_add(p->diags, DIAG_UNKNOWN_NAME, plan_load_flag_span(p, PARSE_VAR, i), hint,
                 "the plan has no variable '%.*s'", BYTES_ARG(flags->vars[i].name));
    }
}

void parse_vars_all(struct parse *p, const struct node *n)
{
    check_flags(p, n);
    if (!n) return;
    p->plan->vars = ARENA_ARRAY(p->arena, n->count, struct var);
    p->constant = true;
    for (uint32_t i = 0; i < n->count && p->plan->vars; i++)
        read_var(p, n->items[i].key, n->items[i].value);
    p->constant = false;
}

bool parse_vars_clash(struct parse *p, const struct node *name)
{
    for (uint32_t i = 0; i < p->plan->var_count; i++) {
        if (!bytes_equal(p->plan->vars[i].name, name->text)) continue;
        char hint[80];
        struct text t = text_in(hint, sizeof hint);
        text_addf(&t, "choose another name; the variable is in line %u", p->plan->vars[i].at.line);
        parse_node_error(p, DIAG_NAME_CLASH, name, hint, "'$%.*s' is a variable of vars already",
                         BYTES_ARG(name->text));
        return true;
    }
    return false;
}
