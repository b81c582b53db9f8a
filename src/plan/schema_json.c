#include "plan/schema_json.h"

#include "base/attr.h"

/* In the JSON of this file ' stands for ", which C would want escaped. */

#define DECIMAL "([0-9]*[.])?[0-9]+"
#define DURATION "(" DECIMAL "(ns|us|ms|s|m|h|d))+"
#define RATE DECIMAL "([eE][+-]?[0-9]+)?/[smh]"
#define WORD "^[A-Za-z_][A-Za-z0-9_]*$"
#define RANGE(x) x "( *[.][.] *" x ")?"
#define VAR "|.*[$].*" /* a variable may stand for all of it, or a part */
#define STRING(pattern) "'type':'string','pattern':'^(" pattern VAR ")$'"
#define REF(name) "'$ref':'#/$defs/" name "'"
#define MAP_OF(value) "'type':'object','additionalProperties':" value
#define LIST_OF(item) "'type':'array','items':" item
#define EITHER(a, b) "'anyOf':[{" a "},{" b "}]"

/* What several forms are made of. Amounts are text with a unit, never a number. */
static const struct {
    const char *name, *schema;
} parts[] = {
    {"text", "'type':['string','number','boolean']"},
    {"count", "'type':['integer','string'],'minimum':0,'pattern':'^([0-9]+" VAR ")$'"},
    {"number",
     "'type':['number','string'],'minimum':0,'pattern':'^(" DECIMAL "([eE][+-]?[0-9]+)?" VAR ")$'"},
    {"duration", STRING(DURATION)},
    {"rate", STRING(RATE)},
    {"url", "'type':'string','minLength':1"},
    {"sentence", "'type':'string','minLength':1"},
    {"objective",
     EITHER(REF("sentence"), "'type':'object','additionalProperties':false,"
                             "'required':['warn'],'properties':{'warn':{" REF("sentence") "}}")},
    {"short_step", "'type':'string','pattern':'^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) +[^ ]'"},
    {"row", MAP_OF("{" REF("text") "}") ",'minProperties':1"},
};

/* What may stand where the key table says so; a place of the table is a part as well. */
static const struct {
    const char *form, *schema;
} forms[] = {
    {"1", "'enum':[1,'1']"},
    {"text", REF("text")},
    {"path", REF("text")},
    {"folder", REF("text")},
    {"URL", REF("url")},
    {"URL, or a list of them", EITHER(REF("url"), LIST_OF("{" REF("url") "}") ",'minItems':1")},
    {"count", REF("count")},
    {"number", REF("number")},
    {"duration", REF("duration")},
    {"duration or `auto`", EITHER(REF("duration"), "'const':'auto'")},
    {"rate", REF("rate")},
    {"duration or range", STRING(RANGE(DURATION))},
    {"rate or range", STRING(RANGE(RATE))},
    {"count or range", EITHER(REF("count"), STRING(RANGE("[0-9]+")))},
    {"rate or count", EITHER(REF("rate"), REF("count"))},
    {"duration, or a timeout", EITHER(REF("duration"), REF("timeout"))},
    {"name: value", MAP_OF("{" REF("text") "}") ",'propertyNames':{'pattern':'" WORD "'}"},
    {"name: text", MAP_OF("{" REF("text") "}")},
    {"NAME: text", MAP_OF("{" REF("text") "}")},
    {"words", EITHER(REF("text"), LIST_OF("{" REF("text") "}") ",'minItems':1")},
    {"`port`, `GET /path`, a URL, or `log TEXT`; then `within D`",
     "'type':'string','pattern':'^(port|GET |HEAD |http://|/|log )'"},
    {"number, or a file that holds it", EITHER(REF("count"), REF("text"))},
    {"port", EITHER(REF("count"), REF("text"))},
    {"`off`, or a share", "'type':'string','pattern':'^(off|[0-9.]+%|[$].*)$'"},
    {"port, `127.0.0.1:4318` or `free`; then `required`", EITHER(REF("count"), REF("text"))},
    {"path of a cgroup", "'type':'string','pattern':'^[/$]'"},
    {"unit of systemd", "'type':'string','pattern':'^[^/]+$'"},
    {"`postgres://user@host:port/database`", "'type':'string','pattern':'^(postgres|[$])'"},
    {"`postgres://user@host:port/pgbouncer`", "'type':'string','pattern':'^(postgres|[$])'"},
    {"`host:port`, `unix:/path` or `redis://:password@host:port`", REF("url")},
    {"`host:port` or `unix:/path`", REF("url")},
    {"path, or `output`", REF("text")},
    {"a log_format, a LogFormat, or a name", REF("text")},
    {"path, or a list of them", EITHER(REF("text"), LIST_OF("{" REF("text") "}") ",'minItems':1")},
    {"URL, or metrics", EITHER(REF("url"), REF("metrics"))},
    {"name of a metric, or a list of them",
     EITHER(REF("text"), LIST_OF("{" REF("text") "}") ",'minItems':1")},
    {"`SIGNAL within D`", STRING("(SIG)?[A-Z]+[0-9]?( +within +" DURATION ")?")},
    {"list of sentences", LIST_OF("{" REF("objective") "}")},
    {"sentence, or a list of them", EITHER(REF("sentence"), LIST_OF("{" REF("sentence") "}"))},
    {"list of outputs", LIST_OF("{'type':'string','pattern':'^(json|ndjson|csv|markdown|junit)"
                                "( +[^ ].*)?$'}")},
    {"check sentence", REF("sentence")},
    {"name: `json PATH`, `header NAME` or `regex \"...\"`",
     MAP_OF("{'type':'string','pattern':'^ *(json|header|regex) '}") ",'propertyNames':{'pattern"
                                                                     "':'" WORD "'}"},
    {"any YAML", ""},
    {"name: service", MAP_OF("{" REF("service") "}") ",'propertyNames':{'pattern':'" WORD "'}"},
    {"name: data",
     MAP_OF("{" EITHER(
         REF("data"),
         LIST_OF("{" REF("row") "}") ",'minItems':1") "}") ",'propertyNames':{'pattern':'" WORD
                                                           "'}"},
    {"name: scenario", MAP_OF("{" REF("scenario") "}") ",'minProperties':1"},
    {"scenario: weight", MAP_OF("{" REF("number") "}") ",'minProperties':1"},
    {"list of steps", LIST_OF("{" EITHER(REF("short_step"), REF("step")) "}") ",'minItems':1"},
    {"list of stages", LIST_OF("{" REF("stage") "}") ",'minItems':1"},
    {"tls", REF("tls")},
    {"watch", REF("watch")},
    {"name: address", MAP_OF("{" REF("text") "}") ",'minProperties':1"},
    {"address, or a list of them",
     EITHER(REF("text"), LIST_OF("{" REF("text") "}") ",'minItems':1")},
    {"load", REF("load")},
    {"warm-up", REF("warmup")},
};

/* What the keys of a place demand of each other. */
static const struct {
    enum key_place place;
    const char *schema;
} rules[] = {
    {PLACE_TLS, "'dependentRequired':{'key':['cert']}"},
    {PLACE_SERVICE, "'anyOf':[{'required':['command']},{'required':['postgres']},"
                    "{'required':['pgbouncer']},{'required':['redis']},"
                    "{'required':['memcached']},{'required':['pid']},{'required':['port']},"
                    "{'required':['process']},{'required':['cgroup']},{'required':['unit']},"
                    "{'required':['access_log']},{'required':['logs']},"
                    "{'required':['metrics']},{'required':['otlp']}],"
                    "'dependentRequired':{'access_format':['access_log'],'env':['command'],"
                    "'ready':['command'],'stop':['command'],'cwd':['command'],"
                    "'keep':['command']}"},
    {PLACE_STEP, "'oneOf':[{'required':['get']},{'required':['post']},{'required':['put']},"
                 "{'required':['patch']},{'required':['delete']},{'required':['head']},"
                 "{'required':['options']}],'not':{'required':['body','json']},"
                 "'dependentRequired':{'every':['until'],'within':['until']}"},
    {PLACE_WARMUP, "'oneOf':[{'required':['rate']},{'required':['users']}],"
                   "'dependentRequired':{'think':['users']}"},
    {PLACE_STAGE, "'oneOf':[{'required':['rate']},{'required':['users']}],"
                  "'anyOf':[{'required':['for']},{'required':['requests']},{'required':['step']}],"
                  "'not':{'anyOf':[{'required':['step','for']},{'required':['step','requests']}]},"
                  "'dependentRequired':{'step':['each'],'each':['step'],'think':['users'],"
                  "'pacing':['users'],'arrivals':['rate']}"},
};

static const char *const names[KEY_PLACES] = {
    [PLACE_PLAN] = "plan",       [PLACE_TLS] = "tls",           [PLACE_SERVICE] = "service",
    [PLACE_DATA] = "data",       [PLACE_SCENARIO] = "scenario", [PLACE_STEP] = "step",
    [PLACE_LOAD] = "load",       [PLACE_WARMUP] = "warmup",     [PLACE_STAGE] = "stage",
    [PLACE_TIMEOUT] = "timeout", [PLACE_METRICS] = "metrics",   [PLACE_WATCH] = "watch",
};

/* Our JSON, with its quotes put right. */
static void add_json(struct text *out, const char *schema)
{
    for (const char *c = schema; *c; c++) text_addc(out, *c == '\'' ? '"' : *c, 1);
}

static void add_string(struct text *out, const char *value)
{
    text_addc(out, '"', 1);
    for (const char *c = value; *c; c++) {
        if (*c == '"' || *c == '\\') text_addc(out, '\\', 1);
        text_addc(out, *c, 1);
    }
    text_addc(out, '"', 1);
}

/* The next `word` of a form such as "`a`, `b` or `c`"; empty at its end, or where it is no such
 * list. */
static struct bytes next_choice(struct bytes *rest)
{
    static const char *const links[] = {", ", " or "};
    struct bytes none = {0};
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        struct bytes link = bytes_of(links[i]);
        if (bytes_starts(*rest, link)) *rest = bytes_from(*rest, link.len);
    }
    if (!bytes_starts(*rest, BYTES_LIT("`"))) return none;
    struct bytes word = bytes_from(*rest, 1);
    size_t end = bytes_find(word, BYTES_LIT("`"));
    if (end == SIZE_MAX) return none;
    *rest = bytes_from(word, end + 1);
    word.len = end;
    return word;
}

static bool is_choice(const char *form)
{
    struct bytes rest = bytes_of(form);
    uint32_t words = 0;
    while (next_choice(&rest).len > 0) words++;
    return words > 1 && rest.len == 0;
}

static void add_choices(struct text *out, const char *form)
{
    struct bytes rest = bytes_of(form);
    text_adds(out, "\"enum\":[");
    const char *comma = "";
    for (struct bytes word = next_choice(&rest); word.len > 0; word = next_choice(&rest)) {
        text_addf(out, "%s\"%.*s\"", comma, BYTES_ARG(word));
        if (bytes_is(word, "true") || bytes_is(word, "false")) {
            text_addf(out, ",%.*s", BYTES_ARG(word)); /* what YAML makes of the bare word */
        }
        comma = ",";
    }
    text_addc(out, ']', 1);
}

static const char *find_form(const char *form)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (bytes_is(bytes_of(form), forms[i].form)) return forms[i].schema;
    }
    return NULL;
}

/* No more than the shapes of a key: what is left where its form has no rule. */
static void add_shapes(struct text *out, unsigned shapes)
{
    const char *comma = "";
    text_adds(out, "\"type\":[");
    if (shapes & SHAPE_SCALAR) add_json(out, "'string','number','boolean'");
    if (shapes & SHAPE_SCALAR) comma = ",";
    if (shapes & SHAPE_LIST) text_addf(out, "%s\"array\"", comma);
    if (shapes & (SHAPE_SCALAR | SHAPE_LIST)) comma = ",";
    if (shapes & SHAPE_MAP) text_addf(out, "%s\"object\"", comma);
    text_addc(out, ']', 1);
}

static void add_key(struct text *out, const struct key_row *row)
{
    const char *schema = find_form(row->form);
    add_string(out, row->name);
    text_adds(out, ": {\"description\":");
    add_string(out, row->doc);
    if (schema && schema[0]) {
        text_addc(out, ',', 1);
        add_json(out, schema);
    } else if (!schema) {
        text_addc(out, ',', 1);
        if (is_choice(row->form)) add_choices(out, row->form);
        else add_shapes(out, row->shapes);
    }
    text_addc(out, '}', 1);
}

/* The members of an object that has the keys of `place`, without its braces. */
static void add_place(struct text *out, enum key_place place, const char *indent)
{
    enum key first;
    enum key last;
    const char *comma = "";
    key_table_range(place, &first, &last);
    text_addf(out, "%s\"type\": \"object\",\n%s\"additionalProperties\": false,\n", indent, indent);
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        if (rules[i].place != place) continue;
        text_adds(out, indent);
        add_json(out, rules[i].schema);
        text_adds(out, ",\n");
    }
    text_addf(out, "%s\"required\": [", indent);
    for (unsigned k = first; k < last; k++) {
        const struct key_row *row = key_table_row((enum key)k);
        if (!row->needed) continue;
        text_adds(out, comma);
        add_string(out, row->name);
        comma = ", ";
    }
    text_addf(out, "],\n%s\"properties\": {", indent);
    for (unsigned k = first; k < last; k++) {
        text_addf(out, "%s\n%s  ", k > first ? "," : "", indent);
        add_key(out, key_table_row((enum key)k));
    }
    text_addf(out, "\n%s}", indent);
}

void schema_json_write(struct text *out)
{
    add_json(out, "{\n  '$schema': 'https://json-schema.org/draft/2020-12/schema',\n"
                  "  'title': 'prony plan, version 1',\n"
                  "  'description': 'Shapes only: names, variables and what follows from them are "
                  "told by prony check.',\n");
    add_place(out, PLACE_PLAN, "  ");
    add_json(out, ",\n  '$defs': {");
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        text_addf(out, "%s\n    ", i > 0 ? "," : "");
        add_string(out, parts[i].name);
        text_adds(out, ": {");
        add_json(out, parts[i].schema);
        text_addc(out, '}', 1);
    }
    for (unsigned place = PLACE_PLAN + 1; place < KEY_PLACES; place++) {
        text_adds(out, ",\n    ");
        add_string(out, names[place]);
        text_adds(out, ": {\n");
        add_place(out, (enum key_place)place, "      ");
        text_adds(out, "\n    }");
    }
    text_adds(out, "\n  }\n}\n");
}

bool schema_json_is_exact(enum key key)
{
    const char *form = key_table_row(key)->form;
    return find_form(form) != NULL || is_choice(form);
}
