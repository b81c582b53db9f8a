#include "plan/parse_priv.h"

static const enum output_kind kinds[] = {OUTPUT_JSON, OUTPUT_NDJSON, OUTPUT_CSV, OUTPUT_MARKDOWN,
                                         OUTPUT_JUNIT};

static bool unknown_form(struct parse *p, const struct node *n, struct bytes form)
{
    struct bytes names[COUNT_OF(kinds)];
    for (size_t i = 0; i < COUNT_OF(kinds); i++) names[i] = bytes_of(output_kind_name(kinds[i]));
    char hint[160];
    struct text t = text_in(hint, sizeof hint);
    diag_suggest(&t, form, "forms", names, COUNT_OF(kinds));
    return parse_node_error(p, DIAG_CHOICE, n, hint, "'%.*s' is no form of the result",
                            BYTES_ARG(form));
}

static bool is_form(enum output_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (kinds[i] == kind) return true;
    }
    return false;
}

/* `csv: a.csv`, which YAML takes for a key. */
static bool keyed_form(struct parse *p, const struct node *key, const struct node *value)
{
    char hint[200];
    struct text t = text_in(hint, sizeof hint);
    text_addf(&t, "write  - %.*s %.*s", BYTES_ARG(key->text), BYTES_ARG(value->text));
    return parse_node_error(p, DIAG_SHAPE, key, hint,
                            "an output is a form and a file; the ': ' makes a key of it");
}

/* `csv`, which goes into the run's folder, or `csv FILE`. */
static bool read_output(struct parse *p, const struct node *n, struct plan_output *out)
{
    if (n->kind == NODE_MAP && n->count == 1 && n->items[0].value->kind == NODE_SCALAR) {
        return keyed_form(p, n->items[0].key, n->items[0].value);
    }
    if (n->kind != NODE_SCALAR) return parse_node_is(p, n, SHAPE_SCALAR, "outputs");
    if (n->text.len == 0) return parse_node_empty(p, n, "outputs");
    size_t blank = bytes_find(n->text, BYTES_LIT(" "));
    struct bytes form = {n->text.at, blank < n->text.len ? blank : n->text.len};
    struct bytes path = bytes_trim(bytes_from(n->text, form.len));
    *out = (struct plan_output){.at = yaml_doc_span(&p->doc, n, n->text), .text = n->text};
    out->kind = output_kind_of(form);
    if (!is_form(out->kind)) return unknown_form(p, n, form);
    if (path.len > 0) out->path = parse_node_path(p, path);
    return true;
}

void parse_output_all(struct parse *p, const struct node *n)
{
    struct plan *plan = p->plan;
    plan->outputs = ARENA_ARRAY(p->arena, n->count, struct plan_output);
    for (uint32_t i = 0; i < n->count && plan->outputs; i++) {
        struct plan_output *out = &plan->outputs[plan->output_count];
        const struct node *item = n->items[i].value;
        if (!read_output(p, item, out)) continue;
        bool again = false;
        for (uint32_t k = 0; k < plan->output_count; k++) {
            const struct plan_output *other = &plan->outputs[k];
            bool same_file = out->path.len > 0 && bytes_equal(out->path, other->path);
            again = again || same_file
                    || (other->kind == out->kind && other->path.len == 0 && out->path.len == 0);
        }
        if (again) {
            parse_node_error(p, DIAG_CONFLICT, item, "keep one of them, or name another file",
                             "'%.*s' would be written twice", BYTES_ARG(item->text));
        } else {
            plan->output_count++;
        }
    }
}
