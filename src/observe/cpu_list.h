/* cpu_list.h - sets of cores as the kernel writes them: "0-3,8".
 *
 * Why: how many cores a service may use is what several such lists have in common.
 * Source: cpuset(7), "List format".  Thread: any.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define CPU_LIST_MAX 4096 /* cores beyond are not told apart, nor counted */

struct cpu_list {
    uint64_t bits[CPU_LIST_MAX / 64];
};

/* False: the text is none, or names no core. */
bool cpu_list_read(struct bytes text, struct cpu_list *out);
/* Leaves what is in both. */
void cpu_list_cut(struct cpu_list *list, const struct cpu_list *by);
uint32_t cpu_list_count(const struct cpu_list *list);
