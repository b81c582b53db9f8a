#include "cli/oneliner.h"

#include "plan/units.h"

#define DEFAULT_RATE "50/s"
#define DEFAULT_FOR "30s"
#define DEFAULT_WARMUP "3s"
#define NAME_COLUMNS 60 /* bytes of a plan's name; URLs are ASCII */

bool oneliner_is_url(const char *word)
{
    return bytes_find(bytes_of(word), BYTES_LIT("://")) != SIZE_MAX;
}

/* A double-quoted YAML scalar. */
static void add_string(struct text *out, struct bytes value, const char *dollar)
{
    text_addc(out, '"', 1);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (c == '"' || c == '\\') text_addf(out, "\\%c", c);
        else if (c == '$') text_adds(out, dollar);
        else if (c == '\n') text_adds(out, "\\n");
        else if (c < ' ' || c == 127) text_addf(out, "\\x%02x", c);
        else text_addc(out, (char)c, 1);
    }
    text_addc(out, '"', 1);
}

/* The same where the plan language has variables: `$` is doubled, since a flag holds none. */
void oneliner_add_quoted(struct text *out, struct bytes value)
{
    add_string(out, value, "$$");
}

bool oneliner_read_url(struct url *url, const char *word, struct err *err)
{
    enum url_bad bad;
    size_t bad_at;
    struct bytes text = bytes_of(word);
    if (!url_parse(url, text, &bad, &bad_at)) {
        err_set(err, ERR_USAGE, 0, "the URL is not understood: %s", url_bad_text(bad));
        return err_hint(err, "at byte %zu of it: '%.20s'", bad_at + 1, word + bad_at);
    }
    if (url->has_userinfo) {
        err_set(err, ERR_USAGE, 0, "a user name in a URL is not sent");
        return err_hint(err, "say who asks by a flag: -u NAME:PASSWORD");
    }
    return true;
}

static bool check_together(const struct flags *flags, struct err *err)
{
    static const struct {
        enum flag flag, other;
        bool needs; /* else: excludes */
        const char *hint;
    } rules[] = {
        {FLAG_RATE, FLAG_USERS, false, "a rate is open load, users are closed load: choose one"},
        {FLAG_ARRIVALS, FLAG_USERS, false, "users have no arrivals: each waits for its reply"},
        {FLAG_THINK, FLAG_USERS, true, "only users think: add --users N"},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        if (!flags_given(flags, rules[i].flag)) continue;
        if (flags_given(flags, rules[i].other) == rules[i].needs) continue;
        err_set(err, ERR_USAGE, 0, "--%s %s --%s", flags_table[rules[i].flag].name,
                rules[i].needs ? "needs" : "does not go with", flags_table[rules[i].other].name);
        return err_hint(err, "%s", rules[i].hint);
    }
    uint64_t ns;
    const char *why;
    struct bytes body = flags_value(flags, FLAG_BODY, "");
    if (!flags_given(flags, FLAG_METHOD) && units_duration(body, &ns, &why)) {
        err_set(err, ERR_USAGE, 0, "-d %.*s looks like a length, and -d is a body",
                BYTES_ARG(body));
        return err_hint(err, "write --for %.*s; or, to send these words, -X POST beside it",
                        BYTES_ARG(body));
    }
    if (flags_given(flags, FLAG_REQUESTS) && flags_given(flags, FLAG_FOR)
        && !flags_given(flags, FLAG_USERS)) {
        err_set(err, ERR_USAGE, 0, "--requests does not go with --for");
        return err_hint(err, "with a rate, the number of requests says how long it takes");
    }
    return true;
}

/* "rate: 50/s" or "users: 10, think: 1s" */
static void add_amount(struct writing *out)
{
    struct text *text = &out->text;
    if (!flags_given(out->flags, FLAG_USERS)) {
        text_adds(text, "rate: ");
        writing_add_value(out, FLAG_RATE, DEFAULT_RATE);
        return;
    }
    text_adds(text, "users: ");
    writing_add_value(out, FLAG_USERS, "");
    if (flags_value(out->flags, FLAG_THINK, "").len == 0) return;
    text_adds(text, ", think: ");
    writing_add_value(out, FLAG_THINK, "");
}

static void add_key(struct writing *out, enum flag flag, const char *key)
{
    if (flags_value(out->flags, flag, "").len == 0) return;
    text_addf(&out->text, "  %s: ", key);
    writing_add_value(out, flag, "");
    text_addc(&out->text, '\n', 1);
}

static void add_timeouts(struct writing *out)
{
    bool connect = flags_value(out->flags, FLAG_CONNECT_TIMEOUT, "").len > 0;
    bool response = flags_value(out->flags, FLAG_TIMEOUT, "").len > 0;
    if (!connect && !response) return;
    text_adds(&out->text, connect ? "  timeout: { connect: " : "  timeout: { response: ");
    if (connect) writing_add_value(out, FLAG_CONNECT_TIMEOUT, "");
    if (connect && response) text_adds(&out->text, ", response: ");
    if (response) writing_add_value(out, FLAG_TIMEOUT, "");
    text_adds(&out->text, " }\n");
}

static void add_load(struct writing *out)
{
    const struct flags *flags = out->flags;
    struct text *text = &out->text;
    bool open = !flags_given(flags, FLAG_USERS);
    text_addf(text, "load: # %s\n",
              open ? "a rate is arrivals a second, whether replies come or not"
                   : "each user waits for the reply before going on");
    add_key(out, FLAG_ARRIVALS, "arrivals");
    bool automatic = bytes_is(flags_value(flags, FLAG_WARMUP, DEFAULT_WARMUP), "auto");
    bool timed = flags_given(flags, FLAG_WARMUP) && !automatic;
    if (!timed || flags_ns(flags, FLAG_WARMUP) > 0) {
        text_adds(text, "  warmup: { ");
        add_amount(out);
        text_adds(text, ", for: ");
        writing_add_value(out, FLAG_WARMUP, DEFAULT_WARMUP);
        text_adds(text, " } # sent first, never judged\n");
    }
    text_adds(text, "  stages:\n    - { name: load, ");
    add_amount(out);
    bool counted = flags_given(flags, FLAG_REQUESTS);
    if (counted) text_adds(text, ", requests: ");
    if (counted) writing_add_value(out, FLAG_REQUESTS, "");
    if (!counted || flags_given(flags, FLAG_FOR)) {
        text_adds(text, ", for: ");
        writing_add_value(out, FLAG_FOR, DEFAULT_FOR);
    }
    text_adds(text, " }\n");
    add_timeouts(out);
    add_key(out, FLAG_MAX_IN_FLIGHT, "max_in_flight");
    add_key(out, FLAG_CONNECTIONS, "connections");
    add_key(out, FLAG_THREADS, "threads");
    add_key(out, FLAG_SEED, "seed");
}

/* What the report calls it: the URL without its query, which may be long or hold credentials. The
 * path is cut where a plan's name must end. */
void oneliner_add_name(struct text *out, const struct url *url)
{
    char array[NAME_COLUMNS + sizeof "…"];
    struct text name = text_in(array, NAME_COLUMNS + 1);
    text_adds(&name, url->tls ? "https://" : "http://");
    text_add(&name, url->authority);
    struct bytes path = url->path;
    size_t quote = bytes_find(path, BYTES_LIT("\""));
    if (quote < path.len) path.len = quote;
    text_add(&name, path);
    bool whole = !name.cut && path.len == url->path.len;
    name.size = sizeof array;
    if (!whole) text_adds(&name, "…");
    add_string(out, text_bytes(&name), "$"); /* a name holds no variables */
}

/* Each sentence is a flag's: all of it, or made of its name and value. */
static bool add_objectives(struct writing *out)
{
    char array[4096];
    struct text sentences = text_in(array, sizeof array);
    struct bytes list[FLAGS_OBJECTIVES_MAX];
    uint32_t count = flags_objectives(out->flags, &sentences, list);
    if (count > 0) text_adds(&out->text, "\nobjectives: # what must hold, stage by stage\n");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t given = flags_nth_objective(out->flags, i);
        struct bytes value = out->flags->given[given].value;
        text_adds(&out->text, "  - ");
        size_t from = out->text.len;
        add_string(&out->text, list[i], "$");
        writing_came_from(out, from, given, bytes_equal(value, list[i]) ? value : list[i]);
        text_addc(&out->text, '\n', 1);
    }
    return !sentences.cut;
}

bool oneliner_write(struct writing *out, enum oneliner_secrets secrets, struct err *err)
{
    struct url url;
    const struct flags *flags = out->flags;
    struct text *text = &out->text;
    if (!oneliner_read_url(&url, flags->word, err) || !check_together(flags, err)) return false;
    if (secrets == ONELINER_SHOWN) oneliner_request_exports(text, flags);
    text_adds(text, "plan: 1 # version of the language: man prony-plan\nname: ");
    size_t from = text->len;
    oneliner_add_name(text, &url);
    text_addf(text, "\ntarget: %s://%.*s\n", url.tls ? "https" : "http", BYTES_ARG(url.authority));
    writing_came_from(out, from, WRITING_URL, bytes_of(flags->word));
    if (!oneliner_request_ways(out, &url, err)) return false;
    if (flags_given(flags, FLAG_TRACE)) {
        text_adds(text, "trace: ");
        writing_add_value(out, FLAG_TRACE, "");
        text_addc(text, '\n', 1);
    }
    text_addc(text, '\n', 1);
    if (!oneliner_request_steps(out, &url, secrets, err)) return false;
    text_addc(text, '\n', 1);
    add_load(out);
    bool whole = add_objectives(out);
    if (whole && !text->cut) return true;
    err_set(err, ERR_USAGE, 0, "the flags make a plan larger than 64 KiB");
    return err_hint(err, "write the plan as a file; a large body goes into its `body:`");
}
