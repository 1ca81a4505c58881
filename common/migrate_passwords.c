/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passwords of the login roles, from the file their processes read them from (pgpass format, libpq section 34.16). They
 * are hashed here (SCRAM-SHA-256), so that none reaches the server or its log in clear. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "migrate_internal.h"

/* Cuts the next field off a pgpass line in place: ends at ':', backslash quotes the next character. */
static char *next_field(char **cursor)
{
    char *field = *cursor, *out = *cursor, *in = *cursor;
    while (*in != '\0' && *in != ':' && *in != '\n') {
        if (*in == '\\' && in[1] != '\0')
            in++;
        *out++ = *in++;
    }
    *cursor = *in == ':' ? in + 1 : in;
    *out = '\0';
    return field;
}

static bool role_exists(struct ch_migrator *m, const char *role, bool *there)
{
    PGresult *result =
        ch_migrate_query(m, "looking for a role", "SELECT FROM pg_catalog.pg_roles WHERE rolname = $1", 1, &role);
    *there = PQntuples(result) == 1;
    PQclear(result);
    return result != NULL;
}

static bool set_password(struct ch_migrator *m, const char *role, const char *password)
{
    bool there;
    if (!role_exists(m, role, &there))
        return false;
    if (!there)
        return true;
    char *hashed = PQencryptPasswordConn(m->conn, password, role, "scram-sha-256");
    if (!hashed)
        return ch_migrate_fail(m, "hashing the password of %s: %s", role, PQerrorMessage(m->conn));
    char *name = PQescapeIdentifier(m->conn, role, strlen(role));
    char *literal = PQescapeLiteral(m->conn, hashed, strlen(hashed));
    bool fine = name && literal &&
                ch_migrate_exec(m, ch_printf(m->arena, "setting the password of %s", role),
                                ch_printf(m->arena, "ALTER ROLE %s PASSWORD %s", name, literal));
    PQfreemem(hashed);
    PQfreemem(name);
    PQfreemem(literal);
    return fine;
}

/* Lines of roles that are not ours, comments and lines cut short are left alone. */
static bool take_line(struct ch_migrator *m, char *line)
{
    if (*line == '#' || *line == '\n' || *line == '\0')
        return true;
    char *cursor = line;
    for (int i = 0; i < 3; i++)
        next_field(&cursor);
    const char *role = next_field(&cursor);
    const char *password = next_field(&cursor);
    if (strncmp(role, "ch_", 3) != 0 || *password == '\0')
        return true;
    return set_password(m, role, password);
}

bool ch_migrate_passwords(struct ch_migrator *m, const char *passfile)
{
    FILE *file = fopen(passfile, "re");
    struct stat about;
    if (!file)
        return ch_migrate_fail(m, "%s: cannot be read (%m); `commonhold init` makes it", passfile);
    bool fine = fstat(fileno(file), &about) == 0;
    if (!fine || (about.st_mode & 077) != 0)
        fine = ch_migrate_fail(m, "%s: others may read it: chmod 600 it", passfile);
    char line[1024];
    while (fine && fgets(line, sizeof(line), file))
        fine = take_line(m, line);
    explicit_bzero(line, sizeof(line));
    fclose(file);
    return fine;
}
