#include "store/retention.h"

#include <sys/stat.h>

#include "base/attr.h"
#include "base/file.h"
#include "base/ns.h"
#include "base/text.h"
#include "store/run_file.h"
#include "store/runs.h"

bool retention_mark(struct bytes folder, struct bytes name, struct err *err)
{
    char array[RUN_FILE_PATH_MAX];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%.*s/" RETENTION_MARK, BYTES_ARG(folder));
    return file_write(array, name, err);
}

static bool is_of(const char *folder, struct bytes plan)
{
    char path_array[RUN_FILE_PATH_MAX];
    char words[512];
    struct text path = text_in(path_array, sizeof path_array);
    text_addf(&path, "%s/" RETENTION_MARK, folder);
    if (plan.len >= sizeof words || path.cut || !file_is_there(path_array)) return false;
    struct bytes mark = {words, file_read_at(path_array, 0, words, sizeof words)};
    return bytes_equal(mark, plan);
}

/* UINT64_MAX: that is not known. */
static uint64_t written_ns(const char *folder)
{
    char array[RUN_FILE_PATH_MAX];
    struct text path = text_in(array, sizeof array);
    struct stat st;
    text_addf(&path, "%s/" RUN_FILE_NAME, folder);
    if (path.cut || stat(array, &st) != 0 || st.st_mtim.tv_sec < 0) return UINT64_MAX;
    return (uint64_t)st.st_mtim.tv_sec * NS_PER_S + (uint64_t)st.st_mtim.tv_nsec;
}

uint32_t retention_apply(struct bytes root, struct bytes plan, uint64_t before_ns,
                         const char *spared, struct arena *arena)
{
    struct runs_ids ids = runs_ids(root, RUNS_MAX, arena);
    uint32_t removed = 0;
    for (uint32_t i = 0; i < ids.count; i++) {
        char array[RUN_FILE_PATH_MAX];
        struct text folder = text_in(array, sizeof array);
        text_addf(&folder, "%.*s/%s", BYTES_ARG(root), ids.items[i]);
        bool old = runs_id_ns(ids.items[i]) < before_ns && strcmp(ids.items[i], spared) != 0;
        if (folder.cut || !old || !is_of(array, plan)) continue;
        if (written_ns(array) < before_ns && file_remove_tree(array, NULL)) removed++;
    }
    return removed;
}
