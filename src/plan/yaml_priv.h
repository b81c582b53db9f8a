/* yaml_priv.h - what the two halves of the YAML reader share: tree building and syntax errors.
 *
 * Why apart: recognising what a person meant by a text that is not YAML is a subject of its own.
 * Source: YAML 1.1 as libyaml 0.2.5 reads it.
 * Thread: one owner.  Memory: the caller's. */
#pragma once

#include <yaml.h>

#include "plan/yaml_doc.h"

/* A place that walks forward through the source. */
struct yaml_cursor {
    size_t offset; /* bytes */
    size_t index;  /* code points, as libyaml counts them */
    uint32_t line, col;
};

/* The place of a libyaml mark, which is `index` code points from the start (after a BOM). */
void yaml_doc_seek(struct bytes source, struct yaml_cursor *c, size_t index);
/* The place of a byte. */
struct span yaml_doc_place(struct bytes source, size_t offset, size_t len);

/* Turns libyaml's error into the diagnostic of the mistake behind it. Returns the offset it blames.
 */
size_t yaml_trap_report(const yaml_parser_t *parser, struct bytes source, struct diags *diags);
/* Before libyaml sees it: size, encoding, control characters. */
bool yaml_trap_bytes(struct bytes source, struct diags *diags);
