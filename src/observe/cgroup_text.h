/* cgroup_text.h - where the cgroup of a process lies, and what its files say.
 *
 * Why: version 1 has a tree for each controller, version 2 one for all, hosts have both at once,
 * and containers see a part of either from inside. All is told by two files of /proc; taking them
 * apart is kept from reading them, so that each such host is a row of a test.
 * Source: cgroups(7); proc(5), "/proc/PID/mountinfo"; Documentation/admin-guide/cgroup-v2.rst.
 * Thread: any.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define CGROUP_PATH_BYTES 512

struct cgroup_folder {
    char path[CGROUP_PATH_BYTES]; /* from '/', without one at its end */
    uint32_t mount_len;           /* of it: where the tree is mounted, above which is no cgroup */
    bool v2;
};

/* Where the cgroup lies that `controller` of version 1 ("cpu", "blkio") works on, or else version
 * 2. `cgroups` is /proc/PID/cgroup, `mounts` /proc/self/mountinfo. False: nowhere that is seen. */
bool cgroup_text_find(struct bytes cgroups, struct bytes mounts, const char *controller,
                      struct cgroup_folder *out);
/* To the cgroup that it lies in; false: it was the topmost. */
bool cgroup_text_up(struct cgroup_folder *folder);
/* A number that may be absent: "max", -1, or one so big that version 1 means none by it. */
bool cgroup_text_limit(struct bytes text, uint64_t *out);
/* Cores of cpu.max: "50000 100000" is half of one; false: no quota. */
bool cgroup_text_cpu_max(struct bytes text, double *cores);

struct cgroup_io {
    uint64_t major, minor;
    uint64_t read_bytes, write_bytes;
};

/* Takes the next device off io.stat, or off version 1's blkio.throttle.io_service_bytes, where
 * reads and writes are lines of their own. */
bool cgroup_text_io(struct bytes *rest, struct cgroup_io *out);
