#include "observe/doctor_servers.h"

#include <dirent.h>

#include "base/attr.h"
#include "base/text.h"
#include "observe/proc.h"

#define PATH_BYTES 1024

/* A kind of server, and what may keep it from being seen whole; the last two NULL: nothing. */
static const struct {
    const char *source, *program, *sees, *lacks, *cure;
} kinds[] = {
    {"postgres", "postgres", "sessions by what they wait for, locks, statements, WAL",
     "without pg_monitor statements of other roles, and any without pg_stat_statements",
     "sudo -u postgres psql -c 'CREATE ROLE watch LOGIN IN ROLE pg_monitor'"},
    {"pgbouncer", "pgbouncer", "clients that wait for a connection, pools, times",
     "anything, by a role that is not among its stats_users",
     "sudo sed -i 's/^;* *stats_users *=.*/stats_users = watch/' /etc/pgbouncer/pgbouncer.ini && "
     "sudo systemctl reload pgbouncer"},
    {"redis", "redis-server",
     "commands, hits, memory, slow ones; where it has ACLs, by +info +slowlog +latency", NULL,
     NULL},
    {"memcached", "memcached", "commands, hits, memory by slab class", NULL, NULL},
};

/* The first process of that name; 0: there is none. Names are for everybody to read. */
static uint64_t find_program(const char *root, const char *program)
{
    char path[PATH_BYTES];
    struct text text = text_in(path, sizeof path);
    text_addf(&text, "%s/proc", root);
    DIR *dir = text.cut ? NULL : opendir(path);
    uint64_t first = 0;
    for (struct dirent *e = proc_next(dir); e; e = proc_next(dir)) {
        char array[64];
        uint64_t pid;
        if (!bytes_to_u64(bytes_of(e->d_name), &pid)) continue;
        struct bytes name = proc_read_path(array, sizeof array, "%s/proc/%s/comm", root, e->d_name);
        if (name.len > 0 && name.at[name.len - 1] == '\n') name.len--;
        if (bytes_is(name, program) && (first == 0 || pid < first)) first = pid;
    }
    if (dir) closedir(dir);
    return first;
}

void doctor_servers_examine(struct doctor *out, const char *root)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct doctor_finding *f = &out->findings[out->count++];
        *f = (struct doctor_finding){.source = kinds[i].source};
        uint64_t pid = find_program(root, kinds[i].program);
        struct text sees = text_in(f->sees, sizeof f->sees);
        text_addf(&sees, "%s: by `%s:` of the plan; ", kinds[i].sees, kinds[i].source);
        if (pid > 0) text_addf(&sees, "one runs here (%llu)", (unsigned long long)pid);
        else text_adds(&sees, "none runs here");
        if (!kinds[i].lacks) continue;
        f->state = DOCTOR_PARTLY;
        struct text lacks = text_in(f->lacks, sizeof f->lacks);
        struct text cure = text_in(f->cure, sizeof f->cure);
        text_adds(&lacks, kinds[i].lacks);
        text_adds(&cure, kinds[i].cure);
    }
}
