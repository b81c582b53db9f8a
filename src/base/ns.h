/* ns.h - the units of time, counted in nanoseconds.
 *
 * Why: rooms that have no business with a clock count in them too. Source: ours.
 * Thread: any.  Memory: none. */
#pragma once

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
