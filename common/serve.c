/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The beginning of a daemon: arguments, configuration, routes, port, privileges. Then serve_parent.c takes over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/log.h"
#include "serve_private.h"

#define DEFAULT_CONFIG "/etc/commonhold/commonhold.ini"
#define RATE_SLOTS     65536 /* keys whose requests are limited at once: 1 MiB, of which only what is used is there */

struct arguments {
    const char *config;
    bool check; /* only look at the configuration */
};

int64_t ch_common_int(const struct ch_daemon *daemon, const char *key)
{
    return ch_config_int(daemon->config, "common", key);
}

const char *ch_common_text(const struct ch_daemon *daemon, const char *key)
{
    return ch_config_text(daemon->config, "common", key);
}

static int usage(const struct ch_service *const *services)
{
    fprintf(stderr, "usage: commonholdd [--config FILE] [--check] [role ...]\nroles: worker");
    for (; *services; services++)
        fprintf(stderr, " %s", (*services)->name);
    fprintf(stderr, "\nno role: all of them\n");
    return 64;
}

static void add_role(struct ch_daemon *daemon, const struct ch_service *service)
{
    for (size_t i = 0; i < daemon->nroles; i++)
        if (daemon->roles[i] == service)
            return;
    if (daemon->nroles == CH_ROLES_MAX)
        abort();
    daemon->roles[daemon->nroles++] = service;
}

static bool add_named_role(struct ch_daemon *daemon, const char *name)
{
    if (strcmp(name, "worker") == 0) {
        daemon->worker = true;
        return true;
    }
    for (const struct ch_service *const *service = daemon->services; *service; service++) {
        if (strcmp((*service)->name, name) == 0) {
            add_role(daemon, *service);
            return true;
        }
    }
    fprintf(stderr, "commonholdd: there is no role %s\n", name);
    return false;
}

static bool read_arguments(struct ch_daemon *daemon, int argc, char **argv, struct arguments *arguments)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            arguments->config = argv[++i];
        else if (strcmp(argv[i], "--check") == 0)
            arguments->check = true;
        else if (argv[i][0] == '-' || !add_named_role(daemon, argv[i]))
            return false;
    }
    if (daemon->nroles == 0 && !daemon->worker) {
        daemon->worker = true;
        for (const struct ch_service *const *service = daemon->services; *service; service++)
            add_role(daemon, *service);
    }
    if (!arguments->config)
        arguments->config = getenv("COMMONHOLD_CONFIG");
    if (!arguments->config && access(DEFAULT_CONFIG, R_OK) == 0)
        arguments->config = DEFAULT_CONFIG;
    return true;
}

static bool runs(const struct ch_daemon *daemon, const struct ch_service *service)
{
    for (size_t i = 0; i < daemon->nroles; i++)
        if (daemon->roles[i] == service)
            return true;
    return daemon->worker; /* which may need any role's keys */
}

/* Sections of roles and programs that do not run here are passed over: their keys are theirs to check. */
static bool load_config(struct ch_daemon *daemon, const char *path)
{
    char error[512];
    size_t n = 0;
    daemon->sections[n++] = (struct ch_config_section){"common", CH_CONFIG_COMMON};
    for (const struct ch_service *const *service = daemon->services; *service; service++)
        daemon->sections[n++] =
            (struct ch_config_section){(*service)->name, runs(daemon, *service) ? (*service)->keys : NULL};
    daemon->sections[n++] = (struct ch_config_section){"worker", NULL};
    daemon->sections[n++] = (struct ch_config_section){"audit", NULL};
    daemon->sections[n++] = (struct ch_config_section){"cli", NULL};
    daemon->config = ch_config_load(path, daemon->sections, error);
    if (!daemon->config)
        ch_log(CH_LOG_ERROR, "configuration refused", "error", error, NULL);
    return daemon->config != NULL;
}

static bool set_log_level(const struct ch_daemon *daemon)
{
    static const char *const NAMES[] = {"debug", "info", "warn", "error"};
    const char *wanted = ch_common_text(daemon, "log_level");
    for (int level = CH_LOG_DEBUG; level <= CH_LOG_ERROR; level++) {
        if (strcmp(NAMES[level], wanted) == 0) {
            ch_log_level((enum ch_log_level)level);
            return true;
        }
    }
    ch_log(CH_LOG_ERROR, "log_level must be debug, info, warn or error", "given", wanted, NULL);
    return false;
}

static void make_routes(struct ch_daemon *daemon)
{
    daemon->router = ch_router_new();
    daemon->keys = ch_keyset_new();
    daemon->rates = ch_rate_table_new(RATE_SLOTS);
    daemon->probes = (struct ch_service_context){.service = &CH_SKELETON, .config = daemon->config, .state = daemon};
    ch_router_add(daemon->router, CH_SKELETON.routes, &daemon->probes);
    for (size_t i = 0; i < daemon->nroles; i++) {
        daemon->contexts[i] = (struct ch_service_context){.service = daemon->roles[i],
                                                          .config = daemon->config,
                                                          .keys = daemon->keys,
                                                          .rates = daemon->rates,
                                                          .issuer = ch_common_text(daemon, "origin")};
        daemon->pool_names[i] = daemon->roles[i]->name;
        ch_router_add(daemon->router, daemon->roles[i]->routes, &daemon->contexts[i]);
    }
    unsigned slots = daemon->processes + daemon->workers;
    daemon->metrics = ch_metrics_new(slots, ch_router_count(daemon->router));
}

static bool load_tls(struct ch_daemon *daemon)
{
    char error[256];
    const char *certificate = ch_common_text(daemon, "tls_certificate"), *key = ch_common_text(daemon, "tls_key");
    if (!*certificate && !*key)
        return true;
    if (!*certificate || !*key) {
        ch_log(CH_LOG_ERROR, "tls_certificate and tls_key belong together: one is missing", NULL);
        return false;
    }
    daemon->tls = ch_tls_context(certificate, key, error);
    if (!daemon->tls)
        ch_log(CH_LOG_ERROR, "TLS cannot be set up", "error", error, NULL);
    return daemon->tls != NULL;
}

static void free_daemon(struct ch_daemon *daemon)
{
    ch_daemon_close_listeners(daemon, -1);
    ch_metrics_free(daemon->metrics);
    ch_rate_table_free(daemon->rates);
    ch_router_free(daemon->router);
    if (daemon->keys)
        ch_keyset_free(daemon->keys);
    for (size_t i = 0; i < daemon->nroles; i++)
        free(daemon->openapi[i]);
    SSL_CTX_free(daemon->tls);
    ch_config_free(daemon->config);
}

static int start(struct ch_daemon *daemon)
{
    daemon->processes = daemon->nroles > 0 ? (unsigned)ch_common_int(daemon, "processes") : 0;
    daemon->workers = daemon->worker ? (unsigned)ch_common_int(daemon, "workers") : 0;
    make_routes(daemon);
    ch_daemon_load_openapi(daemon);
    if (!load_tls(daemon) || !ch_daemon_bind(daemon) || !ch_daemon_drop_privileges(daemon))
        return CH_EXIT_CONFIG;
    return ch_daemon_supervise(daemon);
}

int ch_serve(const struct ch_service *const *services, int argc, char **argv)
{
    struct ch_daemon daemon = {.services = services};
    struct arguments arguments = {0};
    memset(daemon.listeners, -1, sizeof daemon.listeners);
    ch_log_role("parent");
    if (!read_arguments(&daemon, argc, argv, &arguments))
        return usage(services);
    if (!load_config(&daemon, arguments.config) || !set_log_level(&daemon)) {
        ch_config_free(daemon.config);
        return CH_EXIT_CONFIG;
    }
    int code = arguments.check ? 0 : start(&daemon);
    free_daemon(&daemon);
    return code;
}
