/* doctor_servers.h - the servers that a service leans on: which run here, and what each lets us
 * see.
 *
 * Why: these sources ask over the network, so it is not the kernel that refuses but a role; and
 * whoever doesn't know that one runs here will not write it into the plan.
 * Source: docs/observing-databases.md.
 * Thread: any.  Memory: in place. */
#pragma once

#include "observe/doctor.h"

/* Adds a finding for each kind of server. `root` as in doctor_examine(). */
void doctor_servers_examine(struct doctor *out, const char *root);
