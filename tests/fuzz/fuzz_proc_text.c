/* fuzz_proc_text.c - what the kernel tells in /proc and in cgroups, where a container or a file
 * system may stand in for it: names lie in the text and in turn, readers of lines come to an end, a
 * folder is a path, a set of cores has what its count says. Input: the text; for the readers of two
 * texts a NUL stands between them. */
#include "base/proc_text.h"
#include "laws.h"
#include "observe/cgroup_text.h"
#include "observe/cpu_list.h"
#include "observe/host_text.h"

#define MAX_TEXT 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct bytes name, struct bytes text)
{
    return name.at >= text.at && name.at + name.len <= text.at + text.len;
}

static bool holds(struct bytes text, const char *word)
{
    return bytes_find(text, bytes_of(word)) != SIZE_MAX;
}

static void check_lines(struct bytes text)
{
    struct host_disk disk;
    struct host_device device;
    struct cgroup_io io;
    struct bytes rest = text;
    for (size_t left = rest.len + 1; host_text_disk(&rest, &disk); left = rest.len) {
        LAW(rest.len < left && disk.name.len > 0 && lies_in(disk.name, text));
    }
    rest = text;
    for (size_t left = rest.len + 1; host_text_device(&rest, &device); left = rest.len) {
        LAW(rest.len < left && device.name.len > 0 && lies_in(device.name, text));
    }
    rest = text;
    for (size_t left = rest.len + 1; cgroup_text_io(&rest, &io); left = rest.len) {
        LAW(rest.len < left);
    }
    rest = text;
    uint64_t number;
    for (size_t left = rest.len + 1; proc_text_next(&rest, &number); left = rest.len) {
        LAW(rest.len < left);
    }
}

static void check_numbers(struct bytes text)
{
    uint64_t of[HOST_STATES], number = proc_text_after(text, "cpu");
    double cores = 1;
    if (host_text_cpu(text, of)) LAW(holds(text, "cpu"));
    if (host_text_pressure(text, "some", &number)) LAW(holds(text, "some"));
    if (host_text_line(text, "MemFree:", &number)) LAW(holds(text, "MemFree:"));
    if (host_text_counter(text, "Tcp:", "InSegs", &number)) {
        LAW(holds(text, "InSegs"));
    }
    if (host_text_runnable(text, &number) || cgroup_text_limit(text, &number)) LAW(text.len > 0);
    if (cgroup_text_cpu_max(text, &cores)) LAW(cores >= 0 && cores <= 0x1p64);
}

static void check_cores(struct bytes text, struct bytes other)
{
    struct cpu_list list, by;
    if (!cpu_list_read(text, &list)) return;
    uint32_t count = cpu_list_count(&list);
    LAW(count > 0 && count <= CPU_LIST_MAX);
    struct cpu_list same = list;
    cpu_list_cut(&same, &list);
    LAW(cpu_list_count(&same) == count);
    if (!cpu_list_read(other, &by)) return;
    cpu_list_cut(&list, &by);
    LAW(cpu_list_count(&list) <= count && cpu_list_count(&list) <= cpu_list_count(&by));
}

static void check_folder(struct bytes cgroups, struct bytes mounts)
{
    struct cgroup_folder folder;
    if (!cgroup_text_find(cgroups, mounts, "cpu", &folder)) return;
    size_t len = strnlen(folder.path, sizeof folder.path);
    LAW(len < sizeof folder.path && folder.path[0] == '/' && folder.mount_len <= len);
    while (cgroup_text_up(&folder)) {
        size_t shorter = strlen(folder.path);
        LAW(shorter < len && shorter >= folder.mount_len);
        len = shorter;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    struct bytes text = guard_put(&guard, (struct bytes){(const char *)data, size});
    const char *nul = memchr(text.at, '\0', text.len);
    size_t first = nul ? (size_t)(nul - text.at) : text.len;
    struct bytes left = {text.at, first}, right = bytes_from(text, nul ? first + 1 : first);
    check_lines(text);
    check_numbers(text);
    check_cores(left, right);
    check_folder(left, right);
    return 0;
}
