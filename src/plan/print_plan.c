#include "plan/print_plan.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>

#include "base/attr.h"
#include "plan/print_priv.h"
#include "plan/units.h"

#define VALUE_MAX ((size_t)256 << 10) /* of one value, as written */

static const char *const patterns[] = {"poisson", "even", "exact"};

/* -- Lines ---------------------------------------------------------------------------------- */

static void begin(const struct printer *p, uint32_t indent, const char *key)
{
    text_addc(p->out, ' ', indent);
    text_addf(p->out, "%s:", key);
}

/* A text that the language takes as it stands: `$` is not doubled. */
static void put_as_written(const struct printer *p, uint32_t indent, const char *key,
                           struct bytes value)
{
    begin(p, indent, key);
    text_addc(p->out, ' ', 1);
    print_text_scalar(p, value);
    text_addc(p->out, '\n', 1);
}

/* One scalar of a text that was resolved. */
static void add_source(const struct printer *p, struct bytes value)
{
    static char array[VALUE_MAX];
    struct text source = text_in(array, sizeof array);
    print_text_source(p, &source, value);
    print_text_scalar(p, text_bytes(&source));
    p->out->cut |= source.cut;
}

static void put_source(const struct printer *p, uint32_t indent, const char *key,
                       struct bytes value)
{
    begin(p, indent, key);
    text_addc(p->out, ' ', 1);
    add_source(p, value);
    text_addc(p->out, '\n', 1);
}

static void put_pattern(const struct printer *p, uint32_t indent, const char *key,
                        const struct pattern *value)
{
    static char array[VALUE_MAX];
    struct text source = text_in(array, sizeof array);
    print_text_pattern(p, &source, value);
    put_as_written(p, indent, key, text_bytes(&source));
    p->out->cut |= source.cut;
}

static void put_duration(const struct printer *p, uint32_t indent, const char *key, uint64_t ns)
{
    begin(p, indent, key);
    text_addc(p->out, ' ', 1);
    units_add_duration(p->out, ns);
    text_addc(p->out, '\n', 1);
}

static void put_count(const struct printer *p, uint32_t indent, const char *key, uint64_t count)
{
    begin(p, indent, key);
    text_addf(p->out, " %llu\n", (unsigned long long)count);
}

static void put_think(const struct printer *p, uint32_t indent, struct range_ns think)
{
    begin(p, indent, "think");
    text_addc(p->out, ' ', 1);
    units_add_duration(p->out, think.lo_ns);
    if (think.hi_ns != think.lo_ns) {
        text_adds(p->out, "..");
        units_add_duration(p->out, think.hi_ns);
    }
    text_addc(p->out, '\n', 1);
}

/* A key that is somebody's name. */
static void put_name(const struct printer *p, uint32_t indent, struct bytes name)
{
    text_addc(p->out, ' ', indent);
    print_text_scalar(p, name);
    text_addc(p->out, ':', 1);
}

/* -- Services, targets, data ---------------------------------------------------------------- */

static void put_targets(const struct printer *p)
{
    const struct plan *plan = p->plan;
    begin(p, 0, "target");
    for (uint32_t i = 0; i < plan->target_count; i++) {
        text_adds(p->out, plan->target_count > 1 ? "\n  - " : " ");
        add_source(p, plan->targets[i].text);
    }
    text_addc(p->out, '\n', 1);
}

/* A list, or the one item of it. */
static void put_list(const struct printer *p, const char *key, const struct bytes *items,
                     uint32_t count)
{
    begin(p, 0, key);
    for (uint32_t i = 0; i < count; i++) {
        text_adds(p->out, count > 1 ? "\n  - " : " ");
        add_source(p, items[i]);
    }
    text_addc(p->out, '\n', 1);
}

/* tls, hosts, source: how targets are reached. */
static void put_ways(const struct printer *p)
{
    const struct plan *plan = p->plan;
    const struct tls_plan *tls = &plan->tls;
    const struct {
        const char *key;
        struct bytes value;
    } texts[] = {
        {"ca", tls->ca}, {"server_name", tls->server_name}, {"cert", tls->cert}, {"key", tls->key}};
    if (tls->at.line > 0) {
        text_adds(p->out, "tls:\n");
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            if (texts[i].value.len > 0) put_source(p, 2, texts[i].key, texts[i].value);
        }
        text_addf(p->out, "  insecure: %s\n", tls->insecure ? "true" : "false");
    }
    if (plan->host_count > 0) text_adds(p->out, "hosts:\n");
    for (uint32_t i = 0; i < plan->host_count; i++) {
        const struct host_entry *host = &plan->hosts[i];
        char array[300];
        struct text name = text_in(array, sizeof array);
        text_add(&name, host->name);
        if (host->port > 0) text_addf(&name, ":%u", host->port);
        put_name(p, 2, text_bytes(&name));
        text_addc(p->out, ' ', 1);
        add_source(p, host->address);
        text_addc(p->out, '\n', 1);
    }
    if (plan->source_count > 0) put_list(p, "source", plan->sources, plan->source_count);
}

static void put_ready(const struct printer *p, const struct service *s)
{
    char array[4096];
    struct text ready = text_in(array, sizeof array);
    switch (s->ready) {
    case READY_NONE:
        text_adds(p->out, "    # ready: at once, since no port of it is used\n");
        return;
    case READY_PORT:
        text_adds(&ready, "port");
        break;
    case READY_HTTP:
        text_addf(&ready, "%.*s ", BYTES_ARG(s->ready_method));
        print_text_source(p, &ready, s->ready_path);
        break;
    case READY_LOG:
        text_adds(&ready, "log ");
        print_text_source(p, &ready, s->ready_text);
        break;
    }
    text_adds(&ready, " within ");
    units_add_duration(&ready, s->ready_within_ns);
    put_as_written(p, 4, "ready", text_bytes(&ready));
    p->out->cut |= ready.cut;
}

static void put_asks(const struct printer *p, const struct service *s)
{
    for (unsigned kind = 0; kind < ASK_KINDS; kind++) {
        if (s->asks[kind].text.len == 0) continue;
        put_source(p, 4, ask_name((enum ask_kind)kind), s->asks[kind].text);
    }
    if (s->otlp.len > 0) put_source(p, 4, "otlp", s->otlp);
}

static void put_logs(const struct printer *p, const struct log_plan *log)
{
    if (log->access_log.len > 0) put_source(p, 4, "access_log", log->access_log);
    if (log->access_format.len > 0) put_as_written(p, 4, "access_format", log->access_format);
    if (log->file_count > 0) text_adds(p->out, "    logs:\n");
    for (uint32_t i = 0; i < log->file_count; i++) {
        text_adds(p->out, "      - ");
        add_source(p, log->files[i]);
        text_addc(p->out, '\n', 1);
    }
}

static void put_attach(const struct printer *p, const struct attach *a)
{
    char array[24];
    struct text number = text_in(array, sizeof array);
    if (a->kind == ATTACH_NONE) return;
    text_addf(&number, "%llu", (unsigned long long)a->number);
    put_source(p, 4, attach_name(a->kind), a->text.len > 0 ? a->text : text_bytes(&number));
    text_addf(p->out, "    required: %s\n", a->required ? "true" : "false");
}

static void put_service(struct printer *p, const struct service *s)
{
    char array[80];
    struct text stop = text_in(array, sizeof array);
    p->service = s;
    put_name(p, 2, s->name);
    text_addc(p->out, '\n', 1);
    put_asks(p, s);
    put_attach(p, &s->attach);
    put_logs(p, &s->log);
    print_scrape(p, s);
    if (s->argc == 0) {
        p->service = NULL;
        return;
    }
    text_adds(p->out, "    command:\n");
    for (uint32_t i = 0; i < s->argc; i++) {
        text_adds(p->out, "      - ");
        add_source(p, s->argv[i]);
        text_addc(p->out, '\n', 1);
    }
    if (s->env_count > 0) text_adds(p->out, "    env:\n");
    for (uint32_t i = 0; i < s->env_count; i++) {
        size_t equals = bytes_find(s->env[i], BYTES_LIT("="));
        put_name(p, 6, (struct bytes){s->env[i].at, equals});
        text_addc(p->out, ' ', 1);
        add_source(p, bytes_from(s->env[i], equals + 1));
        text_addc(p->out, '\n', 1);
    }
    put_source(p, 4, "cwd", s->cwd);
    put_ready(p, s);
    text_addf(&stop, "SIG%s within ", sigabbrev_np(s->stop_signal));
    units_add_duration(&stop, s->stop_within_ns);
    put_as_written(p, 4, "stop", text_bytes(&stop));
    text_addf(p->out, "    keep: %s\n", s->keep ? "true" : "false");
    p->service = NULL;
}

static void put_rows(const struct printer *p, const struct data_source *data)
{
    for (uint32_t r = 0; r < data->row_count; r++) {
        for (uint32_t c = 0; c < data->column_count; c++) {
            text_adds(p->out, c == 0 ? "    - " : "      ");
            put_name(p, 0, data->columns[c]);
            text_addc(p->out, ' ', 1);
            add_source(p, data->cells[(size_t)r * data->column_count + c]);
            text_addc(p->out, '\n', 1);
        }
    }
}

static void put_data(const struct printer *p, const struct data_source *data)
{
    static const char *const picks[] = {"random", "sequential", "unique"};
    put_name(p, 2, data->name);
    text_addc(p->out, '\n', 1);
    if (data->file.len == 0) {
        put_rows(p, data);
        return;
    }
    put_source(p, 4, "file", data->file);
    text_addf(p->out, "    pick: %s\n", picks[data->pick]);
}

/* What a text still names: those of checks stand as they were written. */
static void put_vars(struct printer *p)
{
    p->in_vars = true;
    if (p->plan->var_count > 0) text_adds(p->out, "\nvars:\n");
    for (uint32_t i = 0; i < p->plan->var_count; i++) {
        const struct var *var = &p->plan->vars[i];
        put_name(p, 2, var->name);
        text_addc(p->out, ' ', 1);
        add_source(p, var->value);
        text_addc(p->out, '\n', 1);
    }
    p->in_vars = false;
}

/* -- Scenarios ------------------------------------------------------------------------------ */

/* A request's name, unless it is what method and path say anyway. */
static void put_request_name(const struct printer *p, const struct step *step)
{
    static char array[VALUE_MAX];
    struct text name = text_in(array, sizeof array);
    struct bytes own = p->plan->names[step->name_index];
    text_addf(&name, "%.*s ", BYTES_ARG(step->method));
    print_text_pattern(p, &name, &step->url);
    struct bytes said = text_bytes(&name);
    size_t query = bytes_find(said, BYTES_LIT("?"));
    if (query < said.len) said.len = query;
    bool variable = own.len > 0 && memchr(own.at, '$', own.len);
    if (variable && bytes_equal(said, own)) return;
    text_clear(&name);
    for (size_t i = 0; i < own.len; i++) text_addc(&name, own.at[i], own.at[i] == '$' ? 2 : 1);
    put_as_written(p, 8, "name", text_bytes(&name));
}

static void put_timeouts(const struct printer *p, const struct timeouts *t)
{
    struct text *out = p->out;
    text_adds(out, "        timeout: { connect: ");
    units_add_duration(out, t->connect_ns);
    if (t->first_byte_ns > 0) text_adds(out, ", first_byte: ");
    if (t->first_byte_ns > 0) units_add_duration(out, t->first_byte_ns);
    text_adds(out, ", response: ");
    units_add_duration(out, t->response_ns);
    text_adds(out, " }\n");
}

static void put_checks(const struct printer *p, const struct step *step)
{
    if (step->check_count == 0) {
        text_adds(p->out, "        # check: status 2xx or 3xx, since none is given\n");
        return;
    }
    text_adds(p->out, "        check:\n");
    for (uint32_t i = 0; i < step->check_count; i++) {
        text_adds(p->out, "          - ");
        print_text_scalar(p, step->checks[i].text);
        text_addc(p->out, '\n', 1);
    }
}

static void put_captures(const struct printer *p, const struct step *step)
{
    static const char *const sources[] = {
        [CAPTURE_JSON] = "json", [CAPTURE_HEADER] = "header", [CAPTURE_REGEX] = "regex"};
    if (step->capture_count > 0) text_adds(p->out, "        capture:\n");
    for (uint32_t i = 0; i < step->capture_count; i++) {
        const struct capture *c = &step->captures[i];
        bool holds = bytes_find(c->expression, BYTES_LIT("\"")) != SIZE_MAX;
        const char *quote = c->source != CAPTURE_REGEX ? "" : holds ? "'" : "\"";
        char array[4096];
        struct text sentence = text_in(array, sizeof array);
        text_addf(&sentence, "%s %s%.*s%s", sources[c->source], quote, BYTES_ARG(c->expression),
                  quote);
        put_name(p, 10, c->name);
        text_addc(p->out, ' ', 1);
        print_text_scalar(p, text_bytes(&sentence));
        text_addc(p->out, '\n', 1);
        p->out->cut |= sentence.cut;
    }
}

static void put_step(const struct printer *p, const struct step *step)
{
    char method[16];
    struct text t = text_in(method, sizeof method);
    for (size_t i = 0; i < step->method.len; i++) text_addc(&t, (char)(step->method.at[i] | 32), 1);
    text_adds(p->out, "      - ");
    put_pattern(p, 0, method, &step->url);
    put_request_name(p, step);
    if (step->header_count > 0) text_adds(p->out, "        headers:\n");
    for (uint32_t i = 0; i < step->header_count; i++) {
        char name[256];
        struct text key = text_in(name, sizeof name);
        text_add(&key, step->headers[i].name);
        put_pattern(p, 10, name, &step->headers[i].value);
        p->out->cut |= key.cut;
    }
    if (step->json_body) {
        begin(p, 8, "json");
        print_json_value(p, &step->body, 10);
    } else if (step->has_body) {
        put_pattern(p, 8, "body", &step->body);
    }
    put_timeouts(p, &step->timeout);
    if (step->new_connection) text_adds(p->out, "        connection: new\n");
    put_checks(p, step);
    put_captures(p, step);
    if (step->until) {
        put_as_written(p, 8, "until", step->until->text);
        put_duration(p, 8, "every", step->every_ns);
        put_duration(p, 8, "within", step->within_ns);
    }
    if (step->has_think) put_think(p, 8, step->think);
    text_addf(p->out, "        on_fail: %s\n",
              step->on_fail == ON_FAIL_CONTINUE ? "continue" : "stop");
}

static void put_scenario(struct printer *p, const struct scenario *s)
{
    p->scenario = s;
    put_name(p, 2, s->name);
    text_adds(p->out, "\n    weight: ");
    units_add_number(p->out, s->weight);
    text_adds(p->out, "\n    steps:\n");
    for (uint32_t i = 0; i < s->step_count; i++) put_step(p, &s->steps[i]);
    p->scenario = NULL;
}

/* -- Load ----------------------------------------------------------------------------------- */

static void add_amount(const struct printer *p, const struct stage *s, double amount)
{
    if (s->model == MODEL_OPEN) units_add_rate(p->out, amount);
    else text_addf(p->out, "%.0f", amount);
}

static double first_of(const struct stage *s)
{
    return s->model == MODEL_OPEN ? s->rate_from : s->users_from;
}

static double last_of(const struct stage *s)
{
    return s->model == MODEL_OPEN ? s->rate_to : s->users_to;
}

/* A difference of two decimal numbers without the dust of binary ones. */
static double clean(double difference)
{
    char array[40];
    struct text t = text_in(array, sizeof array);
    double out = difference;
    text_addf(&t, "%.12g", difference);
    return bytes_to_double(text_bytes(&t), &out) ? out : difference;
}

/* `rate: 50/s`, `users: 10..90`, or the range and step of `count` rungs. */
static void put_amount(const struct printer *p, uint32_t indent, const struct stage *s,
                       uint32_t count)
{
    double from = first_of(s);
    double to = last_of(&s[count - 1]);
    bool rungs = !bytes_equal(s->name, s->group);
    double step = count > 1 ? fabs(clean(first_of(&s[1]) - from)) : from;
    if (rungs && count == 1) from = 0; /* a rung of nothing is left out, so this one stands alone */
    begin(p, indent, s->model == MODEL_OPEN ? "rate" : "users");
    text_addc(p->out, ' ', 1);
    add_amount(p, s, from);
    if (from < to || from > to) text_adds(p->out, "..");
    if (from < to || from > to) add_amount(p, s, to);
    text_addc(p->out, '\n', 1);
    if (!rungs) return;
    begin(p, indent, "step");
    text_addc(p->out, ' ', 1);
    add_amount(p, s, step);
    text_addc(p->out, '\n', 1);
}

/* Whether the stage has the scenarios' own weights, by the sums of the parser. */
static bool has_own_mix(const struct plan *plan, const struct stage *s)
{
    double sum = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) sum += plan->scenarios[i].weight;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        double own = plan->scenarios[i].weight / sum;
        if (s->mix[i] < own || s->mix[i] > own) return false;
    }
    return true;
}

static void put_mix(const struct printer *p, const struct stage *s)
{
    const struct plan *plan = p->plan;
    if (has_own_mix(plan, s)) return;
    text_adds(p->out, "      mix:\n");
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        if (s->mix[i] <= 0) continue;
        put_name(p, 8, plan->scenarios[i].name);
        text_addc(p->out, ' ', 1);
        units_add_number(p->out, s->mix[i]);
        text_addc(p->out, '\n', 1);
    }
}

/* One entry of the list: a stage, or `count` rungs of one. */
static void put_stage(const struct printer *p, const struct stage *s, uint32_t count)
{
    bool rungs = !bytes_equal(s->name, s->group);
    bool open = s->model == MODEL_OPEN;
    text_adds(p->out, "    - ");
    put_as_written(p, 0, "name", s->group);
    put_amount(p, 6, s, count);
    if (s->requests > 0) put_count(p, 6, "requests", s->requests);
    if (!open || s->requests == 0) put_duration(p, 6, rungs ? "each" : "for", s->length_ns);
    text_addf(p->out, "      judge: %s\n", s->judged ? "true" : "false");
    put_duration(p, 6, "settle", s->settle_ns);
    if (open) text_addf(p->out, "      arrivals: %s\n", patterns[s->arrivals]);
    if (s->has_think) put_think(p, 6, s->think);
    if (s->pacing_ns > 0) put_duration(p, 6, "pacing", s->pacing_ns);
    put_mix(p, s);
}

static void put_warmup(const struct printer *p, const struct stage *s)
{
    if (s->model == MODEL_OPEN) text_addf(p->out, "  arrivals: %s\n", patterns[s->arrivals]);
    text_adds(p->out, "  warmup:\n");
    put_amount(p, 4, s, 1);
    if (s->has_think) put_think(p, 4, s->think);
    if (s->until_steady) text_adds(p->out, "    for: auto\n");
    put_duration(p, 4, s->until_steady ? "at_most" : "for", s->length_ns);
}

static void put_load(const struct printer *p)
{
    const struct plan *plan = p->plan;
    struct text *out = p->out;
    uint32_t i = 0;
    text_adds(out, "\nload:\n");
    if (plan->stages[0].warmup) put_warmup(p, &plan->stages[i++]);
    text_adds(out, "  stages:\n");
    while (i < plan->stage_count) {
        const struct stage *s = &plan->stages[i];
        uint32_t count = 1;
        while (i + count < plan->stage_count
               && bytes_equal(plan->stages[i + count].group, s->group)) {
            count++;
        }
        put_stage(p, s, count);
        i += count;
    }
    put_count(p, 2, "max_in_flight", plan->max_in_flight);
    if (plan->connections > 0) put_count(p, 2, "connections", plan->connections);
    else text_adds(out, "  # connections: as many as are needed\n");
    if (plan->threads > 0) put_count(p, 2, "threads", plan->threads);
    else text_adds(out, "  # threads: the cores, less one where it can be spared\n");
    if (plan->seed_given) put_count(p, 2, "seed", plan->seed);
    else text_adds(out, "  # seed: a fresh one for each run\n");
}

/* -- Objectives ----------------------------------------------------------------------------- */

static void put_sentences(const struct printer *p, const char *key, const struct objective *items,
                          uint32_t count)
{
    uint32_t own = 0;
    for (uint32_t i = 0; i < count; i++) own += !items[i].implicit;
    if (count > 0) text_addf(p->out, "\n%s%s:\n", own > 0 ? "" : "# ", key);
    for (uint32_t i = 0; i < count; i++) {
        text_addf(p->out, "  %s- %s", items[i].implicit ? "# " : "", items[i].warn ? "warn: " : "");
        print_text_scalar(p, items[i].text);
        text_adds(p->out,
                  items[i].implicit ? "   (implied: no sentence above looks at failures)\n" : "\n");
    }
}

static void put_watch(const struct printer *p)
{
    const struct watch_plan *w = &p->plan->watch;
    if (w->at.line == 0) return;
    text_adds(p->out, "\nwatch:\n");
    if (w->probe_per_s > 0) {
        begin(p, 2, "probe");
        text_addc(p->out, ' ', 1);
        units_add_rate(p->out, w->probe_per_s);
        text_addc(p->out, '\n', 1);
    } else {
        text_adds(p->out, "  # probe: nothing is sent\n");
    }
    put_duration(p, 2, "window", w->window_ns);
    if (w->roll_ns > 0) put_duration(p, 2, "roll", w->roll_ns);
    else text_adds(p->out, "  # roll: at midnight\n");
    put_duration(p, 2, "keep", w->keep_ns);
}

static void put_outputs(const struct printer *p)
{
    const struct plan *plan = p->plan;
    if (plan->output_count > 0) text_adds(p->out, "\noutputs:\n");
    for (uint32_t i = 0; i < plan->output_count; i++) {
        text_adds(p->out, "  - ");
        print_text_scalar(p, plan->outputs[i].text);
        text_addc(p->out, '\n', 1);
    }
}

void print_plan_write(struct text *out, const struct plan *plan)
{
    struct printer p = {.out = out, .plan = plan};
    text_adds(out, "plan: 1\n");
    put_as_written(&p, 0, "name", plan->name);
    put_targets(&p);
    put_ways(&p);
    print_telemetry(&p);
    put_vars(&p);
    if (plan->service_count > 0) text_adds(out, "\nservices:\n");
    for (uint32_t i = 0; i < plan->service_count; i++) put_service(&p, &plan->services[i]);
    if (plan->data_count > 0) text_adds(out, "\ndata:\n");
    for (uint32_t i = 0; i < plan->data_count; i++) put_data(&p, &plan->data[i]);
    text_adds(out, "\nscenarios:\n");
    for (uint32_t i = 0; i < plan->scenario_count; i++) put_scenario(&p, &plan->scenarios[i]);
    put_load(&p);
    put_sentences(&p, "objectives", plan->objectives, plan->objective_count);
    put_sentences(&p, "abort_when", plan->abort_when, plan->abort_count);
    put_outputs(&p);
    put_watch(&p);
}
