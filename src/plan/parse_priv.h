/* parse_priv.h - what the files that read a plan share: where they are, and how a value is read.
 *
 * Why: each subject of the language (services, data, steps, load) has its own file; what a key may
 * hold, how a wrong value is told and what a variable means are the same for all.
 * Every reader returns false after telling what is wrong, and leaves its output usable or
 * untouched: the reading goes on, so that all mistakes are told at once.
 * Source: docs/plan.md, "Rules for the whole file".
 * Thread: main.  Memory: the plan's arena. */
#pragma once

#include "plan/key_table.h"
#include "plan/pattern.h"
#include "plan/plan_load.h"
#include "plan/yaml_doc.h"

struct header_list {
    struct header *items;
    uint32_t count;
};

struct parse {
    const struct plan_input *in;
    struct plan *plan;
    struct arena *arena;
    struct diags *diags;
    struct yaml_doc doc;
    bool constant;              /* only variables with a value before the run may be used */
    struct service *service;    /* being read: has a $dir */
    struct service *listener;   /* whose command or environment is being read */
    struct scenario *scenario;  /* being read: has captures */
    const struct node *steps;   /* of that scenario */
    struct header_list headers; /* of the plan */
    struct timeouts timeout;    /* of the plan */
    bool new_connection;        /* of that scenario */
    enum arrivals arrivals;     /* of the load */
    struct parse_lost {
        struct bytes *names; /* [count]: of what could not be read, as far as they can be seen */
        uint32_t count;
        bool unknown; /* some have names that nobody knows */
    } stages_lost, steps_lost;
};

/* A map whose keys have been looked up; at[k] is NULL where key k is not given, or not usable. */
struct fields {
    const struct node *map;
    const struct node *at[KEY_COUNT];
    bool bad; /* something in it has been told: no conclusions from what is missing */
};

/* parse_node.c: values */
void *parse_node_push(struct parse *p, void *items, uint32_t count, size_t size);
bool parse_node_error(struct parse *p, enum diag_code code, const struct node *n, const char *hint,
                      const char *format, ...) PRINTF_LIKE(5, 6);
bool parse_node_fields(struct parse *p, const struct node *n, enum key_place place,
                       struct fields *out);
bool parse_node_is(struct parse *p, const struct node *n, unsigned shapes, const char *what);
bool parse_node_empty(struct parse *p, const struct node *n, const char *what);
bool parse_node_name(struct parse *p, const struct node *n, const char *what);
bool parse_node_word(struct parse *p, const struct node *n, const char *what);
bool parse_node_identifier(struct parse *p, const struct node *n, const char *what);
/* `n` cannot be read: its name, where it has one, is known all the same. */
void parse_node_lose(struct parse *p, const struct node *n, struct parse_lost *lost);
/* `path` as it is from the plan's folder, NUL-terminated. */
struct bytes parse_node_path(struct parse *p, struct bytes path);
/* These read key `k` of `f`: false where it is absent or wrong, with `*out` untouched. */
bool parse_node_text(struct parse *p, struct fields *f, enum key k, struct bytes *out);
bool parse_node_duration(struct parse *p, struct fields *f, enum key k, uint64_t *out_ns);
bool parse_node_rate(struct parse *p, struct fields *f, enum key k, double *out_per_s);
bool parse_node_count(struct parse *p, struct fields *f, enum key k, uint64_t most, uint64_t *out);
bool parse_node_number(struct parse *p, const struct node *n, const char *what, double *out);
bool parse_node_bool(struct parse *p, struct fields *f, enum key k, bool *out);
bool parse_node_choice(struct parse *p, struct fields *f, enum key k, const char *const *words,
                       uint32_t count, uint32_t *out);
bool parse_node_think(struct parse *p, struct fields *f, enum key k, struct range_ns *out);
bool parse_node_rates(struct parse *p, struct fields *f, enum key k, double *from, double *to);
bool parse_node_counts(struct parse *p, struct fields *f, enum key k, uint64_t *from, uint64_t *to);
/* parse_hint.c: cures; nothing, or NULL, where there is none to offer */
void parse_hint_key(struct text *hint, enum key_place place, struct bytes name);
const char *parse_hint_shape(enum key k, const struct node *n);
void parse_hint_amount(struct text *hint, struct bytes in, enum objective_unit unit);
const char *parse_hint_bool(struct bytes text);
const char *parse_hint_letter(struct bytes rest); /* one that no URL may hold */
/* parse_variable.c: texts with variables; `text` is (a part of) n->text */
bool parse_variable_pattern(struct parse *p, const struct node *n, struct bytes text,
                            enum encoding encoding, struct pattern *out);
bool parse_variable_constant(struct parse *p, const struct node *n, struct bytes text,
                             struct bytes *out);
/* Whether all of `text` is one variable. */
bool parse_variable_alone(const struct parse *p, struct bytes text);
bool parse_variable_reserved(struct bytes name);
/* `text` of a sentence with its variables filled in, except in double quotes, where names stand. */
bool parse_variable_sentence(struct parse *p, const struct node *n, struct bytes text,
                             struct bytes *out);
/* parse_vars.c */
void parse_vars_all(struct parse *p, const struct node *n);
/* Whether `name` is a variable's; told. */
bool parse_vars_clash(struct parse *p, const struct node *name);
enum parse_flag { PARSE_SET, PARSE_VAR, PARSE_ONLY, PARSE_OBJECTIVE };
/* plan_load.c: the place of a flag: line 0, and which one it is as column; all of its value */
struct span plan_load_flag_span(const struct parse *p, enum parse_flag flag, uint32_t index);
/* plan_set.c, plan_only.c: flags that change the tree before, and the plan after it is read */
void plan_set_apply(struct parse *p);
void plan_only_apply(struct parse *p);
/* parse_json.c: the rendered JSON of a node */
bool parse_json_body(struct parse *p, const struct node *n, struct pattern *out);
/* parse_service.c, parse_data.c, parse_target.c, parse_load.c: keys of the plan */
void parse_service_names(struct parse *p, const struct node *n);
void parse_service_all(struct parse *p, const struct node *n);
/* Whether any of its keys is there, good or not. */
bool parse_ask_all(struct parse *p, struct fields *f, struct service *s);
/* Whether there is a log of it to read. */
bool parse_log_all(struct parse *p, struct fields *f, struct service *s);
/* The port by which this service is found, 0: it is found in another way, or none is there. */
uint16_t parse_attach_port(const struct node *service);
/* The same of those that say how it is found. */
bool parse_attach_all(struct parse *p, struct fields *f, struct service *s);
/* `metrics`: whether it is there, good or not; before the two above. */
bool parse_scrape_all(struct parse *p, struct fields *f, struct service *s);
void parse_data_all(struct parse *p, const struct node *n);
/* `target`, and what `hosts` says about it. */
void parse_target_all(struct parse *p, const struct node *n, const struct node *hosts);
void parse_target_sources(struct parse *p, const struct node *n);
void parse_tls_all(struct parse *p, const struct node *n);
/* The keys of a `tls`; false: one of them is no good. */
bool parse_tls_map(struct parse *p, const struct node *n, struct tls_plan *out);
/* parse_watch.c; `n` may be NULL */
void parse_watch_all(struct parse *p, const struct node *n);
/* Whether `url` begins with one of the targets. */
bool parse_target_holds(const struct plan *plan, struct bytes url);
void parse_load_limits(struct parse *p, struct fields *load);
void parse_load_stages(struct parse *p, struct fields *load);
bool parse_stage_read(struct parse *p, const struct node *n, uint32_t number);
bool parse_stage_warmup(struct parse *p, const struct node *n);
/* parse_scenario.c, parse_step.c, parse_check.c */
void parse_scenario_all(struct parse *p, const struct node *n);
/* `connection: new` */
void parse_scenario_connection(struct parse *p, struct fields *f, enum key k, bool *out_new);
void parse_scenario_timeout(struct parse *p, const struct node *n, struct timeouts *out);
void parse_scenario_headers(struct parse *p, const struct node *n, struct header_list *out);
bool parse_step_read(struct parse *p, const struct node *n, const struct header_list *headers,
                     const struct timeouts *timeout, struct step *out);
void parse_check_list(struct parse *p, const struct node *n, struct step *out);
bool parse_check_until(struct parse *p, const struct node *n, struct step *out);
void parse_check_captures(struct parse *p, const struct node *n, struct step *out);
/* parse_output.c */
void parse_output_all(struct parse *p, const struct node *n);
/* parse_objective.c */
void parse_objective_all(struct parse *p, const struct node *objectives, const struct node *abort);
/* Adds the sentence that stands where none looks at failures. */
void parse_objective_implicit(struct parse *p);
