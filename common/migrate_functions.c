/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The part of sql/ that is loaded anew whenever it changed: functions, grants, reference tables. Migrations are not
 * here: they are applied once and never again. */
#include <stdio.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/log.h"
#include "migrate_internal.h"

/* A schema is ours when one of our owner roles owns it. */
#define OUR_SCHEMAS                                                                                                    \
    "pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner AND r.rolname ~ "                \
    "'^ch_[a-z]+_owner$'"

/* functions/<schema>/<name>.sql -> schema and name, both in the arena. */
static bool split_path(struct ch_migrator *m, const struct ch_sql_file *file, char **schema, char **name)
{
    *schema = ch_strdup(m->arena, file->path + strlen("functions/"));
    char *slash = strchr(*schema, '/');
    size_t size = strlen(*schema);
    if (!slash || size < 5 || strcmp(*schema + size - 4, ".sql") != 0)
        return ch_migrate_fail(m, "sql/%s: a function lives in sql/functions/<schema>/<name>.sql", file->path);
    *slash = '\0';
    *name = slash + 1;
    (*schema)[size - 4] = '\0';
    return true;
}

bool ch_migrate_become_owner(struct ch_migrator *m, const struct ch_sql_file *file)
{
    char *schema, *name;
    if (!split_path(m, file, &schema, &name))
        return false;
    char *role = ch_printf(m->arena, "ch_%s_owner", schema);
    char *quoted = PQescapeIdentifier(m->conn, role, strlen(role));
    char *sql = ch_printf(m->arena, "SET LOCAL ROLE %s", quoted ? quoted : "NONE");
    PQfreemem(quoted);
    return ch_migrate_exec(m, ch_printf(m->arena, "sql/%s: becoming %s", file->path, role), sql);
}

/* CREATE OR REPLACE cannot change a result type or a parameter's name. */
static bool drop_older(struct ch_migrator *m, const struct ch_sql_file *file)
{
    char *schema, *name;
    if (!split_path(m, file, &schema, &name))
        return false;
    PGresult *found =
        ch_migrate_query(m, "looking for older functions",
                         "SELECT 'DROP ROUTINE ' || p.oid::pg_catalog.regprocedure FROM pg_catalog.pg_proc AS p "
                         "JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace "
                         "WHERE n.nspname = $1 AND p.proname = $2",
                         2, (const char *const[]){schema, name});
    bool fine = found != NULL;
    for (int i = 0; fine && i < PQntuples(found); i++)
        fine = ch_migrate_exec(
            m, ch_printf(m->arena, "sql/%s changes its result or parameters, and the older one is in use", file->path),
            PQgetvalue(found, i, 0));
    PQclear(found);
    return fine;
}

bool ch_migrate_load_function(struct ch_migrator *m, const struct ch_sql_file *file)
{
    if (!ch_migrate_become_owner(m, file) || !ch_migrate_exec(m, "savepoint", "SAVEPOINT before_function"))
        return false;
    bool fine = ch_migrate_script(m, file);
    if (!fine && strcmp(m->sqlstate, "42P13") == 0 &&
        ch_migrate_exec(m, "savepoint", "ROLLBACK TO SAVEPOINT before_function"))
        fine = drop_older(m, file) && ch_migrate_script(m, file);
    return fine && ch_migrate_exec(m, "savepoint", "RELEASE SAVEPOINT before_function") &&
           ch_migrate_exec(m, "role", "RESET ROLE");
}

static bool load_functions(struct ch_migrator *m, const char *folder, int *loaded)
{
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++) {
        if (!ch_migrate_is_below(file, folder))
            continue;
        if (!ch_migrate_load_function(m, file))
            return false;
        (*loaded)++;
    }
    return true;
}

/* What is there before loading; a routine whose row is the same afterwards is not in the tree any more. Row versions
 * are compared, not transaction ids: each file loads in a subtransaction with an id of its own. */
static bool remember_functions(struct ch_migrator *m)
{
    return ch_migrate_exec(m, "listing functions",
                           "CREATE TEMPORARY TABLE migrate_before ON COMMIT DROP AS SELECT p.oid AS routine, "
                           "p.xmin::text AS version FROM pg_catalog.pg_proc AS p JOIN " OUR_SCHEMAS
                           " ON n.oid = p.pronamespace");
}

/* A routine that a trigger, default, view or constraint needs stays: a migration must let it go first. */
static bool drop_one(struct ch_migrator *m, const char *routine)
{
    const char *drop = ch_printf(m->arena, "DROP ROUTINE %s", routine);
    if (!ch_migrate_exec(m, "savepoint", "SAVEPOINT before_drop"))
        return false;
    if (ch_migrate_exec(m, routine, drop)) {
        ch_log(CH_LOG_INFO, "function dropped: it is not in the tree any more", "function", routine, NULL);
        return ch_migrate_exec(m, "savepoint", "RELEASE SAVEPOINT before_drop");
    }
    if (strcmp(m->sqlstate, "2BP01") != 0)
        return false;
    return ch_migrate_exec(m, "savepoint", "ROLLBACK TO SAVEPOINT before_drop");
}

/* Only what an earlier tree loaded: helpers that a migration made for itself are not ours to drop. */
static bool drop_missing(struct ch_migrator *m)
{
    PGresult *gone = ch_migrate_query(m, "listing functions",
                                      "SELECT r.signature FROM pg_temp.migrate_before AS b "
                                      "JOIN pg_catalog.pg_proc AS p ON p.oid = b.routine AND p.xmin::text = b.version "
                                      "JOIN migrate.routine AS r ON r.signature = p.oid::pg_catalog.regprocedure::text "
                                      "ORDER BY p.oid DESC",
                                      0, NULL);
    bool fine = gone != NULL;
    for (int i = 0; fine && i < PQntuples(gone); i++)
        fine = drop_one(m, PQgetvalue(gone, i, 0));
    PQclear(gone);
    return fine;
}

/* What this tree loaded, for the next one. */
static bool record_routines(struct ch_migrator *m)
{
    return ch_migrate_exec(m, "writing migrate.routine", "DELETE FROM migrate.routine") &&
           ch_migrate_exec(m, "writing migrate.routine",
                           "INSERT INTO migrate.routine SELECT p.oid::pg_catalog.regprocedure::text "
                           "FROM pg_catalog.pg_proc AS p JOIN " OUR_SCHEMAS " ON n.oid = p.pronamespace "
                           "LEFT JOIN pg_temp.migrate_before AS b ON b.routine = p.oid "
                           "WHERE b.routine IS NULL OR b.version <> p.xmin::text");
}

/* Bodies are not checked while loading, because functions name each other in any order; afterwards all are there. A
 * body that does not check is reported and counted, and stays: the rest must be able to start. */
static bool check_one(struct ch_migrator *m, const char *routine, const char *check)
{
    struct ch_migrate_report kept = *m->report;
    if (!ch_migrate_exec(m, "savepoint", "SAVEPOINT before_check"))
        return false;
    if (ch_migrate_exec(m, routine, check))
        return ch_migrate_exec(m, "savepoint", "RELEASE SAVEPOINT before_check");
    ch_log(CH_LOG_WARN, "function does not check", "function", routine, "why", m->report->message, NULL);
    *m->report = kept;
    m->report->functions_broken++;
    return ch_migrate_exec(m, "savepoint", "ROLLBACK TO SAVEPOINT before_check");
}

static bool check_functions(struct ch_migrator *m)
{
    PGresult *all = ch_migrate_query(
        m, "listing functions",
        "SELECT p.oid::pg_catalog.regprocedure::text, 'SELECT ' || l.lanvalidator::pg_catalog.regproc || '(' || p.oid "
        "|| ')' "
        "FROM pg_catalog.pg_proc AS p JOIN " OUR_SCHEMAS " ON n.oid = p.pronamespace "
        "JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql') ORDER BY 1",
        0, NULL);
    bool fine = all && ch_migrate_exec(m, "setting", "SET LOCAL check_function_bodies = on");
    for (int i = 0; fine && i < PQntuples(all); i++)
        fine = check_one(m, PQgetvalue(all, i, 0), PQgetvalue(all, i, 1));
    PQclear(all);
    return fine;
}

static bool load_grants(struct ch_migrator *m)
{
    const struct ch_sql_file *all = ch_migrate_find_file("grants.sql");
    const struct ch_sql_file *triggers = ch_migrate_find_file("event_triggers.sql");
    if (all && !(ch_migrate_script(m, all) && ch_migrate_exec(m, "role", "RESET ROLE")))
        return false;
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++)
        if (ch_migrate_is_below(file, "grants/") &&
            !(ch_migrate_script(m, file) && ch_migrate_exec(m, "role", "RESET ROLE")))
            return false;
    return !triggers || ch_migrate_script(m, triggers);
}

/* Reference tables are licensing's: purposes and regions. */
static bool load_reference(struct ch_migrator *m, const struct ch_sql_file *file)
{
    char *name = ch_strdup(m->arena, file->path + strlen("reference/"));
    name[strcspn(name, ".")] = '\0';
    PGresult *result = ch_migrate_query(m, ch_printf(m->arena, "sql/%s: licensing.load_reference", file->path),
                                        "SELECT licensing.load_reference($1::text, $2::text)", 2,
                                        (const char *const[]){name, file->text});
    PQclear(result);
    return result != NULL;
}

bool ch_migrate_exists(struct ch_migrator *m, const char *routine, bool *there)
{
    PGresult *result =
        ch_migrate_query(m, "looking for a function", "SELECT pg_catalog.to_regprocedure($1) IS NOT NULL", 1,
                         (const char *const[]){routine});
    *there = result && *PQgetvalue(result, 0, 0) == 't';
    PQclear(result);
    return result != NULL;
}

static bool load_references(struct ch_migrator *m)
{
    bool there;
    if (!ch_migrate_exists(m, "licensing.load_reference(text,text)", &there))
        return false;
    if (!there)
        return true;
    if (!ch_migrate_exec(m, "role", "SET LOCAL ROLE ch_licensing_owner"))
        return false;
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++)
        if (ch_migrate_is_below(file, "reference/") && !load_reference(m, file))
            return false;
    return ch_migrate_exec(m, "role", "RESET ROLE");
}

bool ch_migrate_queue_leaves(struct ch_migrator *m)
{
    bool there;
    if (!ch_migrate_exists(m, "log.append_leaf(text,text,text,jsonb)", &there))
        return false;
    return !there ||
           (ch_migrate_exec(m, "queueing leaves for the transparency log",
                            "UPDATE migrate.applied AS a SET leaf = log.append_leaf('schema', a.name, a.sha256, "
                            "pg_catalog.jsonb_build_object('name', a.name, 'number', a.number)) FROM (SELECT number "
                            "FROM migrate.applied "
                            "WHERE leaf IS NULL ORDER BY number) AS due WHERE a.number = due.number") &&
            ch_migrate_exec(m, "queueing leaves for the transparency log",
                            "UPDATE migrate.loaded AS l SET leaf = log.append_leaf('schema', 'functions/' || l.number, "
                            "l.sha256, pg_catalog.jsonb_build_object('name', 'functions', 'number', l.number)) "
                            "WHERE l.leaf IS NULL AND l.xact = pg_catalog.pg_current_xact_id()"));
}

/* SHA-256 over path, NUL, text, NUL of everything that is loaded here. */
static void hash_tree(char hex[65])
{
    struct ch_sha256 *hash = ch_sha256_begin();
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++) {
        if (ch_migrate_is_below(file, "migrations/"))
            continue;
        ch_sha256_add(hash, file->path, strlen(file->path) + 1);
        ch_sha256_add(hash, file->text, file->size + 1);
    }
    uint8_t digest[32];
    ch_sha256_end(hash, digest);
    ch_hex(digest, sizeof(digest), hex);
}

/* True when the database holds the tree with that hash, and no leaf is owed. */
static bool is_current(struct ch_migrator *m, const char *hash, bool *current)
{
    PGresult *result = ch_migrate_query(
        m, "reading migrate.loaded",
        "SELECT EXISTS (SELECT FROM (SELECT sha256 FROM migrate.loaded ORDER BY number DESC "
        "LIMIT 1) AS l WHERE l.sha256 = $1) AND NOT EXISTS (SELECT FROM migrate.applied WHERE leaf IS NULL)",
        1, &hash);
    *current = result && *PQgetvalue(result, 0, 0) == 't';
    PQclear(result);
    return result != NULL;
}

static bool remember_hash(struct ch_migrator *m, const char *hash)
{
    PGresult *result = ch_migrate_query(m, "writing migrate.loaded",
                                        "INSERT INTO migrate.loaded (sha256, xact) VALUES ($1, "
                                        "pg_catalog.pg_current_xact_id())",
                                        1, &hash);
    PQclear(result);
    return result != NULL;
}

bool ch_migrate_load_ground(struct ch_migrator *m)
{
    int loaded = 0;
    const struct ch_sql_file *grants = ch_migrate_find_file("grants.sql");
    return ch_migrate_exec(m, "begin", "BEGIN") &&
           ch_migrate_exec(m, "setting", "SET LOCAL check_function_bodies = off") &&
           (!grants || (ch_migrate_script(m, grants) && ch_migrate_exec(m, "role", "RESET ROLE"))) &&
           load_functions(m, "functions/log/", &loaded) && load_functions(m, "functions/job/", &loaded) &&
           ch_migrate_exec(m, "commit", "COMMIT");
}

bool ch_migrate_load_all(struct ch_migrator *m)
{
    char hash[65];
    bool current;
    int loaded = 0;
    hash_tree(hash);
    if (!is_current(m, hash, &current))
        return false;
    if (current && m->report->migrations_applied == 0)
        return true;
    bool fine = ch_migrate_exec(m, "begin", "BEGIN") &&
                ch_migrate_exec(m, "setting", "SET LOCAL check_function_bodies = off") && remember_hash(m, hash) &&
                ch_migrate_queue_leaves(m) && remember_functions(m) && load_functions(m, "functions/", &loaded) &&
                drop_missing(m) && record_routines(m) && load_references(m) && load_grants(m) && check_functions(m) &&
                ch_migrate_exec(m, "commit", "COMMIT");
    if (!fine)
        return false;
    m->report->functions_loaded = loaded;
    m->report->message[0] = '\0'; /* of what was rolled back to a savepoint and done another way */
    return true;
}
