#include "store/run_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/damage.h"

#define BUSY_WAIT_MS 500 /* for another process's write to the command table */
/* Ticks are only ever added behind the others: pages that were written are not asked for again, and
 * would only make the run grow second by second. In KiB, with a minus. */
#define CACHE "PRAGMA cache_size = -256"
#define FINE_LENGTH_NS (7200 * NS_PER_S)

static const char schema[] =
    "CREATE TABLE header(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE tick(id INTEGER PRIMARY KEY, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,"
    " stage INTEGER NOT NULL, judged INTEGER NOT NULL, last INTEGER NOT NULL, blob BLOB NOT NULL);"
    "CREATE TABLE event(tick INTEGER NOT NULL, seq INTEGER NOT NULL, at_ns INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, stage INTEGER NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY(tick, seq)) WITHOUT ROWID;"
    "CREATE TABLE exemplar(tick INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " stage INTEGER NOT NULL, name INTEGER NOT NULL, outcome INTEGER NOT NULL,"
    " status INTEGER NOT NULL, intended_ns INTEGER NOT NULL, response_ns INTEGER NOT NULL,"
    " lag_ns INTEGER NOT NULL, wait_ns INTEGER NOT NULL, connect_ns INTEGER NOT NULL,"
    " tls_ns INTEGER NOT NULL, ttfb_ns INTEGER NOT NULL, service_ns INTEGER NOT NULL, detail BLOB "
    "NOT NULL,"
    " sample BLOB NOT NULL, trace TEXT NOT NULL, sampled INTEGER NOT NULL, PRIMARY KEY(tick, seq)) "
    "WITHOUT ROWID;"
    "CREATE TABLE series(id INTEGER PRIMARY KEY, tick INTEGER NOT NULL, service TEXT NOT NULL,"
    " name TEXT NOT NULL, label TEXT NOT NULL, unit INTEGER NOT NULL);"
    "CREATE TABLE ending(id INTEGER PRIMARY KEY CHECK(id = 1), ended INTEGER NOT NULL,"
    " signal INTEGER NOT NULL, at_ns INTEGER NOT NULL, generator_cpu_ns INTEGER NOT NULL,"
    " max_rss_bytes INTEGER NOT NULL, reason TEXT NOT NULL);"
    "CREATE TABLE result(id INTEGER PRIMARY KEY CHECK(id = 1), verdict TEXT NOT NULL,"
    " exit INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE TABLE command(id INTEGER PRIMARY KEY, verb TEXT NOT NULL, taken_ns INTEGER);";

uint64_t run_file_tick_ns(uint64_t planned_ns)
{
    if (planned_ns <= FINE_LENGTH_NS) return NS_PER_S;
    uint64_t step_ns = RUN_FILE_TICKS_MAX * NS_PER_S;
    return (planned_ns / step_ns + (planned_ns % step_ns > 0)) * NS_PER_S;
}

int run_file_exec(struct run_file *f, const char *sql)
{
    return sqlite3_exec(f->db, sql, NULL, NULL, NULL);
}

const char *run_file_said(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "no space left on the disk";
    case SQLITE_IOERR:
        return "input/output error (or the disk or a size limit is full)";
    case SQLITE_READONLY:
        return "it may not be written";
    case SQLITE_CANTOPEN:
        return "it cannot be opened";
    case SQLITE_NOTADB:
        return "it is not a run file";
    case SQLITE_ERROR:
        return "its tables are damaged"; /* all that is asked of them is ours */
    case SQLITE_CORRUPT:
        return "it is damaged";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another process holds it";
    default:
        return sqlite3_errstr(code);
    }
}

bool run_file_unreadable(const char *path, int code, struct err *err)
{
    int plain = code & 0xff;
    err_set(err, ERR_IO, 0, "cannot read %s: %s", path, run_file_said(code));
    bool damaged = plain == SQLITE_CORRUPT || plain == SQLITE_NOTADB || plain == SQLITE_ERROR;
    return damaged && damage_explain(err, path);
}

bool run_file_put_value(struct run_file *f, const char *key, struct bytes value)
{
    sqlite3_stmt *put = NULL;
    bool done =
        sqlite3_prepare_v2(f->db, "INSERT OR REPLACE INTO header VALUES(?, ?)", -1, &put, NULL)
            == SQLITE_OK
        && sqlite3_bind_text(put, 1, key, -1, SQLITE_STATIC) == SQLITE_OK
        && sqlite3_bind_text64(put, 2, value.at, value.len, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK
        && sqlite3_step(put) == SQLITE_DONE;
    sqlite3_finalize(put);
    return done;
}

/* A first read: opening alone touches nothing, and WAL trouble shows only here. */
static int probe(sqlite3 *db)
{
    return sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
}

bool run_file_create(struct run_file *out, const char *path, struct err *err)
{
    *out = (struct run_file){0};
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) return err_set(err, ERR_PREFLIGHT, errno, "cannot create the run file %s", path);
    close(fd);

    char setup[160];
    struct text sql = text_in(setup, sizeof setup);
    text_addf(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
              RUN_FILE_APPLICATION_ID, RUN_FILE_VERSION);
    int code = sqlite3_open_v2(path, &out->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(out->db, BUSY_WAIT_MS);
    if (code == SQLITE_OK) code = run_file_exec(out, "BEGIN");
    if (code == SQLITE_OK) code = run_file_exec(out, setup);
    if (code == SQLITE_OK) code = run_file_exec(out, schema);
    if (code == SQLITE_OK && !run_file_put_value(out, "state", BYTES_LIT(RUN_FILE_RUNNING))) {
        code = sqlite3_errcode(out->db);
    }
    if (code == SQLITE_OK) code = run_file_exec(out, "COMMIT");
    /* Only now: what the file is stands in the file itself, not in the log beside it. */
    if (code == SQLITE_OK) {
        code = run_file_exec(out, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" CACHE);
    }
    /* From here on a reader sees by our lock that the run is alive, though nothing is in it yet. */
    if (code == SQLITE_OK) code = probe(out->db);
    if (code == SQLITE_OK) return true;
    err_set(err, ERR_PREFLIGHT, 0, "cannot create the run file %s: %s", path, run_file_said(code));
    run_file_close(out);
    return false;
}

/* ---- opening what is there ---- */

/* "file:" URI of a path: characters with a meaning there are percent-encoded. */
static void add_uri(struct text *out, const char *path, const char *query)
{
    text_adds(out, "file:");
    for (const char *at = path; *at; at++) {
        if (*at == '%' || *at == '?' || *at == '#') text_addf(out, "%%%02x", (unsigned)*at);
        else text_addc(out, *at, 1);
    }
    text_adds(out, query);
}

static int open_db(struct run_file *f, const char *path, const char *query, int flags)
{
    char uri[3 * RUN_FILE_PATH_MAX];
    struct text name = text_in(uri, sizeof uri);
    add_uri(&name, path, query);
    if (name.cut) return SQLITE_CANTOPEN;
    int code = sqlite3_open_v2(uri, &f->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) code = probe(f->db);
    if (code != SQLITE_OK) {
        sqlite3_close(f->db);
        f->db = NULL;
    }
    return code;
}

static bool copy_file(const char *from, const char *to)
{
    bool copied = false;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (out < 0) goto out;
    for (;;) {
        char block[16384];
        ssize_t got = read(in, block, sizeof block);
        if (got < 0) goto out;
        if (got == 0) break;
        if (write(out, block, (size_t)got) != got) goto out;
    }
    copied = true;
out:
    if (in >= 0) close(in);
    if (out >= 0) copied = close(out) == 0 && copied;
    return copied;
}

static void remove_copy(struct run_file *f)
{
    if (f->copy[0] == '\0') return;
    IGNORE(file_remove_tree(f->copy, NULL)); /* what is left among temporary files harms nobody */
    f->copy[0] = '\0';
}

/* A WAL file in a place that may not be written: SQLite needs its index beside the file, so the
 * pair is read from a private copy. */
static int open_copy(struct run_file *f, const char *path)
{
    struct text folder = text_in(f->copy, sizeof f->copy);
    text_adds(&folder, P_tmpdir "/prony-XXXXXX");
    if (!mkdtemp(f->copy)) {
        f->copy[0] = '\0';
        return SQLITE_CANTOPEN;
    }
    char from[RUN_FILE_PATH_MAX + 8];
    char to[RUN_FILE_PATH_MAX + 32];
    struct text from_name = text_in(from, sizeof from);
    struct text to_name = text_in(to, sizeof to);
    text_addf(&to_name, "%s/" RUN_FILE_NAME, f->copy);
    bool copied = copy_file(path, to);
    text_addf(&from_name, "%s-wal", path);
    text_adds(&to_name, "-wal");
    if (copied && access(from, F_OK) == 0) copied = copy_file(from, to);
    to_name.len -= sizeof "-wal" - 1;
    to[to_name.len] = '\0';
    int code = copied ? open_db(f, to, "", SQLITE_OPEN_READWRITE) : SQLITE_CANTOPEN;
    if (code != SQLITE_OK) remove_copy(f);
    return code;
}

uint32_t run_file_number(const unsigned char at[4])
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* What the file says of itself in its first bytes (https://sqlite.org/fileformat2.html, 1.3), read
 * without SQLite: somebody else's database must not even be touched. */
static bool check_kind(const char *path, uint32_t *version_out, struct err *err)
{
    enum { HEAD_LEN = 100, VERSION_AT = 60, APPLICATION_AT = 68 };
    unsigned char head[HEAD_LEN];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof head);
    int failed = got < 0 ? errno : 0;
    if (fd >= 0) close(fd);
    if (failed == EISDIR) return err_set(err, ERR_IO, 0, "%s is a folder, not a run file", path);
    if (failed) return err_set(err, ERR_IO, failed, "cannot open %s", path);
    if (got == 0) return err_set(err, ERR_IO, 0, "%s is empty: it is not a run file", path);
    if (got < HEAD_LEN || memcmp(head, "SQLite format 3", 16) != 0) {
        return err_set(err, ERR_IO, 0, "%s is not a run file", path);
    }
    if (run_file_number(head + APPLICATION_AT) != RUN_FILE_APPLICATION_ID) {
        return err_set(err, ERR_IO, 0, "%s is an SQLite file, but not a run of prony", path);
    }
    uint32_t version = run_file_number(head + VERSION_AT);
    if (version > RUN_FILE_VERSION) {
        err_set(err, ERR_IO, 0, "%s was written by a newer prony (format %u, this one knows %d)",
                path, version, RUN_FILE_VERSION);
        return err_hint(err, "read it with the prony that wrote it, or a newer one");
    }
    if (version < 1) {
        err_set(err, ERR_IO, 0, "%s has no format version: damaged", path);
        return damage_explain(err, path);
    }
    *version_out = version;
    return true;
}

/* Turns a file that a kill left in two parts into one. Not while another process writes it: that
 * one holds a lock, and then `*live` is set. */
static void fold(const char *path, bool *live)
{
    char wal[RUN_FILE_PATH_MAX + 8];
    struct text name = text_in(wal, sizeof wal);
    text_addf(&name, "%s-wal", path);
    if (access(wal, F_OK) != 0) return;
    struct run_file f = {0};
    if (open_db(&f, path, "", SQLITE_OPEN_READWRITE) != SQLITE_OK) return;
    int code = run_file_exec(&f, "PRAGMA journal_mode = DELETE");
    *live = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
    sqlite3_close(f.db);
}

bool run_file_open(struct run_file *out, const char *path, bool *live, struct err *err)
{
    *out = (struct run_file){0};
    *live = false;
    if (!check_kind(path, &out->version, err)) return false;

    fold(path, live);
    int code = open_db(out, path, "?mode=ro", SQLITE_OPEN_READONLY);
    int plain = code & 0xff;
    if (plain == SQLITE_CANTOPEN || plain == SQLITE_READONLY) code = open_copy(out, path);
    if (code == SQLITE_OK) return true;
    return run_file_unreadable(path, code, err);
}

void run_file_close(struct run_file *f)
{
    if (f->db) sqlite3_close_v2(f->db);
    f->db = NULL;
    remove_copy(f);
}
