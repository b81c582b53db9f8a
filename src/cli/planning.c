#include "cli/planning.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rng.h"
#include "base/self.h"
#include "campaign/targets.h"
#include "cli/console.h"
#include "cli/oneliner.h"
#include "cli/oneliner_request.h"
#include "judge/exit_code.h"
#include "net/address.h"
#include "plan/plan_load.h"
#include "rig/private_root.h"
#include "wire/url.h"

#define ARENA_LIMIT ((size_t)1 << 31) /* address space; data files of a plan may be large */
#define PLAN_LIMIT (8u << 20)         /* bytes read of a plan; over 1 MiB it is P003 */
#define DATA_LIMIT (256u << 20)       /* bytes of a data file */
#define ONELINER_LIMIT (64u << 10)
#define DIAGS_TEXT_LIMIT (128u << 10)
#define FLAG_SHOWN_BYTES 256 /* of a header whose value is masked */

/* -- What a plan may ask of this machine ---------------------------------------------------- */

static uint16_t free_port(void *ctx)
{
    UNUSED(ctx);
    return address_free_port();
}

static struct bytes private_dir(void *ctx, struct arena *arena, struct bytes service)
{
    const struct planning *p = ctx;
    char array[PATH_MAX];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%s/%.*s", p->private_root, BYTES_ARG(service));
    struct bytes none = {0};
    if (path.cut) return none;
    return arena_copy(arena, text_bytes(&path));
}

static struct bytes environment(void *ctx, struct bytes name)
{
    UNUSED(ctx);
    char array[256];
    struct text text = text_in(array, sizeof array);
    text_add(&text, name);
    return bytes_of(text.cut ? NULL : getenv(array));
}

static bool read_data(void *ctx, struct arena *arena, struct bytes path, struct bytes *out,
                      struct err *err)
{
    UNUSED(ctx);
    char array[PATH_MAX];
    struct text text = text_in(array, sizeof array);
    text_add(&text, path);
    if (text.cut) return err_set(err, ERR_PLAN, ENAMETOOLONG, "cannot read the file");
    struct stat st;
    /* Opening a pipe would wait for a writer, for ever. */
    if (stat(array, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return err_set(err, ERR_PLAN, 0, "%s is a pipe or a device, not a file of rows", array);
    return file_read(out, arena, array, DATA_LIMIT, err);
}

/* A name nobody can have made beforehand; rig/ creates it, and only when a service needs it. */
static bool name_private_root(struct planning *p, struct err *err)
{
    unsigned char random[PRIVATE_ROOT_DIGITS / 2];
    if (getentropy(random, sizeof random) != 0) {
        return err_set(err, ERR_DENIED, errno, "no random numbers from this system");
    }
    struct text name = text_in(p->private_root, sizeof p->private_root);
    text_adds(&name, PRIVATE_ROOT_FOLDER "/" PRIVATE_ROOT_PREFIX);
    for (size_t i = 0; i < sizeof random; i++) text_addf(&name, "%02x", random[i]);
    return true;
}

/* -- Where the plan comes from -------------------------------------------------------------- */

/* The absolute folder of `path` ("." for a one-liner), without a slash at its end. What came by a
 * pipe lies in none: then it is the current one. */
static bool find_folder(struct planning *p, const char *path, struct bytes *out, struct err *err)
{
    char array[PATH_MAX];
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) path = ".";
    if (!realpath(path, array)) return err_set(err, ERR_USAGE, errno, "cannot read %s", path);
    if (!file_is_folder(array)) {
        char *slash = strrchr(array, '/');
        if (slash) *slash = '\0';
    }
    *out = arena_copy(&p->arena, bytes_of(array));
    return true;
}

/* As find_folder(), of a plan that has a path of its own. */
static bool find_plan_folder(struct planning *p, const char *word, struct bytes *out,
                             struct err *err)
{
    return find_folder(p, strcmp(word, "-") == 0 ? "." : word, out, err);
}

/* Where the plan has what a flag says of a URL. */
static const struct {
    enum flag flag;
    const char *path;
} paths[] = {
    {FLAG_RATE, "load.stages.NAME.rate"},
    {FLAG_USERS, "load.stages.NAME.users"},
    {FLAG_THINK, "load.stages.NAME.think"},
    {FLAG_FOR, "load.stages.NAME.for"},
    {FLAG_REQUESTS, "load.stages.NAME.requests"},
    {FLAG_WARMUP, "load.warmup.for"},
    {FLAG_ARRIVALS, "load.arrivals"},
    {FLAG_INSECURE, "tls.insecure"},
    {FLAG_CACERT, "tls.ca"},
    {FLAG_CERT, "tls.cert"},
    {FLAG_KEY, "tls.key"},
};

static bool refuse_of_url(const struct flags *flags, enum flag flag, struct err *err)
{
    err_set(err, ERR_USAGE, 0, "--%s is for a URL, and %s is a plan", flags_table[flag].name,
            flags->word);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        if (paths[i].flag != flag) continue;
        struct bytes value = flags_value(flags, flag, "");
        if (flags_table[flag].kind == KIND_SWITCH) value = BYTES_LIT("true");
        bool of_stage = strstr(paths[i].path, ".NAME.") != NULL;
        return err_hint(
            err, "the plan says its own; change it there, or for this time by --set %s=%.*s%s",
            paths[i].path, BYTES_ARG(value), of_stage ? ", NAME being a stage" : "");
    }
    return err_hint(err, "the plan says its own load and requests; change them there");
}

/* `localhost:8080`, `example.com/foo`: a URL without its beginning. */
static bool is_like_host(const char *word)
{
    struct bytes text = bytes_of(word);
    struct bytes first = {word, strcspn(word, "/")};
    if (strchr(word, ':')) return true;
    size_t dot = bytes_find(first, BYTES_LIT("."));
    bool host = bytes_is(first, "localhost") || (dot > 0 && dot < first.len);
    bool file = bytes_find(text, BYTES_LIT(".yaml")) < text.len
                || bytes_find(text, BYTES_LIT(".yml")) < text.len
                || bytes_find(text, BYTES_LIT(".json")) < text.len;
    return host && !file;
}

static bool read_source(struct planning *p, const struct flags *flags, struct plan_input *input,
                        struct err *err)
{
    enum flag change = flags_of_group(flags, GROUP_PLAN);
    if (flags_given(flags, FLAG_PRINT_PLAN) && change != FLAG_COUNT) {
        err_set(err, ERR_USAGE, 0, "--print-plan does not go with --%s", flags_table[change].name);
        return err_hint(err, "to see what a plan becomes: %s check PLAN --print", self_name());
    }
    if (oneliner_is_url(flags->word)) {
        p->written = ARENA_NEW(&p->arena, struct writing);
        if (!arena_ok(&p->arena)) return err_set(err, ERR_LIMIT, 0, "no memory for a plan");
        *p->written = writing_in(arena_alloc(&p->arena, ONELINER_LIMIT), ONELINER_LIMIT, flags);
        if (!oneliner_write(p->written, ONELINER_SENT, err)) return false;
        input->source = text_bytes(&p->written->text);
        return find_folder(p, ".", &input->folder, err);
    }
    static const enum flag_group groups[] = {GROUP_LOAD, GROUP_REQUEST};
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        enum flag flag = flags_of_group(flags, groups[i]);
        if (flag == FLAG_COUNT) continue;
        if (!file_is_there(flags->word)) break; /* said below, with what it may be */
        return refuse_of_url(flags, flag, err);
    }
    if (flags_given(flags, FLAG_PRINT_PLAN)) {
        err_set(err, ERR_USAGE, 0, "--print-plan is for a URL, and %s is a plan", flags->word);
        return err_hint(err, "to see it in full: %s check %s --print", self_name(), flags->word);
    }
    bool piped = strcmp(flags->word, "-") == 0;
    const char *path = piped ? "/dev/stdin" : flags->word;
    input->path = bytes_of(path);
    if (!file_read(&input->source, &p->arena, path, PLAN_LIMIT, err)) {
        bool like_host = err->sys == ENOENT && is_like_host(flags->word);
        err->kind = ERR_USAGE;
        if (like_host)
            return err_hint(err, "is it a URL? %s run http://%s", self_name(), flags->word);
        return false;
    }
    return find_plan_folder(p, flags->word, &input->folder, err);
}

/* The text that was read before: a file may be edited meanwhile, and a pipe is read once. */
static bool take_source(struct planning *p, const struct planning *first, const struct flags *flags,
                        struct plan_input *input, struct err *err)
{
    const char *word = oneliner_is_url(flags->word) ? "." : flags->word;
    input->source = arena_copy(&p->arena, first->source);
    input->path = first->path;
    p->written = first->written;
    return find_plan_folder(p, word, &input->folder, err);
}

/* --set, --var and --only, which go for any plan. */
static void read_changes(struct planning *p, const struct flags *flags, struct plan_overrides *o)
{
    struct plan_var *vars = ARENA_ARRAY(&p->arena, FLAGS_GIVEN_MAX, struct plan_var);
    struct bytes *sets = ARENA_ARRAY(&p->arena, FLAGS_GIVEN_MAX, struct bytes);
    struct bytes *only = ARENA_ARRAY(&p->arena, FLAGS_GIVEN_MAX, struct bytes);
    *o = (struct plan_overrides){.vars = vars, .sets = sets, .only = only};
    for (uint32_t i = 0; i < flags->given_count && arena_ok(&p->arena); i++) {
        struct bytes value = flags->given[i].value;
        if (flags->given[i].flag == FLAG_SET) sets[o->set_count++] = value;
        if (flags->given[i].flag == FLAG_ONLY) only[o->only_count++] = value;
        if (flags->given[i].flag != FLAG_VAR) continue;
        size_t equals = bytes_find(value, BYTES_LIT("=")); /* KIND_PAIR: there is one */
        vars[o->var_count++] = (struct plan_var){{value.at, equals}, bytes_from(value, equals + 1)};
    }
}

/* Flags that stand above a plan; for a one-liner they are in its text already. */
static void read_overrides(struct planning *p, const struct flags *flags, struct plan_overrides *o)
{
    read_changes(p, flags, o);
    if (oneliner_is_url(flags->word)) return;
    struct text text = text_in(arena_alloc(&p->arena, ONELINER_LIMIT), ONELINER_LIMIT);
    struct bytes *list = ARENA_ARRAY(&p->arena, FLAGS_OBJECTIVES_MAX, struct bytes);
    struct diag_word *words = ARENA_ARRAY(&p->arena, FLAGS_OBJECTIVES_MAX, struct diag_word);
    o->objective_count = flags_objectives(flags, &text, list);
    o->objectives = list;
    o->objective_words = words;
    if (words) flags_objective_words(flags, words);
    o->has_seed = flags_given(flags, FLAG_SEED);
    o->seed = flags_count(flags, FLAG_SEED);
    o->threads = (uint32_t)flags_count(flags, FLAG_THREADS);         /* KIND_COUNT: < 2^32 */
    o->connections = (uint32_t)flags_count(flags, FLAG_CONNECTIONS); /* the same */
    o->max_in_flight = flags_count(flags, FLAG_MAX_IN_FLIGHT);
    o->connect_timeout_ns = flags_ns(flags, FLAG_CONNECT_TIMEOUT);
    o->response_timeout_ns = flags_ns(flags, FLAG_TIMEOUT);
    o->trace = flags_value(flags, FLAG_TRACE, "");
}

/* -- The command line, to be kept with the run ---------------------------------------------- */

/* Headers that carry credentials keep only their name, URLs lose their password. */
static void add_masked(struct text *out, struct bytes word)
{
    char array[4096];
    struct text masked = text_in(array, sizeof array);
    if (oneliner_request_is_secret(word)) {
        text_add(&masked, (struct bytes){word.at, bytes_find(word, BYTES_LIT(":"))});
        text_adds(&masked, ": ***");
    } else if (bytes_find(word, BYTES_LIT("://")) != SIZE_MAX) {
        url_add_masked(&masked, word);
    } else {
        text_add(&masked, word);
    }
    text_add_word(out, text_bytes(&masked));
}

/* Which of the words holds the value of -u: it is told by its place, since -u may stand in a word
 * with other flags. */
static bool holds_user(const struct flags *flags, struct bytes word, size_t *at)
{
    struct bytes user = flags_value(flags, FLAG_USER, "");
    if (!flags_given(flags, FLAG_USER) || user.at < word.at || user.at > word.at + word.len) {
        return false;
    }
    *at = (size_t)(user.at - word.at);
    return true;
}

static struct bytes describe_command(struct planning *p, const struct flags *flags, int argc,
                                     char *const *argv)
{
    size_t user;
    struct text out = text_in(arena_alloc(&p->arena, ONELINER_LIMIT), ONELINER_LIMIT);
    text_adds(&out, "prony");
    for (int i = 1; i < argc; i++) {
        text_addc(&out, ' ', 1);
        struct bytes word = bytes_of(argv[i]);
        size_t equals = bytes_find(word, BYTES_LIT("="));
        if (bytes_starts(word, BYTES_LIT("--header=")) && equals != SIZE_MAX) {
            text_adds(&out, "--header=");
            word = bytes_from(word, equals + 1);
        } else if (bytes_starts(word, BYTES_LIT("-H")) && word.len > 2) {
            text_adds(&out, "-H");
            word = bytes_from(word, 2);
        }
        if (holds_user(flags, word, &user)) {
            text_add(&out, (struct bytes){word.at, user});
            text_adds(&out, "***");
            continue;
        }
        add_masked(&out, word);
    }
    return text_bytes(&out);
}

/* -- Mistakes of a one-liner ---------------------------------------------------------------- */

/* Credentials are not shown, wherever in them the mistake is. */
static struct diag_word word_of(const struct flags *flags, uint32_t given, struct arena *arena)
{
    if (given == WRITING_URL) return (struct diag_word){"", bytes_of(flags->word)};
    struct diag_word word = {flags_table[flags->given[given].flag].name, flags->given[given].value};
    if (flags->given[given].flag != FLAG_HEADER || !oneliner_request_is_secret(word.value)) {
        return word;
    }
    char array[FLAG_SHOWN_BYTES];
    struct text shown = text_in(array, sizeof array);
    text_add(&shown, (struct bytes){word.value.at, bytes_find(word.value, BYTES_LIT(":"))});
    text_adds(&shown, ": ***");
    word.value = arena_copy(arena, text_bytes(&shown));
    return word;
}

static bool is_told(const struct diags *diags, const struct diag *d)
{
    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *other = &diags->items[i];
        bool same = other->at.line == 0 && other->at.col == d->at.col && d->at.col > 0;
        if (same && other->code == d->code && other->at.offset == d->at.offset) return true;
    }
    return false;
}

/* What stands in the plan of a one-liner stands on the command line: nobody has written that plan.
 * One flag in two places of it is told once. */
static void point_at_words(struct planning *p, const struct flags *flags)
{
    struct diags *diags = p->diags;
    uint32_t own = diags->word_count;
    struct diag_word *words =
        ARENA_ARRAY(&p->arena, (size_t)own + flags->given_count + 1, struct diag_word);
    if (!words) return;
    if (own > 0) memcpy(words, diags->words, own * sizeof *words);
    for (uint32_t i = 0; i < flags->given_count; i++) {
        words[own + i] = word_of(flags, i, &p->arena);
    }
    words[own + flags->given_count] = word_of(flags, WRITING_URL, &p->arena);
    uint32_t count = diags->count;
    diags->words = words;
    diags->word_count = own + flags->given_count + 1;
    diags->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct diag d = diags->items[i];
        uint32_t given;
        struct span within;
        if (d.at.line > 0 && writing_find(p->written, d.at, &given, &within)) {
            d.at = within;
            d.at.col = own + 1 + (given == WRITING_URL ? flags->given_count : given);
            struct bytes shown = words[d.at.col - 1].value;
            if (d.at.offset + d.at.len > shown.len) { /* it is masked */
                d.at.offset = 0;
                d.at.len = (uint32_t)shown.len;
            }
        }
        if (!is_told(diags, &d)) diags->items[diags->count++] = d;
    }
}

/* -- All together --------------------------------------------------------------------------- */

/* Credentials given with -H are as secret as those a plan takes from the environment. */
static bool add_secrets(struct planning *p, const struct flags *flags, struct err *err)
{
    struct plan *plan = &p->plan;
    struct bytes *all =
        ARENA_ARRAY(&p->arena, plan->secret_count + FLAGS_GIVEN_MAX + 2, struct bytes);
    if (!arena_ok(&p->arena)) return err_set(err, ERR_LIMIT, 0, "no memory for a plan");
    for (uint32_t i = 0; i < plan->secret_count; i++) all[i] = plan->secrets[i];
    for (uint32_t i = 0; i < flags->given_count; i++) {
        struct bytes line = flags->given[i].value;
        if (flags->given[i].flag != FLAG_HEADER || !oneliner_request_is_secret(line)) continue;
        struct bytes value = bytes_trim(bytes_from(line, bytes_find(line, BYTES_LIT(":")) + 1));
        if (value.len > 0) all[plan->secret_count++] = value;
    }
    struct bytes user = flags_value(flags, FLAG_USER, "");
    if (user.len > 0) {
        char array[4096];
        struct text sent = text_in(array, sizeof array);
        oneliner_request_credentials(&sent, flags);
        all[plan->secret_count++] = arena_copy(&p->arena, text_bytes(&sent));
        struct bytes password = bytes_from(user, bytes_find(user, BYTES_LIT(":")) + 1);
        if (password.len > 0) all[plan->secret_count++] = password;
    }
    plan->secrets = all;
    return true;
}

/* Every run has a seed, and the report names it, so that any run can be repeated. */
static bool choose_seed(struct planning *p, struct err *err)
{
    uint32_t seed;
    if (p->plan.seed_given) return true;
    if (getentropy(&seed, sizeof seed) != 0) {
        return err_set(err, ERR_DENIED, errno, "no random numbers from this system");
    }
    p->plan.seed = seed;
    return true;
}

/* `first`: where the text comes from; NULL: from where the flags say. */
static bool load(struct planning *p, const struct planning *first, const struct flags *flags,
                 struct err *err)
{
    if (!arena_open(&p->arena, ARENA_LIMIT, err) || !name_private_root(p, err)) return false;
    const struct plan_host host = {.ctx = p,
                                   .free_port = free_port,
                                   .private_dir = private_dir,
                                   .env = environment,
                                   .read_file = read_data,
                                   .check_tls = targets_check_tls};
    struct plan_overrides overrides;
    struct plan_input input = {.host = &host, .overrides = &overrides};
    p->diags = ARENA_NEW(&p->arena, struct diags);
    if (!arena_ok(&p->arena)) return err_set(err, ERR_LIMIT, 0, "no memory for a plan");
    bool read =
        first ? take_source(p, first, flags, &input, err) : read_source(p, flags, &input, err);
    if (!read) return false;
    p->source = input.source;
    p->path = input.path;
    read_overrides(p, flags, &overrides);
    if (plan_load(&p->plan, &p->arena, &input, p->diags)) {
        return add_secrets(p, flags, err) && choose_seed(p, err);
    }
    if (p->written) point_at_words(p, flags);
    return err_set(err, ERR_PLAN, 0, "the plan is wrong");
}

bool planning_open(struct planning *p, const struct flags *flags, int argc, char *const *argv,
                   struct err *err)
{
    *p = (struct planning){0};
    if (!load(p, NULL, flags, err)) return false;
    p->command = describe_command(p, flags, argc, argv);
    return true;
}

bool planning_again(struct planning *p, const struct planning *first, uint32_t index,
                    const struct flags *flags, struct err *err)
{
    *p = (struct planning){0};
    if (!load(p, first, flags, err)) return false;
    p->command = arena_copy(&p->arena, first->command);
    struct rng_key key = {.seed = first->plan.seed, .use = RNG_SERIES};
    if (p->plan.seed_given) p->plan.seed = (uint32_t)rng_at(key, index, 0).a;
    return true;
}

void planning_add_shown(struct text *out, const struct flags *flags)
{
    struct err err;
    struct writing writing = writing_in(out->at, out->size, flags);
    IGNORE(oneliner_write(&writing, ONELINER_SHOWN, &err)); /* as it has gone well to be sent */
    *out = writing.text;
}

int planning_fail(struct planning *p, const struct err *err)
{
    uint32_t count = p->diags ? p->diags->count + p->diags->dropped : 0;
    if (count == 0) return console_fail(err);
    struct text text = text_in(arena_alloc(&p->arena, DIAGS_TEXT_LIMIT), DIAGS_TEXT_LIMIT);
    struct bytes path = p->path.len > 0 ? p->path : BYTES_LIT("(command line)");
    diag_print(&text, p->diags, path, p->source);
    text_addf(&text, "%u error%s. Nothing was sent.\n", count, count == 1 ? "" : "s");
    console_say_all(text_bytes(&text));
    return exit_code_of_err(err->kind);
}

void planning_close(struct planning *p)
{
    arena_close(&p->arena);
}
