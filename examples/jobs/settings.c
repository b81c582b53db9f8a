#include "settings.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "amounts.h"
#include "clock.h"

enum knob_kind { KNOB_WHOLE, KNOB_RATE, KNOB_TIME, KNOB_SWITCH, KNOB_CACHE, KNOB_INDEX };

struct knob {
    const char *name;
    enum knob_kind kind;
    size_t offset; /* of the field in struct settings */
    uint64_t least, most;
    const char *usual; /* the naive default, in the words a user would type */
    const char *help;
};

#define FIELD(name) offsetof(struct settings, name)

/* clang-format off */
static const struct knob knobs[] = {
    { "WORKERS", KNOB_WHOLE, FIELD(workers), 1, 1024, "4",
      "threads that carry out jobs" },
    { "DB_POOL", KNOB_WHOLE, FIELD(db_pool), 1, 256, "4",
      "requests that may be in the database at once" },
    { "CACHE", KNOB_CACHE, FIELD(cache), 0, 0, "off",
      "off, memory, redis://HOST:PORT or memcached://HOST:PORT" },
    { "CACHE_TTL", KNOB_TIME, FIELD(cache_ttl_ns), 0, 3600 * NS_PER_S, "1s",
      "how old a cached answer may be" },
    { "LIMIT", KNOB_WHOLE, FIELD(limit), 0, 100000, "0",
      "requests in flight before 503; 0 = no limit" },
    { "RATE", KNOB_RATE, FIELD(rate_per_s), 0, 1000000, "0",
      "requests let in per second before 429 (500/s); 0 = no limit" },
    { "TIMEOUT", KNOB_TIME, FIELD(timeout_ns), 0, 3600 * NS_PER_S, "0s",
      "a request's deadline before 504; 0s = none" },
    { "QUEUE", KNOB_WHOLE, FIELD(queue), 0, 10000000, "0",
      "jobs waiting for a worker before 503; 0 = no limit" },
    { "REUSE", KNOB_SWITCH, FIELD(reuse), 0, 1, "0",
      "1: keep connections, statements and buffers between requests" },
    { "BATCH", KNOB_WHOLE, FIELD(batch), 1, 10000, "1",
      "writes in one commit; above 1: one writer thread, WAL" },
    { "ROWS", KNOB_WHOLE, FIELD(rows), 0, 5000000, "50000",
      "old jobs that a new database starts with" },
    { "INDEX", KNOB_INDEX, FIELD(index), 0, 1, "",
      "1: create the indexes, 0: drop them; unset: leave them as they are" },
};
/* clang-format on */

#define KNOB_COUNT (sizeof knobs / sizeof *knobs)

static void *field_of(struct settings *settings, const struct knob *knob)
{
    return (char *)settings + knob->offset;
}

static bool set_number(struct settings *out, const struct knob *knob, const char *text)
{
    uint64_t value;
    bool read = knob->kind == KNOB_RATE ? amounts_rate(text, knob->most, &value)
                                        : amounts_whole(text, knob->most, &value);
    if (!read || value < knob->least) return false;
    *(uint32_t *)field_of(out, knob) = (uint32_t)value; /* knob->most fits 32 bits */
    return true;
}

static bool set_time(struct settings *out, const struct knob *knob, const char *text)
{
    uint64_t value_ns;
    if (!amounts_duration(text, &value_ns) || value_ns > knob->most) return false;
    *(uint64_t *)field_of(out, knob) = value_ns;
    return true;
}

/* SCHEME://HOST[:PORT] */
static bool read_place(struct settings *out, const char *place, uint16_t usual_port)
{
    uint64_t port = usual_port;
    size_t len = strcspn(place, ":/@");
    if (len == 0 || len >= sizeof out->cache_host) return false;
    snprintf(out->cache_host, sizeof out->cache_host, "%.*s", (int)len, place);
    if (place[len] == ':') {
        if (!amounts_whole(place + len + 1, UINT16_MAX, &port) || port == 0) return false;
    } else if (place[len] != '\0') {
        return false;
    }
    out->cache_port = (uint16_t)port;
    return true;
}

static bool set_cache(struct settings *out, const char *text)
{
    static const struct {
        const char *text;
        enum cache_kind kind;
        uint16_t port; /* 0: it is here and has none */
    } kinds[] = {
        {"off", CACHE_OFF, 0},
        {"memory", CACHE_MEMORY, 0},
        {"local", CACHE_MEMORY, 0},
        {"redis://", CACHE_REDIS, 6379},
        {"memcached://", CACHE_MEMCACHED, 11211},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t len = strlen(kinds[i].text);
        if (strncmp(text, kinds[i].text, len) != 0) continue;
        out->cache = kinds[i].kind;
        if (kinds[i].port > 0) return read_place(out, text + len, kinds[i].port);
        return text[len] == '\0';
    }
    return false;
}

static bool set_choice(struct settings *out, const struct knob *knob, const char *text)
{
    bool one = strcmp(text, "1") == 0;
    if (knob->kind == KNOB_INDEX) {
        out->index = *text == '\0' ? INDEX_KEEP : one ? INDEX_CREATE : INDEX_DROP;
        return *text == '\0' || one || strcmp(text, "0") == 0;
    }
    *(bool *)field_of(out, knob) = one;
    return one || strcmp(text, "0") == 0;
}

static bool set_knob(struct settings *out, const struct knob *knob, const char *text)
{
    switch (knob->kind) {
    case KNOB_WHOLE:
    case KNOB_RATE:
        return set_number(out, knob, text);
    case KNOB_TIME:
        return set_time(out, knob, text);
    case KNOB_CACHE:
        return set_cache(out, text);
    case KNOB_SWITCH:
    case KNOB_INDEX:
        return set_choice(out, knob, text);
    }
    return false;
}

static void complain(const struct knob *knob, const char *text)
{
    switch (knob->kind) {
    case KNOB_WHOLE:
        warnx("%s=%s: must be a whole number from %llu to %llu", knob->name, text,
              (unsigned long long)knob->least, (unsigned long long)knob->most);
        break;
    case KNOB_RATE:
        warnx("%s=%s: must be a whole number per second up to %llu, such as 500/s (0 = no limit)",
              knob->name, text, (unsigned long long)knob->most);
        break;
    case KNOB_TIME:
        warnx("%s=%s: must be a duration up to 1h, such as 500ms or 2s", knob->name, text);
        break;
    case KNOB_CACHE:
        warnx("%s=%s: must be off, memory, redis://HOST:PORT or memcached://HOST:PORT", knob->name,
              text);
        break;
    case KNOB_SWITCH:
    case KNOB_INDEX:
        warnx("%s=%s: must be 0 or 1", knob->name, text);
        break;
    }
}

static bool read_knobs(struct settings *out)
{
    bool good = true;
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        const char *text = getenv(knobs[i].name);
        if (!text || *text == '\0') text = knobs[i].usual;
        if (set_knob(out, &knobs[i], text)) continue;
        complain(&knobs[i], text);
        good = false;
    }
    const char *plant = getenv("PLANT");
    if (plant && !plant_parse(&out->plant, plant)) {
        warnx("PLANT=%s: must be a comma list of %s", plant, PLANT_FORMS);
        good = false;
    }
    return good;
}

/* Uses `dir`, made if need be; without one a private folder that goes at the end. */
static bool make_dir(struct settings *out, const char **dir)
{
    if (*dir) {
        if (mkdir(*dir, 0700) == 0 || errno == EEXIST) return true;
        warn("--dir %s", *dir);
        return false;
    }
    snprintf(out->temp_dir, sizeof out->temp_dir, "/tmp/jobs.XXXXXX");
    *dir = mkdtemp(out->temp_dir);
    if (*dir) return true;
    warn("cannot make a private folder under /tmp");
    out->temp_dir[0] = '\0';
    return false;
}

static bool is_postgres(const char *db)
{
    return strncmp(db, "postgres://", 11) == 0 || strncmp(db, "postgresql://", 13) == 0;
}

/* DB is a path (`sqlite:PATH` too) or PostgreSQL's URL. False: it names another database. */
static bool check_db(const char *db)
{
    if (!strstr(db, "://") || is_postgres(db)) return true;
    int scheme_len = (int)strcspn(db, ":"); /* what follows may hold a password */
    warnx("DB=%.*s://...: must be postgres://USER@HOST:PORT/NAME, a file's path for SQLite, or "
          "empty for jobs.db under --dir",
          scheme_len, db);
    return false;
}

static bool set_path(struct settings *out, const char *db, const char *dir)
{
    int len;
    out->db_kind = is_postgres(db) ? DB_POSTGRES : DB_SQLITE;
    if (out->db_kind == DB_POSTGRES) {
        len = snprintf(out->db_path, sizeof out->db_path, "%s", db);
    } else if (*db == '\0') {
        if (!make_dir(out, &dir)) return false;
        len = snprintf(out->db_path, sizeof out->db_path, "%s/jobs.db", dir);
    } else {
        if (strncmp(db, "sqlite:", 7) == 0) db += 7;
        len = snprintf(out->db_path, sizeof out->db_path, "%s", db);
    }
    if (len > 0 && (size_t)len < sizeof out->db_path) return true;
    warnx("DB, --dir: the path is empty or too long");
    return false;
}

static enum settings_result read_arguments(struct settings *out, const char **dir, int argc,
                                           char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"dir", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    opterr = 0;
    for (;;) {
        uint64_t port;
        switch (getopt_long(argc, argv, "+:h", options, NULL)) {
        case 'h':
            return SETTINGS_HELP;
        case 'd':
            *dir = optarg;
            break;
        case 'p':
            if (!amounts_whole(optarg, UINT16_MAX, &port)) {
                warnx("--port %s: must be a number from 0 to 65535", optarg);
                return SETTINGS_BAD;
            }
            out->port = (uint16_t)port;
            break;
        case ':':
            warnx("%s: its value is missing; see --help", argv[optind - 1]);
            return SETTINGS_BAD;
        case -1:
            if (optind == argc) return SETTINGS_OK;
            warnx("%s: not an option; see --help", argv[optind]);
            return SETTINGS_BAD;
        default:
            warnx("%s: unknown; see --help", argv[optind - 1]);
            return SETTINGS_BAD;
        }
    }
}

/* What stands after the host of a URL may be a password, too, and before it often is. */
void settings_name_db(const struct settings *settings, char *out, size_t out_bytes)
{
    const char *path = settings->db_path;
    if (settings->db_kind == DB_SQLITE) {
        snprintf(out, out_bytes, "%s", path);
        return;
    }
    const char *place = strstr(path, "://") + 3;
    size_t len = strcspn(place, "?");
    const char *host = memrchr(place, '@', len);
    host = host ? host + 1 : place;
    snprintf(out, out_bytes, "postgres://%.*s", (int)(place + len - host), host);
}

enum settings_result settings_read(struct settings *out, int argc, char **argv)
{
    *out = (struct settings){.port = 8080};
    const char *dir = NULL;
    enum settings_result result = read_arguments(out, &dir, argc, argv);
    if (result != SETTINGS_OK) return result;
    const char *db = getenv("DB");
    if (!db) db = "";
    bool good = read_knobs(out);
    good = check_db(db) && good;
    return good && set_path(out, db, dir) ? SETTINGS_OK : SETTINGS_BAD;
}

void settings_help(FILE *to)
{
    fputs("jobs - a job queue behind an HTTP API, with SQLite inside or PostgreSQL behind\n\n"
          "  jobs [--port N] [--dir DIR]\n\n"
          "  --port N   on 127.0.0.1; default 8080, 0 = any free one\n"
          "  --dir DIR  keeps jobs.db; default a private folder that is removed at the end\n\n"
          "Environment (default in brackets):\n",
          to);
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        fprintf(to, "  %-10s %s [%s]\n", knobs[i].name, knobs[i].help,
                *knobs[i].usual ? knobs[i].usual : "unset");
    }
    fprintf(to, "  %-10s postgres://USER@HOST:PORT/NAME, or the path of SQLite's file\n", "DB");
    fprintf(to, "  %-10s [jobs.db under --dir]\n", "");
    fprintf(to, "  %-10s faults to plant, a comma list of\n  %-10s %s [none]\n", "PLANT", "",
            PLANT_FORMS);
}
