#include "cli/scaffold.h"

#include "cli/oneliner.h"

static void add_head(struct text *out, const struct url *url, struct bytes file)
{
    if (file.len == 0) file = BYTES_LIT("plan.yaml");
    text_addf(out,
              "# What is asked of this service, and what must hold then.\n"
              "#   prony check %.*s         what it would do; sends nothing\n"
              "#   prony run %.*s --once    each request once, shown with its reply\n"
              "#   prony run %.*s           the load, and a verdict\n"
              "# Every key: man prony-plan. Completion in editors: prony schema --help\n"
              "plan: 1\n"
              "name: ",
              BYTES_ARG(file), BYTES_ARG(file), BYTES_ARG(file));
    oneliner_add_name(out, url);
    text_addf(out, "\ntarget: %s://%.*s\n", url->tls ? "https" : "http", BYTES_ARG(url->authority));
    if (url->tls) {
        text_adds(out, "# tls: { insecure: true } # of a certificate that nobody signed; or { ca: "
                       "FILE }, which verifies it\n");
    }
    text_adds(out, "\n"
                   "# Sent with every request. What comes from the environment is never shown:\n"
                   "# headers: { Authorization: Bearer $env.TOKEN }\n");
}

static void add_scenarios(struct text *out, const struct url *url)
{
    char array[8192];
    struct text path = text_in(array, sizeof array);
    text_add(&path, url->path);
    if (url->has_query) text_addf(&path, "?%.*s", BYTES_ARG(url->query));
    text_adds(out, "\n"
                   "# The paths that users walk. With several, `weight` is the share of each.\n"
                   "scenarios:\n"
                   "  main:\n"
                   "    weight: 1\n"
                   "    steps:\n"
                   "      - get: ");
    oneliner_add_quoted(out, text_bytes(&path));
    text_adds(out, "\n"
                   "      # Without a check, any status of 2xx or 3xx is fine.\n"
                   "      #   check: [ status 200 ]\n"
                   "      #   think: 0.5s..2s\n"
                   "      # Later steps may use what a reply holds:\n"
                   "      # - post: /orders\n"
                   "      #   json: { item: 1 }\n"
                   "      #   check: [ status 201, json .state == open ]\n"
                   "      #   capture: { id: json .id }\n"
                   "      # - get: /orders/$id\n");
    if (path.cut) out->cut = true;
}

void scaffold_write(struct text *out, const struct url *url, struct bytes file)
{
    add_head(out, url, file);
    add_scenarios(out, url);
    text_adds(out,
              "\n"
              "# How much, how long. `rate` is arrivals a second, whether replies come or not, as\n"
              "# independent users come; `users` wait for their replies.\n"
              "load:\n"
              "  warmup: { rate: 10/s, for: 3s } # sent first, never judged\n"
              "  stages:\n"
              "    - { name: steady, rate: 50/s, for: 30s }\n"
              "    # - { name: climb, rate: 100/s..500/s, step: 100/s, each: 15s }\n"
              "    # - { name: crowd, users: 20, think: 1s, for: 30s }\n"
              "  # timeout: { connect: 2s, response: 10s }\n"
              "\n"
              "# What must hold in every stage; if one does not, `prony run` exits with 1.\n"
              "objectives:\n"
              "  - p95 < 500ms\n"
              "  - errors < 1%\n"
              "  # - p99 in steady < 1s\n"
              "  # - throughput >= 98% of offered\n"
              "\n"
              "# Give up early:\n"
              "# abort_when: errors > 50% for 10s\n");
}
