/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the migration engine share. Nobody else includes it. */
#ifndef COMMONHOLD_MIGRATE_INTERNAL_H
#define COMMONHOLD_MIGRATE_INTERNAL_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "commonhold/arena.h"
#include "commonhold/migrate.h"

struct ch_migrator {
    PGconn *conn;
    struct ch_arena *arena;
    struct ch_migrate_report *report;
    char sqlstate[6]; /* of the last failure, "" when it did not come from the server */
};

/* Fills report->message; returns false so that callers can `return ch_migrate_fail(...)`. */
bool ch_migrate_fail(struct ch_migrator *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One statement of the engine's own. `what` is said in front of the server's message. NULL arguments are SQL NULL. */
PGresult *ch_migrate_query(struct ch_migrator *m, const char *what, const char *sql, int nargs,
                           const char *const *args);
bool ch_migrate_exec(struct ch_migrator *m, const char *what, const char *sql);

/* Runs a file statement by statement inside the open transaction; a failure names file and line. */
bool ch_migrate_script(struct ch_migrator *m, const struct ch_sql_file *file);

/* SET LOCAL ROLE to the owner of the schema the path is about: functions/<schema>/... */
bool ch_migrate_become_owner(struct ch_migrator *m, const struct ch_sql_file *file);

const struct ch_sql_file *ch_migrate_find_file(const char *path);
bool ch_migrate_is_below(const struct ch_sql_file *file, const char *folder);

/* Loads functions/<schema>/<name>.sql as its owner; a function whose result or parameter names changed is dropped
 * and made again. Inside the open transaction. */
bool ch_migrate_load_function(struct ch_migrator *m, const struct ch_sql_file *file);

/* What views and defaults of migrations may use on a fresh database: functions of log and job, and USAGE of schemas. */
bool ch_migrate_load_ground(struct ch_migrator *m);

/* Functions, grants, reference tables and leaves in one transaction, when any of them changed or migrations were
 * applied. */
bool ch_migrate_load_all(struct ch_migrator *m);

/* Whether the database has this routine, given with its argument types. */
bool ch_migrate_exists(struct ch_migrator *m, const char *routine, bool *there);

/* Every script that was applied or is being applied becomes a leaf of the transparency log, once there is one. */
bool ch_migrate_queue_leaves(struct ch_migrator *m);

/* Passwords of the login roles ch_* from a file in pgpass format. */
bool ch_migrate_passwords(struct ch_migrator *m, const char *passfile);

#endif
