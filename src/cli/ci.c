#include "cli/ci.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/console.h"
#include "show/github.h"
#include "show/result_markdown.h"

#define SUMMARY_LIMIT ((size_t)1 << 20)
#define ANNOTATIONS_LIMIT ((size_t)64 << 10)

static struct bytes setting(const char *name)
{
    return bytes_of(getenv(name));
}

static bool append(const char *path, struct bytes page, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    bool written = false;
    if (fd < 0) return err_set(err, ERR_IO, errno, "cannot add to the job's summary %s", path);
    while (page.len > 0) {
        ssize_t n = write(fd, page.at, page.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) goto out;
        page = bytes_from(page, (size_t)n);
    }
    written = true;
out:
    if (!written) err_set(err, ERR_IO, errno, "cannot add to the job's summary %s", path);
    return close(fd) == 0 && written;
}

static void add_summary(const struct result *result, const char *path, struct arena *arena)
{
    struct err err = {0};
    char *array = arena_alloc(arena, SUMMARY_LIMIT);
    if (!array) return;
    struct text page = text_in(array, SUMMARY_LIMIT);
    result_markdown_write(&page, result);
    text_addc(&page, '\n', 1);
    if (page.cut) {
        console_say("prony: the page for the job's summary is over its limit of 1 MiB, left out");
    } else if (!append(path, text_bytes(&page), &err)) {
        char said[300];
        struct text line = text_in(said, sizeof said);
        text_addf(&line, "prony: %s", err.msg);
        console_say(said);
    }
}

/* The plan's file as the repository has it: below GITHUB_WORKSPACE, else as it was named. */
static struct bytes plan_file(const struct plan *plan, struct arena *arena)
{
    char full[PATH_MAX];
    char root[PATH_MAX];
    struct bytes workspace = setting("GITHUB_WORKSPACE");
    if (plan->path.len == 0 || workspace.len == 0) return plan->path;
    struct bytes path = arena_copy(arena, plan->path);
    if (!path.at || !realpath(path.at, full) || !realpath(workspace.at, root)) return plan->path;
    size_t len = strlen(root);
    bool below = bytes_starts(bytes_of(full), bytes_of(root)) && full[len] == '/';
    return below ? arena_copy(arena, bytes_of(full + len + 1)) : plan->path;
}

static void annotate(const struct result *result, struct arena *arena)
{
    char *array = arena_alloc(arena, ANNOTATIONS_LIMIT);
    if (!array) return;
    struct text lines = text_in(array, ANNOTATIONS_LIMIT);
    github_annotate(&lines, result, plan_file(result->header->plan, arena));
    console_say_commands(text_bytes(&lines));
}

void ci_tell(const struct result *result, struct arena *arena)
{
    struct bytes summary = setting("GITHUB_STEP_SUMMARY");
    if (summary.len > 0) add_summary(result, summary.at, arena);
    if (bytes_is(setting("GITHUB_ACTIONS"), "true")) annotate(result, arena);
}
