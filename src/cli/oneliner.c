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
    if (flags_given(flags, FLAG_REQUESTS) && flags_given(flags, FLAG_FOR)
        && !flags_given(flags, FLAG_USERS)) {
        err_set(err, ERR_USAGE, 0, "--requests does not go with --for");
        return err_hint(err, "with a rate, the number of requests says how long it takes");
    }
    return true;
}

/* "rate: 50/s" or "users: 10, think: 1s" */
static void add_amount(struct text *out, const struct flags *flags)
{
    if (!flags_given(flags, FLAG_USERS)) {
        text_addf(out, "rate: %.*s", BYTES_ARG(flags_value(flags, FLAG_RATE, DEFAULT_RATE)));
        return;
    }
    text_addf(out, "users: %.*s", BYTES_ARG(flags_value(flags, FLAG_USERS, "")));
    struct bytes think = flags_value(flags, FLAG_THINK, "");
    if (think.len > 0) text_addf(out, ", think: %.*s", BYTES_ARG(think));
}

static void add_key(struct text *out, const struct flags *flags, enum flag flag, const char *key)
{
    struct bytes value = flags_value(flags, flag, "");
    if (value.len > 0) text_addf(out, "  %s: %.*s\n", key, BYTES_ARG(value));
}

static void add_load(struct text *out, const struct flags *flags)
{
    bool open = !flags_given(flags, FLAG_USERS);
    text_addf(out, "load: # %s\n",
              open ? "a rate is arrivals a second, whether replies come or not"
                   : "each user waits for the reply before going on");
    add_key(out, flags, FLAG_ARRIVALS, "arrivals");
    struct bytes warmup = flags_value(flags, FLAG_WARMUP, DEFAULT_WARMUP);
    bool timed = flags_given(flags, FLAG_WARMUP) && !bytes_is(warmup, "auto");
    if (!timed || flags_ns(flags, FLAG_WARMUP) > 0) {
        text_adds(out, "  warmup: { ");
        add_amount(out, flags);
        text_addf(out, ", for: %.*s } # sent first, never judged\n", BYTES_ARG(warmup));
    }
    text_adds(out, "  stages:\n    - { name: load, ");
    add_amount(out, flags);
    bool counted = flags_given(flags, FLAG_REQUESTS);
    if (counted) {
        text_addf(out, ", requests: %.*s", BYTES_ARG(flags_value(flags, FLAG_REQUESTS, "")));
    }
    if (!counted || flags_given(flags, FLAG_FOR)) {
        text_addf(out, ", for: %.*s", BYTES_ARG(flags_value(flags, FLAG_FOR, DEFAULT_FOR)));
    }
    text_adds(out, " }\n");
    struct bytes connect = flags_value(flags, FLAG_CONNECT_TIMEOUT, "");
    struct bytes response = flags_value(flags, FLAG_TIMEOUT, "");
    if (connect.len + response.len > 0) {
        text_adds(out, "  timeout: { ");
        if (connect.len > 0) text_addf(out, "connect: %.*s", BYTES_ARG(connect));
        if (connect.len > 0 && response.len > 0) text_adds(out, ", ");
        if (response.len > 0) text_addf(out, "response: %.*s", BYTES_ARG(response));
        text_adds(out, " }\n");
    }
    add_key(out, flags, FLAG_MAX_IN_FLIGHT, "max_in_flight");
    add_key(out, flags, FLAG_CONNECTIONS, "connections");
    add_key(out, flags, FLAG_THREADS, "threads");
    add_key(out, flags, FLAG_SEED, "seed");
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

bool oneliner_write(struct text *out, const struct flags *flags, enum oneliner_secrets secrets,
                    struct err *err)
{
    struct url url;
    if (!oneliner_read_url(&url, flags->word, err) || !check_together(flags, err)) return false;
    if (secrets == ONELINER_SHOWN) oneliner_request_exports(out, flags);
    text_adds(out, "plan: 1 # version of the language: man prony-plan\nname: ");
    oneliner_add_name(out, &url);
    text_addf(out, "\ntarget: %s://%.*s\n", url.tls ? "https" : "http", BYTES_ARG(url.authority));
    if (!oneliner_request_ways(out, flags, &url, err)) return false;
    text_addc(out, '\n', 1);
    if (!oneliner_request_steps(out, flags, &url, secrets, err)) return false;
    text_addc(out, '\n', 1);
    add_load(out, flags);
    char array[4096];
    struct text sentences = text_in(array, sizeof array);
    struct bytes list[FLAGS_OBJECTIVES_MAX];
    uint32_t count = flags_objectives(flags, &sentences, list);
    if (count > 0) text_adds(out, "\nobjectives: # what must hold, stage by stage\n");
    for (uint32_t i = 0; i < count; i++) {
        text_adds(out, "  - ");
        add_string(out, list[i], "$");
        text_addc(out, '\n', 1);
    }
    if (!out->cut && !sentences.cut) return true;
    err_set(err, ERR_USAGE, 0, "the flags make a plan larger than 64 KiB");
    return err_hint(err, "write the plan as a file; a large body goes into its `body:`");
}
