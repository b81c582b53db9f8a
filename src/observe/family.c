#include "observe/family.h"

#include <dirent.h>

#include "base/proc_text.h"
#include "base/text.h"

#define CHILDREN_BYTES 8192
#define STAT_BYTES 1024
#define START_FIELD 22 /* of /proc/PID/stat; the second is a name in brackets */

bool family_open(struct family *f, struct arena *arena, const pid_t *roots, uint32_t root_count)
{
    *f = (struct family){.roots = roots,
                         .root_count = root_count,
                         .processes = ARENA_ARRAY(arena, FAMILY_PROCESSES, struct family_process),
                         .threads = ARENA_ARRAY(arena, FAMILY_THREADS, struct family_thread)};
    return arena_ok(arena);
}

/* -- Threads -------------------------------------------------------------------------------- */

static void close_thread(struct family_thread *t)
{
    proc_close(&t->sched);
    proc_close(&t->syscall);
}

static void meet_thread(struct family *f, uint32_t process, pid_t tid)
{
    pid_t pid = f->processes[process].pid;
    for (uint32_t i = 0; i < f->thread_count; i++) {
        struct family_thread *t = &f->threads[i];
        if (t->tid != tid || t->pid != pid) continue;
        t->seen = true;
        return;
    }
    if (f->thread_count == FAMILY_THREADS) {
        f->threads_beyond++;
        return;
    }
    struct family_thread *t = &f->threads[f->thread_count];
    *t = (struct family_thread){
        .pid = pid, .tid = tid, .process = process, .seen = true, .fresh = true};
    if (!proc_open(&t->sched, "/proc/%d/task/%d/schedstat", pid, tid)) return; /* it has ended */
    t->denied = !proc_open(&t->syscall, "/proc/%d/task/%d/syscall", pid, tid);
    char array[64];
    struct bytes name =
        bytes_trim(proc_read_path(array, sizeof array, "/proc/%d/task/%d/comm", pid, tid));
    struct text text = text_in(t->name, sizeof t->name);
    if (name.len > 0 && name.at[name.len - 1] == '\n') name.len--;
    text_add(&text, name);
    f->thread_count++;
}

/* -- Processes ------------------------------------------------------------------------------ */

static void close_process(struct family_process *p)
{
    proc_close(&p->stat);
    proc_close(&p->io);
}

/* When it started; 0: it is no more. */
static uint64_t start_of(const struct proc_file *stat)
{
    char array[STAT_BYTES];
    struct bytes rest = proc_read(stat, array, sizeof array);
    size_t at = rest.len;
    while (at > 0 && rest.at[at - 1] != ')') at--;
    rest = bytes_from(rest, at);
    uint64_t value = 0;
    for (uint32_t field = 3; field <= START_FIELD && rest.len > 0; field++) {
        while (rest.len > 0 && rest.at[0] == ' ') rest = bytes_from(rest, 1);
        size_t len = 0;
        while (len < rest.len && rest.at[len] != ' ') len++;
        if (field == START_FIELD && !bytes_to_u64((struct bytes){rest.at, len}, &value)) return 0;
        rest = bytes_from(rest, len);
    }
    return value;
}

uint64_t family_start_of(const char *root, pid_t pid)
{
    struct proc_file stat;
    if (!proc_open(&stat, "%s/proc/%d/stat", root, pid)) return 0;
    uint64_t start = start_of(&stat);
    proc_close(&stat);
    return start;
}

/* Its index; FAMILY_PROCESSES: it is gone, or there are too many. */
static uint32_t meet_process(struct family *f, pid_t pid)
{
    for (uint32_t i = 0; i < f->process_count; i++) {
        struct family_process *p = &f->processes[i];
        if (p->pid != pid) continue;
        if (start_of(&p->stat) != p->start) return FAMILY_PROCESSES; /* forgotten after this look */
        bool again = p->seen;
        p->seen = true;
        return again ? FAMILY_PROCESSES : i;
    }
    if (f->process_count == FAMILY_PROCESSES) return FAMILY_PROCESSES;
    struct family_process *p = &f->processes[f->process_count];
    *p = (struct family_process){.pid = pid, .seen = true, .fresh = true, .io.fd = -1};
    if (!proc_open(&p->stat, "/proc/%d/stat", pid)) return FAMILY_PROCESSES;
    p->start = start_of(&p->stat);
    if (p->start == 0) {
        close_process(p);
        return FAMILY_PROCESSES;
    }
    proc_open(&p->io, "/proc/%d/io", pid); /* of somebody else's it may be denied */
    return f->process_count++;
}

static pid_t number_of(const char *text)
{
    uint64_t value;
    return bytes_to_u64(bytes_of(text), &value) && value <= INT32_MAX ? (pid_t)value : 0;
}

/* Children of one thread, onto the list. */
static void add_children(pid_t pid, pid_t tid, pid_t *list, uint32_t *count)
{
    char array[CHILDREN_BYTES];
    struct bytes rest = proc_read_path(array, sizeof array, "/proc/%d/task/%d/children", pid, tid);
    uint64_t child;
    while (*count < FAMILY_PROCESSES && proc_text_next(&rest, &child)) {
        list[(*count)++] = (pid_t)child;
    }
}

static void look_at_threads(struct family *f, uint32_t process, pid_t *list, uint32_t *count)
{
    char array[64];
    struct text path = text_in(array, sizeof array);
    pid_t pid = f->processes[process].pid;
    text_addf(&path, "/proc/%d/task", pid);
    DIR *dir = opendir(array);
    if (!dir) return;
    for (struct dirent *e = proc_next(dir); e; e = proc_next(dir)) {
        pid_t tid = number_of(e->d_name);
        if (tid == 0) continue;
        meet_thread(f, process, tid);
        add_children(pid, tid, list, count);
    }
    closedir(dir);
}

/* -- All of them ---------------------------------------------------------------------------- */

static void forget_threads(struct family *f)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < f->thread_count; i++) {
        struct family_thread *t = &f->threads[i];
        if (t->seen) f->threads[kept++] = *t;
        else close_thread(t);
    }
    f->thread_count = kept;
}

/* Those that are left move up, and their threads with them. */
static void forget_processes(struct family *f)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < f->process_count; i++) {
        struct family_process *p = &f->processes[i];
        for (uint32_t j = 0; j < f->thread_count; j++) {
            struct family_thread *t = &f->threads[j];
            if (t->process != i || t->pid != p->pid) continue;
            if (p->seen) t->process = kept;
            else t->seen = false;
        }
        if (p->seen) f->processes[kept++] = *p;
        else close_process(p);
    }
    f->process_count = kept;
}

uint32_t family_look(struct family *f)
{
    pid_t list[FAMILY_PROCESSES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->process_count; i++) f->processes[i].seen = false;
    for (uint32_t i = 0; i < f->thread_count; i++) f->threads[i].seen = false;
    f->threads_beyond = 0;
    for (uint32_t i = 0; i < f->root_count && count < FAMILY_PROCESSES; i++) {
        list[count++] = f->roots[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t process = meet_process(f, list[i]);
        if (process < FAMILY_PROCESSES) look_at_threads(f, process, list, &count);
    }
    forget_processes(f);
    forget_threads(f);
    return f->process_count;
}

void family_close(struct family *f)
{
    for (uint32_t i = 0; i < f->thread_count; i++) close_thread(&f->threads[i]);
    for (uint32_t i = 0; i < f->process_count; i++) close_process(&f->processes[i]);
    f->thread_count = f->process_count = 0;
}
