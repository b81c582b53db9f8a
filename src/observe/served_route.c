#include "observe/served_route.h"

#define HEX_LEAST 16 /* hexadecimal digits in a row that are hardly ever a word */
#define UUID_LEN 36

/* The length of a place to fill in at the start of `at`; 0: there is none. */
static size_t place_len(struct bytes at)
{
    if (at.len == 0 || at.at[0] != '{') return 0;
    for (size_t i = 1; i < at.len && at.at[i] != '/'; i++) {
        if (at.at[i] == '}') return i + 1;
    }
    return 0;
}

/* One place at a time may have to give characters back: a '/' ends all before it for good. */
bool served_route_matches(struct bytes form, struct bytes path)
{
    size_t f = 0;
    size_t p = 0;
    size_t form_again = SIZE_MAX;
    size_t path_again = 0;
    while (p < path.len || f < form.len) {
        size_t place = place_len(bytes_from(form, f));
        if (place > 0 && p < path.len && path.at[p] != '/') {
            f += place;
            p++;
            form_again = f;
            path_again = p;
        } else if (place == 0 && f < form.len && p < path.len && form.at[f] == path.at[p]) {
            if (path.at[p] == '/') form_again = SIZE_MAX;
            f++;
            p++;
        } else if (form_again != SIZE_MAX && path_again < path.len && path.at[path_again] != '/') {
            f = form_again;
            p = ++path_again;
        } else {
            return false;
        }
    }
    return true;
}

static struct bytes segment_at(struct bytes path, size_t from)
{
    struct bytes rest = bytes_from(path, from);
    size_t end = bytes_find(rest, BYTES_LIT("/"));
    return (struct bytes){rest.at, end == SIZE_MAX ? rest.len : end};
}

static bool is_uuid(struct bytes s)
{
    if (s.len != UUID_LEN) return false;
    for (size_t i = 0; i < s.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.at[i] != '-' : bytes_hex_value(s.at[i]) < 0) return false;
    }
    return true;
}

static bool is_number(struct bytes s)
{
    bool digits = s.len > 0;
    bool hex = s.len >= HEX_LEAST;
    for (size_t i = 0; i < s.len; i++) {
        digits = digits && bytes_is_digit(s.at[i]);
        hex = hex && bytes_hex_value(s.at[i]) >= 0;
    }
    return digits || hex || is_uuid(s);
}

void served_route_general(struct text *out, struct bytes path)
{
    for (size_t at = 0; at < path.len;) {
        if (path.at[at] == '/') {
            text_addc(out, '/', 1);
            at++;
            continue;
        }
        struct bytes segment = segment_at(path, at);
        if (is_number(segment)) text_adds(out, "{}");
        else text_add(out, segment);
        at += segment.len;
    }
}

/* A framework's template with its places as {}: "/a/:id" and "/a/<int:id>" are "/a/{}". */
static void add_template(struct text *out, struct bytes route)
{
    for (size_t at = 0; at < route.len;) {
        if (route.at[at] == '/') {
            text_addc(out, '/', 1);
            at++;
            continue;
        }
        struct bytes segment = segment_at(route, at);
        bool place = segment.at[0] == ':' || segment.at[0] == '<' || segment.at[0] == '*';
        if (place) text_adds(out, "{}");
        else text_add(out, segment);
        at += segment.len;
    }
}

/* Without scheme and host, and without the query. */
static struct bytes path_of(struct bytes url)
{
    size_t scheme = bytes_find(url, BYTES_LIT("://"));
    if (scheme != SIZE_MAX && url.len > 0 && url.at[0] != '/') {
        struct bytes rest = bytes_from(url, scheme + 3);
        size_t slash = bytes_find(rest, BYTES_LIT("/"));
        url = slash == SIZE_MAX ? BYTES_LIT("/") : bytes_from(rest, slash);
    }
    size_t query = bytes_find(url, BYTES_LIT("?"));
    if (query != SIZE_MAX) url.len = query;
    return url;
}

/* False: the arena is full. A URL that begins with what is filled in is nobody's route. */
static bool add_form(struct served_forms *out, const struct step *step, struct arena *arena)
{
    char array[2048];
    struct text url = text_in(array, sizeof array);
    for (uint32_t i = 0; i < step->url.piece_count; i++) {
        const struct piece *piece = &step->url.pieces[i];
        bool written = piece->kind == PIECE_TEXT && !piece->secret;
        if (written) text_add(&url, piece->text);
        else text_adds(&url, "{}");
    }
    struct bytes path = path_of(text_bytes(&url));
    if (url.cut || path.len == 0 || path.at[0] != '/') return true;
    struct served_form *form = &out->all[out->count];
    *form = (struct served_form){
        .method = step->method, .path = arena_copy(arena, path), .name_index = step->name_index};
    if (!form->path.at) return false;
    for (size_t i = 0; i < path.len; i++) {
        size_t place = place_len(bytes_from(path, i));
        if (place > 0) i += place - 1;
        else form->literal++;
    }
    out->count++;
    return true;
}

bool served_route_forms(struct served_forms *out, const struct plan *plan, struct arena *arena)
{
    uint32_t steps = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) steps += plan->scenarios[i].step_count;
    *out = (struct served_forms){.all = ARENA_ARRAY(arena, steps + 1, struct served_form)};
    if (plan->target_count > 0) out->base_path = plan->targets[0].base_path;
    if (!out->all) return false;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        const struct scenario *s = &plan->scenarios[i];
        for (uint32_t k = 0; k < s->step_count; k++) {
            if (!add_form(out, &s->steps[k], arena)) return false;
        }
    }
    return true;
}

static uint32_t find(const struct served_forms *forms, struct bytes method, struct bytes route,
                     bool is_template)
{
    const struct served_form *best = NULL;
    bool best_fits = false;
    for (uint32_t i = 0; i < forms->count; i++) {
        const struct served_form *form = &forms->all[i];
        bool sent = method.len == 0 || bytes_equal(method, form->method);
        bool fits = sent && served_route_matches(form->path, route);
        /* The plan sends one of the requests that the template stands for. */
        bool within = sent && is_template && served_route_matches(route, form->path);
        if (!fits && !within) continue;
        if (best && (best_fits && !fits)) continue;
        if (best && best_fits == fits && form->literal <= best->literal) continue;
        best = form;
        best_fits = fits;
    }
    return best ? best->name_index : PLAN_NO_INDEX;
}

uint32_t served_route_name(const struct served_forms *forms, struct bytes method,
                           struct bytes route, bool is_template)
{
    char array[2048];
    struct text plain = text_in(array, sizeof array);
    if (is_template) {
        add_template(&plain, route);
        if (plain.cut) return PLAN_NO_INDEX;
        route = text_bytes(&plain);
    }
    uint32_t name = find(forms, method, route, is_template);
    struct bytes base = forms->base_path;
    if (name != PLAN_NO_INDEX || base.len == 0 || !bytes_starts(route, base)) return name;
    return find(forms, method, bytes_from(route, base.len), is_template);
}
