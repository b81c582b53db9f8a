/* yaml_doc.h - a YAML text as a tree whose every node knows its place.
 *
 * Why not libyaml's own document: it resolves no style, loses the end of flow values and stops at
 * the first error. Here libyaml only tokenises; repeated keys, merge keys, tags, second documents,
 * cut values and syntax errors become diagnostics, and the reading goes on where it can.
 * Layout: children in one array per node. An alias is the anchored node itself; the sum of nodes
 * as expanded is limited, as are depth and keys per map, so hostile input stays small.
 * Source: YAML 1.1 as libyaml 0.2.5 reads it. Its marks are 0-based code points; ours are 1-based,
 * turned in one place (yaml_doc.c, mark_to).
 * Thread: one owner.  Memory: the arena; texts that stand verbatim in the source view it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "plan/diag.h"
#include "plan/span.h"

#define YAML_SOURCE_MAX ((size_t)1 << 20)
#define YAML_DEPTH_MAX 32      /* nested lists and maps */
#define YAML_NODES_MAX 200000u /* with aliases expanded */
#define YAML_ITEMS_MAX 20000u  /* of one list */
#define YAML_KEYS_MAX 2000u    /* of one map */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };
enum node_style { NODE_PLAIN, NODE_QUOTED, NODE_BLOCK };

struct node_item {
    struct node *key; /* a scalar; NULL in a list */
    struct node *value;
};

struct node {
    enum node_kind kind;
    enum node_style style; /* of a scalar */
    bool in_flow;          /* stands inside [ ] or { } */
    bool verbatim;         /* `text` is source text at `text_offset` */
    bool told;             /* an error about it has been told: draw no conclusions */
    struct span at;        /* whole node, quotes included */
    uint32_t end;          /* offset just after it */
    uint32_t text_offset;
    struct bytes text;
    struct node_item *items;
    uint32_t count;
    uint32_t weight; /* nodes in it, itself included */
};

struct yaml_doc {
    struct bytes source;
    struct node *root;
    bool repaired; /* the tree lacks a line with a syntax error, on which other parts may depend */
};

/* Reads `source` (kept). False: there is no tree; at least one diagnostic says why. True with
 * diagnostics: the tree lacks what they name. */
MUST_USE bool yaml_doc_load(struct yaml_doc *doc, struct arena *arena, struct bytes source,
                            struct diags *diags);
/* The place of `part`, a view into n->text (or anything else: then of the whole node). */
struct span yaml_doc_span(const struct yaml_doc *doc, const struct node *n, struct bytes part);
/* True when what follows the node on its line is a comment, so that ` #` may have cut it. */
bool yaml_doc_comment_follows(const struct yaml_doc *doc, const struct node *n);
