/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* G2: the database consists of what this program was built for, object by object, and every migration is in the log.
 * The declaration (declared.txt) and the query (schema.sql) are part of the program: the database has no say in them.
 * It runs before all other checks, because those call functions of schema audit, which are judged here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

/* Made of schema.sql and declared.txt by the build. */
extern const char AUDIT_SCHEMA_SQL[];
extern const char AUDIT_DECLARED[];

enum { KIND, NAME, MODEL, HASH, TEXT };

#define HASH_LENGTH 64
/* Of a declaration that somebody brings. */
#define DECLARED_MAX (16 * 1024 * 1024)
/* How much of a definition a finding shows. */
#define SHOWN_MAX 600

static const char SERVER[] = "SELECT pg_catalog.current_setting('server_version_num')::integer / 10000";

/* A migration's leaf, waiting or written, says the hash of the script. */
static const char LEAVES[] =
    "SELECT 'migration', a.name, 'leaf', a.sha256, COALESCE(pg_catalog.string_agg(e.sha256, ', ' ORDER BY e.place), "
    "'none'), NULL, NULL, 'the log does not say once what was done to the database' FROM migrate.applied AS a LEFT "
    "JOIN (SELECT l.object_id, l.object_sha256 AS sha256, l.index AS place FROM log.entry AS l WHERE l.type = 'schema' "
    "UNION ALL SELECT o.payload->>'id', o.payload->>'sha256', 9007199254740992 + o.id FROM log.outbox AS o WHERE "
    "o.topic = 'leaf' AND o.done_at IS NULL AND o.payload->>'type' = 'schema') AS e ON e.object_id = a.name GROUP BY "
    "a.name, a.sha256 HAVING pg_catalog.string_agg(e.sha256, ', ' ORDER BY e.place) IS DISTINCT FROM a.sha256";

static const char *read_declaration(struct audit *a)
{
    const char *path = a->options->declared;
    if (!path)
        return AUDIT_DECLARED;
    FILE *file = fopen(path, "r");
    if (!file) {
        audit_fail(a, "--declared %s cannot be read", path);
        return NULL;
    }
    char *text = ch_alloc(a->arena, DECLARED_MAX + 1);
    size_t size = fread(text, 1, DECLARED_MAX, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

/* Lines `hash TAB kind TAB name` into an object of "kind TAB name"; *server is the version of the line `# PostgreSQL N`
 * that a declaration begins with. NULL where it is none. */
static json_t *parse_declaration(struct audit *a, const char *text, long *server)
{
    json_t *declared = ch_json_own(a->arena, json_object());
    static const char HEAD[] = "# PostgreSQL ";
    if (strncmp(text, HEAD, sizeof HEAD - 1) != 0) {
        audit_fail(a, "the declaration of the schema does not begin with \"%s\" and a version", HEAD);
        return NULL;
    }
    *server = strtol(text + sizeof HEAD - 1, NULL, 10);
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        if (*line != '#' && length > HASH_LENGTH + 1)
            json_object_set_new(declared, ch_memdup(a->arena, line + HASH_LENGTH + 1, length - HASH_LENGTH - 1),
                                json_stringn(line, HASH_LENGTH));
        line += length + (line[length] == '\n');
    }
    return declared;
}

static void differ(struct audit *a, const char *kind, const char *name, const char *aspect, const char *expected,
                   const char *found, const char *text)
{
    audit_add(a, &(struct audit_finding){.object_type = kind,
                                         .object_id = name,
                                         .aspect = aspect,
                                         .expected = expected,
                                         .found = found,
                                         .text = text});
}

/* PostgreSQL writes views, defaults and conditions back in words of its own, which differ between its versions; what
 * functions say is kept as it was written. */
static bool is_comparable(const char *kind, bool same_server)
{
    return same_server || strcmp(kind, "function") == 0 || strcmp(kind, "migration") == 0 ||
           strcmp(kind, "role") == 0 || strcmp(kind, "schema") == 0 || strcmp(kind, "setting") == 0;
}

static void judge_object(struct audit *a, const PGresult *rows, int i, json_t *declared, json_t *seen)
{
    const char *kind = PQgetvalue(rows, i, KIND), *name = PQgetvalue(rows, i, NAME);
    const char *key = ch_printf(a->arena, "%s\t%s", kind, PQgetvalue(rows, i, MODEL));
    const char *expected = json_string_value(json_object_get(declared, key)), *found = PQgetvalue(rows, i, HASH);
    json_object_set_new(seen, key, json_true());
    if (expected && strcmp(expected, found) == 0)
        return;
    const char *now = ch_printf(a->arena, "not what this program was built for; it is now: %.*s", SHOWN_MAX,
                                PQgetvalue(rows, i, TEXT));
    if (expected)
        differ(a, kind, name, "definition", expected, found, now);
    else
        differ(a, kind, name, "object", "none", found, now);
}

/* What has a star in its name is made while the trust lives. */
static void judge_missing(struct audit *a, json_t *declared, const json_t *seen, bool same_server)
{
    const char *key;
    json_t *hash;
    json_object_foreach(declared, key, hash)
    {
        const char *name = strchr(key, '\t');
        if (!name || strchr(name, '*') || json_object_get(seen, key))
            continue;
        const char *kind = ch_memdup(a->arena, key, (size_t)(name - key));
        if (is_comparable(kind, same_server))
            differ(a, kind, name + 1, "object", json_string_value(hash), "none", "it was taken away");
    }
}

static bool same_version(struct audit *a, long declared, bool *same)
{
    PGresult *rows = audit_query(a, a->source, SERVER, AUDIT_NO_ARGS);
    if (!rows)
        return false;
    *same = audit_integer(rows, 0, 0) == declared;
    if (!*same)
        audit_not_checked(a, "tables and views: the declaration is for PostgreSQL %ld, this is %s", declared,
                          PQgetvalue(rows, 0, 0));
    return true;
}

bool audit_schema(struct audit *a)
{
    long server = 0;
    bool same = false;
    const char *text = read_declaration(a);
    json_t *declared = text ? parse_declaration(a, text, &server) : NULL;
    PGresult *rows = declared ? audit_query(a, a->source, AUDIT_SCHEMA_SQL, AUDIT_NO_ARGS) : NULL;
    if (!rows || !same_version(a, server, &same))
        return false;
    audit_look(a, "schema");
    json_t *seen = ch_json_own(a->arena, json_object());
    for (int i = 0; i < PQntuples(rows); i++)
        if (is_comparable(PQgetvalue(rows, i, KIND), same))
            judge_object(a, rows, i, declared, seen);
    judge_missing(a, declared, seen, same);
    a->check->objects += (uint64_t)PQntuples(rows);
    return audit_collect(a, a->source, LEAVES, AUDIT_NO_ARGS);
}

bool audit_declare(struct audit *a)
{
    PGresult *server = audit_query(a, a->source, SERVER, AUDIT_NO_ARGS);
    PGresult *rows = server ? audit_query(a, a->source, AUDIT_SCHEMA_SQL, AUDIT_NO_ARGS) : NULL;
    if (!rows)
        return false;
    printf("# PostgreSQL %s: what a database of this release consists of. Made by `make declaration`.\n",
           PQgetvalue(server, 0, 0));
    json_t *told = ch_json_own(a->arena, json_object());
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *line = ch_printf(a->arena, "%s\t%s\t%s", PQgetvalue(rows, i, HASH), PQgetvalue(rows, i, KIND),
                                     PQgetvalue(rows, i, MODEL));
        if (!json_object_get(told, line))
            puts(line);
        json_object_set_new(told, line, json_true());
    }
    return true;
}
