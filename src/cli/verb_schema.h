/* verb_schema.h - `prony schema`: the plan language for editors.
 *
 * Why: a mistake underlined while it is typed is never run.
 * Source: docs/plan.md.
 * Thread: main.  Memory: static. */
#pragma once

/* Prints the JSON Schema; the exit code. */
int verb_schema_main(void);
