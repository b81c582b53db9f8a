#include "plan/parse_priv.h"

/* The file at key `k`, from the plan's folder. */
static void read_path(struct parse *p, struct fields *f, enum key k, struct bytes *out)
{
    struct bytes text = {0};
    const struct node *n = f->at[k];
    if (!n || !parse_node_text(p, f, k, &text)) return;
    if (parse_variable_constant(p, n, n->text, &text)) *out = parse_node_path(p, text);
}

/* What the files hold is known only to those who will use them. */
static void check_files(struct parse *p, struct fields *f, const struct tls_plan *tls)
{
    const struct plan_host *host = p->in->host;
    const struct bytes *which = NULL;
    struct err err = {0};
    if (!host || !host->check_tls || host->check_tls(host->ctx, tls, &which, &err)) return;
    const struct node *n = f->map;
    if (which == &tls->ca) n = f->at[KEY_TLS_CA];
    if (which == &tls->cert) n = f->at[KEY_TLS_CERT];
    if (which == &tls->key) n = f->at[KEY_TLS_KEY];
    parse_node_error(p, DIAG_TLS, n, err.hint, "%s", err.msg);
}

bool parse_tls_map(struct parse *p, const struct node *n, struct tls_plan *tls)
{
    struct fields f;
    bool before = p->constant;
    if (!parse_node_fields(p, n, PLACE_TLS, &f)) return false;
    p->constant = true;
    tls->at = n->at;
    read_path(p, &f, KEY_TLS_CA, &tls->ca);
    read_path(p, &f, KEY_TLS_CERT, &tls->cert);
    read_path(p, &f, KEY_TLS_KEY, &tls->key);
    parse_node_bool(p, &f, KEY_TLS_INSECURE, &tls->insecure);
    const struct node *name = f.at[KEY_TLS_SERVER_NAME];
    if (name && parse_node_text(p, &f, KEY_TLS_SERVER_NAME, &tls->server_name)) {
        if (parse_variable_constant(p, name, name->text, &tls->server_name)) {
            tls->server_name = arena_copy(p->arena, tls->server_name);
        }
    }
    p->constant = before;
    if (f.at[KEY_TLS_KEY] && !f.at[KEY_TLS_CERT] && !f.bad) {
        return parse_node_error(p, DIAG_CONFLICT, f.at[KEY_TLS_KEY], "add  cert: FILE",
                                "'key' belongs to 'cert', which is not here");
    }
    if (tls->insecure && f.at[KEY_TLS_CA]) {
        return parse_node_error(p, DIAG_CONFLICT, f.at[KEY_TLS_INSECURE], "keep one of them",
                                "'insecure' verifies nobody, so 'ca' would be of no use");
    }
    if (!f.bad) check_files(p, &f, tls);
    return !f.bad;
}

void parse_tls_all(struct parse *p, const struct node *n)
{
    bool any = p->plan->target_count == 0; /* none that is understood: told elsewhere */
    for (uint32_t i = 0; i < p->plan->target_count; i++) any |= p->plan->targets[i].tls;
    if (any) {
        parse_tls_map(p, n, &p->plan->tls);
        return;
    }
    parse_node_error(p, DIAG_CONFLICT, n, "write https:// in 'target', or take 'tls' away",
                     "no target is spoken to by TLS");
}
