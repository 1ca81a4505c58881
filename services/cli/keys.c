/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Public halves of the signing keys become rows: every role verifies with rows, only the signing role has the file. A
 * replaced file retires the row before it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* vkey: name + 8 hex digits of SHA-256(name LF 0x01 key) + base64(0x01 key); the name is the log's origin (C2SP
 * signed-note). */
static const char *verifier_key(struct ch_arena *arena, const char *origin, const uint8_t public_key[32])
{
    const char *host = strstr(origin, "://");
    const char *name = ch_printf(arena, "%s/log", host ? host + 3 : origin);
    uint8_t typed[33] = {0x01}, digest[32];
    char id[9];
    memcpy(typed + 1, public_key, 32);
    struct ch_sha256 *hash = ch_sha256_begin();
    ch_sha256_add(hash, name, strlen(name));
    ch_sha256_add(hash, "\n", 1);
    ch_sha256_add(hash, typed, sizeof(typed));
    ch_sha256_end(hash, digest);
    ch_hex(digest, 4, id);
    return ch_printf(arena, "%s+%s+%s", name, id, ch_base64(arena, typed, sizeof(typed)));
}

static bool register_log_key(struct ch_arena *arena, struct ch_db *db, const char *folder, const char *origin)
{
    const char *path = ch_printf(arena, "%s/secrets/log.key", folder);
    uint8_t public_key[32];
    if (access(path, F_OK) != 0)
        return true;
    if (!load_public(path, public_key))
        return false;
    const char *vkey = verifier_key(arena, origin, public_key);
    return run(db, &REGISTER_LOG_KEY, CH_ARGS(vkey));
}

int ch_register_keys(const char *conninfo, const char *folder, const char *origin)
{
    char error[512];
    struct ch_db *db = ch_db_open(conninfo, error);
    if (!db)
        return ch_say(CH_EXIT_FAULT, "%s", error);
    struct ch_arena *arena = ch_arena_new();
    bool fine = ch_db_begin(db) == CH_FAULT_NONE;
    for (size_t i = 0; fine && i < sizeof(USES) / sizeof(USES[0]); i++)
        fine = register_signing_key(arena, db, folder, USES[i]);
    fine = fine && register_log_key(arena, db, folder, origin) && ch_db_commit(db) == CH_FAULT_NONE;
    ch_db_close(db);
    ch_arena_free(arena);
    return fine ? CH_EXIT_OK : CH_EXIT_FAULT;
}
