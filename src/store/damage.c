#include "store/damage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/run_file.h"

enum { PAGE_SIZE_AT = 16, CHANGES_AT = 24, PAGES_AT = 28, VALID_FOR_AT = 92, HEAD_LEN = 100 };

/* How long the file was when it was last whole; 0: it doesn't say. */
static uint64_t whole_bytes(const unsigned char head[HEAD_LEN])
{
    uint64_t page = (uint64_t)head[PAGE_SIZE_AT] << 8 | head[PAGE_SIZE_AT + 1];
    if (page == 1) page = 65536; /* which two bytes cannot hold */
    /* Else another program changed it, which did not keep the number of pages. */
    bool valid = memcmp(head + CHANGES_AT, head + VALID_FOR_AT, 4) == 0;
    return valid ? page * run_file_number(head + PAGES_AT) : 0;
}

/* ` (cut short: 32 of its 60 KiB are there)` */
static void add_size(struct text *out, const char *path)
{
    unsigned char head[HEAD_LEN];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool read_all = fd >= 0 && read(fd, head, sizeof head) == HEAD_LEN && fstat(fd, &st) == 0;
    if (fd >= 0) close(fd);
    if (!read_all) return;
    uint64_t whole = whole_bytes(head);
    uint64_t there = (uint64_t)st.st_size;
    if (there >= whole) return;
    text_addf(out, " (cut short: %llu of its %llu KiB are there)",
              (unsigned long long)(there / 1024), (unsigned long long)((whole + 1023) / 1024));
}

bool damage_explain(struct err *err, const char *path)
{
    if (!err) return false;
    char beside[RUN_FILE_PATH_MAX];
    struct text result = text_in(beside, sizeof beside);
    struct text msg = {.at = err->msg, .len = strlen(err->msg), .size = sizeof err->msg};
    add_size(&msg, path);
    struct bytes folder = bytes_of(path);
    while (folder.len > 0 && folder.at[folder.len - 1] != '/') folder.len--;
    text_addf(&result, "%.*sresult.json", BYTES_ARG(folder));
    bool has_result = !result.cut && file_is_there(beside);
    return err_hint(err, "copy it again from where it is whole%s%s",
                    has_result ? "; what the run found stands in " : "", has_result ? beside : "");
}
