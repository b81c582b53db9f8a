/* Keys of a service that say what it writes down of itself: `access_log:`, `logs:`. */
#include "plan/parse_priv.h"
#include "wire/access_format.h"

#define FILES_MOST 7 /* observe/log_source.h reads the service's own output besides */

static bool read_path(struct parse *p, const struct node *n, const char *what, struct bytes *out)
{
    struct bytes text;
    if (!parse_node_is(p, n, SHAPE_SCALAR, what)) return false;
    if (n->text.len == 0) return parse_node_empty(p, n, what);
    if (!parse_variable_constant(p, n, n->text, &text)) return false;
    if (text.len == 0) return parse_node_empty(p, n, what);
    *out = parse_node_path(p, text);
    return true;
}

static bool read_access_log(struct parse *p, const struct node *n, struct service *s, bool starts)
{
    if (!bytes_is(n->text, "output")) return read_path(p, n, "access_log", &s->log.access_log);
    s->log.access_log = n->text;
    return starts
           || parse_node_error(p, DIAG_CONFLICT, n, "name the file, or add a 'command'",
                               "'output' is what a service writes that prony starts");
}

/* As it stands in the server's configuration: `$` is nginx's here, no variable of the plan. */
static bool read_format(struct parse *p, const struct node *n, struct service *s)
{
    static const char *const families[] = {"nginx", "apache"};
    const char *why = "";
    size_t at = 0;
    s->log.access_format = n->text;
    if (n->text.len == 0) return parse_node_empty(p, n, "access_format");
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        if (bytes_is(n->text, families[i])) return true;
    }
    struct access_format *format = ARENA_NEW(p->arena, struct access_format);
    if (!format || access_format_compile(format, n->text, &why, &at)) return format != NULL;
    if (at > n->text.len) at = n->text.len;
    struct bytes rest = bytes_from(n->text, at);
    char hint[160];
    struct text t = text_in(hint, sizeof hint);
    if (at > 0 && rest.len > 0) text_adds(&t, "it is read up to: ");
    if (at > 0 && rest.len > 0) text_add_safe(&t, rest);
    else text_adds(&t, "copy it from the server's configuration, in single quotes");
    return parse_node_error(p, DIAG_SERVICE, n, hint, "'access_format' is not understood: %s", why);
}

static bool read_files(struct parse *p, const struct node *n, struct service *s)
{
    uint32_t count = n->kind == NODE_SCALAR ? 1 : n->count;
    if (count > FILES_MOST) {
        return parse_node_error(p, DIAG_NUMBER, n, "name the most telling ones",
                                "'logs' has %u files; at most %u are read", count, FILES_MOST);
    }
    s->log.files = ARENA_ARRAY(p->arena, count, struct bytes);
    for (uint32_t i = 0; i < count && s->log.files; i++) {
        const struct node *one = n->kind == NODE_SCALAR ? n : n->items[i].value;
        if (!read_path(p, one, "logs", &s->log.files[s->log.file_count])) return false;
        s->log.file_count++;
    }
    return true;
}

bool parse_log_all(struct parse *p, struct fields *f, struct service *s)
{
    const struct node *access = f->at[KEY_SERVICE_ACCESS_LOG];
    const struct node *format = f->at[KEY_SERVICE_ACCESS_FORMAT];
    const struct node *logs = f->at[KEY_SERVICE_LOGS];
    bool starts = f->at[KEY_SERVICE_COMMAND] != NULL;
    if (access && !read_access_log(p, access, s, starts)) f->bad = true;
    if (format && !read_format(p, format, s)) f->bad = true;
    if (logs && !read_files(p, logs, s)) f->bad = true;
    if (format && !access) {
        f->bad = true;
        parse_node_error(p, DIAG_CONFLICT, format, "add  access_log: /var/log/nginx/access.log",
                         "'access_format' is of an 'access_log'");
    }
    return access || logs;
}
