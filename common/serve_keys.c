/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Public signing keys: rows of log.signing_key into the set every request's token is verified with; at start, on NOTIFY
 * signing_key, and whenever the listener comes back. Until the first load no request is taken. */
#include <stdlib.h>

#include "commonhold/log.h"
#include "gen/sql.h"
#include "serve_private.h"

static const struct timeval RETRY = {.tv_sec = 2};

static void retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    ch_daemon_load_keys(arg);
}

static void add_row(struct ch_keyset *keys, const PGresult *result, int row)
{
    uint8_t public_key[32];
    if (!ch_unhex(PQgetvalue(result, row, 0), public_key, sizeof public_key)) {
        ch_log(CH_LOG_ERROR, "a row of log.signing_key has no Ed25519 key", NULL);
        return;
    }
    int64_t until = PQgetisnull(result, row, 3) ? 0 : strtoll(PQgetvalue(result, row, 3), NULL, 10);
    ch_keyset_add(keys, public_key, PQgetvalue(result, row, 1), strtoll(PQgetvalue(result, row, 2), NULL, 10), until);
}

static void on_rows(void *arg, enum ch_fault fault, const PGresult *result)
{
    struct ch_daemon *daemon = arg;
    if (fault != CH_FAULT_NONE) {
        ch_log(CH_LOG_WARN, "signing keys cannot be read; the ones known stay in use", NULL);
        event_base_once(daemon->contexts[0].base, -1, EV_TIMEOUT, retry, daemon, &RETRY);
        return;
    }
    ch_keyset_clear(daemon->keys);
    for (int row = 0; row < PQntuples(result); row++)
        add_row(daemon->keys, result, row);
    daemon->keys_loaded = true;
}

void ch_daemon_load_keys(struct ch_daemon *daemon)
{
    ch_pool_run(daemon->contexts[0].pool, &ch_sql_common_signing_keys, CH_NO_ARGS, on_rows, daemon);
}
