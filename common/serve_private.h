/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files serve*.c share: the daemon as the parent sets it up before forking. */
#ifndef COMMON_SERVE_PRIVATE_H
#define COMMON_SERVE_PRIVATE_H

#include <sys/types.h>

#include "http_private.h"

#define CH_ROLES_MAX        8
#define CH_EXIT_UNAVAILABLE 69 /* sysexits EX_UNAVAILABLE: never became ready */
#define CH_EXIT_CONFIG      78 /* sysexits EX_CONFIG */

struct ch_daemon {
    struct ch_rate_table *rates;                      /* shared by the processes */
    const struct ch_service *const *services;         /* all the program knows, NULL-ended */
    const struct ch_service *roles[CH_ROLES_MAX + 1]; /* HTTP roles that run here, NULL-ended */
    size_t nroles;
    bool worker;
    struct ch_config_section sections[CH_ROLES_MAX + 5];
    struct ch_config *config;
    struct ch_service_context contexts[CH_ROLES_MAX];
    struct ch_service_context probes; /* of the skeleton's own routes */
    const char *pool_names[CH_ROLES_MAX + 1];
    char *openapi[CH_ROLES_MAX]; /* document text, NULL when not installed */
    struct ch_router *router;
    struct ch_metrics *metrics;
    struct ch_server *server; /* in a child */
    struct ch_keyset *keys;
    bool keys_loaded;
    SSL_CTX *tls;
    unsigned processes, workers;
    int listeners[64];
    char address[80]; /* as bound, for people */
};

/* serve_listen.c: binds daemon->listeners, not yet listening. False with a logged message. */
bool ch_daemon_bind(struct ch_daemon *daemon);
void ch_daemon_close_listeners(struct ch_daemon *daemon, int but);
bool ch_daemon_drop_privileges(const struct ch_daemon *daemon);

/* serve_parent.c: forks, minds the children, exit code. */
int ch_daemon_supervise(struct ch_daemon *daemon);
/* serve_child.c: one HTTP process until it is told to stop; exit code. */
int ch_daemon_child(struct ch_daemon *daemon, unsigned slot);

/* serve_probe.c */
extern const struct ch_service CH_SKELETON;
void ch_daemon_load_openapi(struct ch_daemon *daemon);
bool ch_daemon_ready(const struct ch_daemon *daemon);
/* serve_keys.c: loads log.signing_key into daemon->keys; `loaded` once the first time. */
void ch_daemon_load_keys(struct ch_daemon *daemon);

int64_t ch_common_int(const struct ch_daemon *daemon, const char *key);
const char *ch_common_text(const struct ch_daemon *daemon, const char *key);

#endif
