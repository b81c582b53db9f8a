#include "base/attr.h"
#include "plan/sentence_priv.h"

static uint32_t find_name(const struct bytes *names, uint32_t count, struct bytes name)
{
    uint32_t i = 0;
    while (i < count && !bytes_equal(names[i], name)) i++;
    return i;
}

/* A name of more than one word that lacks its quotes, as in `of GET /jobs`. */
static bool lacks_quotes(const struct sentence *r)
{
    struct sentence next = *r;
    sentence_advance(&next);
    return r->word.kind == SENTENCE_NAME && next.word.kind == SENTENCE_NAME
           && !sentence_is(&next, "in") && !sentence_is(&next, "of");
}

/* A stage stands after `in`, whoever is counted after `of`. */
static void add_other_side(const struct sentence *r, const char *what, struct text *hint)
{
    const struct objective_names *n = r->names;
    struct bytes word = r->word.text;
    bool stage = bytes_is(bytes_of(what), "stage");
    bool service = find_name(n->services, n->service_count, word) < n->service_count;
    if (service && !stage && bytes_is(bytes_of(what), "request or scenario"))
        text_adds(hint, "of a service are memory, cpu, leak and the series   ");
    bool other = stage ? find_name(n->requests, n->request_count, word) < n->request_count
                             || find_name(n->scenarios, n->scenario_count, word) < n->scenario_count
                       : find_name(n->stage_names, n->stage_count, word) < n->stage_count
                             || find_name(n->stage_groups, n->stage_count, word) < n->stage_count;
    if (other && word.len > 0)
        text_addf(hint, "write %s %.*s   ", stage ? "of" : "in", BYTES_ARG(word));
}

static bool tell_name(struct sentence *r, const char *what, const struct bytes *first,
                      uint32_t first_count, const struct bytes *second, uint32_t second_count)
{
    struct bytes names[64];
    uint32_t count = 0;
    for (uint32_t i = 0; i < first_count && count < 40; i++) {
        if (i == 0 || !bytes_equal(first[i], first[i - 1])) names[count++] = first[i];
    }
    for (uint32_t i = 0; i < second_count && count < 64; i++) names[count++] = second[i];
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    if (lacks_quotes(r)) text_adds(&t, "a name with spaces is quoted: of \"GET /jobs\"   ");
    add_other_side(r, what, &t);
    diag_suggest(&t, r->word.text, "names", names, count);
    if (r->word.kind == SENTENCE_END || r->word.kind == SENTENCE_OP
        || r->word.kind == SENTENCE_OPEN) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, hint, "a name is missing here");
    }
    return diag_add(r->diags, DIAG_UNKNOWN_NAME, sentence_place(r, r->word), hint,
                    "no %s is named '%.*s'", what, BYTES_ARG(r->word.text));
}

static bool is_near(const struct sentence *r, const struct bytes *names, uint32_t count)
{
    return diag_nearest_name(r->word.text, names, count).len > 0;
}

static bool is_of_host(const struct objective *o)
{
    return bytes_starts(o->series, BYTES_LIT("host."))
           || bytes_starts(o->series, BYTES_LIT("observe."));
}

static bool read_service(struct sentence *r, struct objective *out)
{
    const struct objective_names *n = r->names;
    if (is_of_host(out)) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "take it away",
                              "it is seen of the host as a whole");
    }
    sentence_advance(r);
    bool named = r->word.kind == SENTENCE_NAME || r->word.kind == SENTENCE_QUOTED;
    uint32_t at = named ? find_name(n->services, n->service_count, r->word.text) : n->service_count;
    if (at == n->service_count && n->service_count == 0 && named) {
        return diag_add(r->diags, DIAG_UNKNOWN_NAME, sentence_place(r, r->word),
                        "say under 'services:' what it is",
                        "no service is named '%.*s': the plan has none", BYTES_ARG(r->word.text));
    }
    if (at == n->service_count)
        return tell_name(r, "service", n->services, n->service_count, NULL, 0);
    out->scope = SCOPE_SERVICE;
    out->scope_index = at;
    sentence_advance(r);
    return true;
}

static bool tell_no_service(struct sentence *r, const struct objective *o)
{
    char hint[200];
    struct text t = text_in(hint, sizeof hint);
    if (o->metric == METRIC_SERIES && r->word.kind == SENTENCE_NAME) {
        text_addf(&t, "a label is quoted:  %.*s \"%.*s\" of ...", BYTES_ARG(o->series),
                  BYTES_ARG(r->word.text));
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, hint,
                              "here 'of' is wanted, and a service");
    }
    text_adds(&t, "write:  ");
    objective_metric_name(&t, o);
    if (r->names->service_count > 0) text_addf(&t, " of %.*s", BYTES_ARG(r->names->services[0]));
    else text_adds(&t, " of NAME,  one of 'services:'");
    return sentence_wrong(r, DIAG_OBJECTIVE, r->word, hint, "of which service?");
}

static bool read_of(struct sentence *r, struct objective *out)
{
    if (objective_is_observed(out)) return read_service(r, out);
    const struct objective_names *n = r->names;
    if (out->metric == METRIC_USERS) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word,
                              "take it away; users walk all scenarios of a stage",
                              "'users' are not counted by name");
    }
    sentence_advance(r);
    if (sentence_is(r, "each")) {
        out->scope = SCOPE_EACH;
        sentence_advance(r);
        return true;
    }
    bool named = r->word.kind == SENTENCE_NAME || r->word.kind == SENTENCE_QUOTED;
    uint32_t request =
        named ? find_name(n->requests, n->request_count, r->word.text) : n->request_count;
    uint32_t scenario =
        named ? find_name(n->scenarios, n->scenario_count, r->word.text) : n->scenario_count;
    bool wrong = request < n->request_count && request >= n->request_count - n->requests_wrong;
    bool lost = named && request == n->request_count && scenario == n->scenario_count
                && n->requests_lost && !is_near(r, n->requests, n->request_count)
                && !is_near(r, n->scenarios, n->scenario_count);
    if (wrong || lost) { /* `lost`: it may be one of those that could not be read */
        r->lost = true;
    } else if (request < n->request_count) {
        out->scope = SCOPE_REQUEST;
        out->scope_index = request;
    } else if (scenario < n->scenario_count) {
        out->scope = SCOPE_SCENARIO;
        out->scope_index = scenario;
    } else {
        return tell_name(r, "request or scenario", n->scenarios, n->scenario_count, n->requests,
                         n->request_count);
    }
    sentence_advance(r);
    return true;
}

bool sentence_scope_stage(struct sentence *r, uint32_t *first, uint32_t *count)
{
    const struct objective_names *n = r->names;
    sentence_advance(r);
    bool named = r->word.kind == SENTENCE_NAME || r->word.kind == SENTENCE_QUOTED;
    uint32_t at = named ? find_name(n->stage_names, n->stage_count, r->word.text) : n->stage_count;
    *count = 1;
    if (at == n->stage_count && named) {
        at = find_name(n->stage_groups, n->stage_count, r->word.text);
        while (at + *count < n->stage_count
               && bytes_equal(n->stage_groups[at + *count], r->word.text)) {
            (*count)++;
        }
    }
    bool wrong = at < n->stage_count && at >= n->stage_count - n->stages_wrong;
    bool maybe = at == n->stage_count && named && n->stages_lost
                 && !is_near(r, n->stage_groups, n->stage_count);
    if (wrong || maybe) {
        r->lost = true; /* it is, or may be, one of those */
        sentence_advance(r);
        return true;
    }
    if (at == n->stage_count) {
        return tell_name(r, "stage", n->stage_groups, n->stage_count, NULL, 0);
    }
    *first = at;
    sentence_advance(r);
    return true;
}

static bool read_in(struct sentence *r, struct objective *out)
{
    if (!sentence_scope_stage(r, &out->stage_first, &out->stage_count)) return false;
    out->has_in = true;
    return true;
}

bool sentence_scope_read(struct sentence *r, struct objective *out)
{
    for (bool of = false; sentence_is(r, "of") || sentence_is(r, "in");) {
        bool now_of = sentence_is(r, "of");
        if (out->metric == METRIC_RECOVERY)
            return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "take it away",
                                  "it is recovered when all limits hold again, of whatever");
        if (now_of ? of : out->has_in) {
            return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "write two sentences",
                                  "one name is enough here");
        }
        of |= now_of;
        if (!(now_of ? read_of(r, out) : read_in(r, out))) return false;
    }
    bool lacks = objective_is_observed(out) && out->scope != SCOPE_SERVICE && !is_of_host(out);
    return lacks ? tell_no_service(r, out) : true;
}
