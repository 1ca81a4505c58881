/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Public halves of the signing keys become rows: every role verifies with rows, only the signing role has the file. A
 * replaced file retires the row before it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../log/core/note.h"
#include "cli.h"
#include "commonhold/crypto.h"
#include "commonhold/db.h"
#include "commonhold/jwt.h"

static const char *const USES[] = {"person", "client", "receipt", "agreement", "delivery"};

static const struct ch_statement REGISTER_KEY = {
    .name = "register_key",
    .shape = CH_SHAPE_NONE,
    .text = "WITH made AS (INSERT INTO log.signing_key (kid, public_key, use) VALUES ($1, pg_catalog.decode($2, "
            "'hex'), $3) "
            "ON CONFLICT (kid) DO NOTHING RETURNING kid), retired AS (UPDATE log.signing_key SET until_at = "
            "pg_catalog.clock_timestamp() + interval '1 day' WHERE use = $3 AND kid <> $1 AND until_at IS NULL "
            "AND EXISTS (SELECT FROM made)) SELECT pg_catalog.pg_notify('signing_key', kid) FROM made"};

static const struct ch_statement REGISTER_LOG_KEY = {.name = "register_log_key",
                                                     .shape = CH_SHAPE_ANSWER,
                                                     .text = "SELECT outcome, body FROM log.register_key($1, 'added')"};

static bool run(struct ch_db *db, const struct ch_statement *statement, const char *const *args, int nargs)
{
    PGresult *result = PQexecParams(ch_db_raw(db), statement->text, nargs, NULL, args, NULL, NULL, 0);
    bool fine = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!fine)
        ch_say(0, "registering a key: %s", PQerrorMessage(ch_db_raw(db)));
    PQclear(result);
    return fine;
}

static bool load_public(const char *path, uint8_t public_key[32])
{
    char error[256];
    struct ch_signing_key *key = ch_signing_key_load(path, error, sizeof(error));
    if (!key)
        return ch_say(false, "%s", error);
    ch_signing_key_public(key, public_key);
    ch_signing_key_free(key);
    return true;
}

static bool register_signing_key(struct ch_arena *arena, struct ch_db *db, const char *folder, const char *use)
{
    const char *path = ch_printf(arena, "%s/secrets/%s.key", folder, use);
    uint8_t public_key[32];
    char kid[44], hex[65];
    /* A machine of one role holds only the keys of that role. */
    if (access(path, F_OK) != 0)
        return true;
    if (!load_public(path, public_key))
        return false;
    ch_jwk_thumbprint(public_key, kid);
    ch_hex(public_key, sizeof(public_key), hex);
    return run(db, &REGISTER_KEY, CH_ARGS(kid, hex, use));
}

const char *ch_log_vkey(struct ch_arena *arena, const struct ch_settings *settings)
{
    uint8_t public_key[32];
    return load_public(settings->log_key, public_key) ? note_vkey(arena, settings->log_name, public_key) : NULL;
}

static bool register_log_key(struct ch_arena *arena, struct ch_db *db, const struct ch_settings *settings)
{
    struct ch_answer answer;
    if (access(settings->log_key, F_OK) != 0)
        return true;
    const char *vkey = ch_log_vkey(arena, settings);
    if (!vkey)
        return false;
    if (ch_db_call(db, arena, &REGISTER_LOG_KEY, CH_ARGS(vkey), &answer) != CH_FAULT_NONE)
        return ch_say(false, "registering a key: %s", ch_db_error(db));
    return ch_is_done(arena, &answer);
}

int ch_register_keys(struct ch_arena *arena, const struct ch_settings *settings)
{
    char error[512];
    struct ch_db *db = ch_db_open(settings->administrator, error);
    if (!db)
        return ch_say(CH_EXIT_FAULT, "%s", error);
    bool fine = ch_db_begin(db) == CH_FAULT_NONE;
    for (size_t i = 0; fine && i < sizeof(USES) / sizeof(USES[0]); i++)
        fine = register_signing_key(arena, db, settings->dir, USES[i]);
    fine = fine && register_log_key(arena, db, settings) && ch_db_commit(db) == CH_FAULT_NONE;
    ch_db_close(db);
    return fine ? CH_EXIT_OK : CH_EXIT_FAULT;
}
