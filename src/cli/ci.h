/* ci.h - a run inside a CI system: what it shows beside the log.
 *
 * Why: with GITHUB_STEP_SUMMARY set the page of the result is added to the job's summary, with
 * GITHUB_ACTIONS=true missed objectives are annotated at their own line of the plan. Gitea and
 * Forgejo read the same. Annotations go to stderr, so that stdout stays the result.
 * Source: GitHub docs, "Adding a job summary": at most 1 MiB a step.
 * Thread: main.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "tick/result.h"

/* Does what the environment asks for; what cannot be written is said on stderr. */
void ci_tell(const struct result *result, struct arena *arena);
