/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold found`: judges a charter, seals the founders' particulars and hands both to governance.found, as the
 * administrator of the database. What the charter then does is in SQL. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "commonhold/db.h"
#include "commonhold/id.h"
#include "commonhold/migrate.h"
#include "core/charter.h"
#include "found_database.h"
#include "people.h"

#define CHARTER_MAX ((size_t)8 * 1024 * 1024)

CH_FUNCTION(found_function, "governance.found", "$1::text, $2::jsonb");

static const char *purposes(void)
{
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++) {
        if (strcmp(file->path, "reference/purposes.csv") == 0)
            return file->text;
    }
    return "";
}

static int print_complaints(const struct ch_complaints *list)
{
    fprintf(stderr, "%s\n", ch_complaints_text(list));
    return CH_EXIT_REFUSED;
}

/* The completed charter, or NULL after its faults were printed: {"errors":[{"pointer","detail"}]}. */
static json_t *read_charter(struct ch_arena *arena, const char *path)
{
    static const struct ch_json_limits LIMITS = {.bytes = CHARTER_MAX, .depth = 16, .integers = true};
    struct ch_complaints *list = ch_complaints_new(arena);
    struct ch_json_error error;
    char message[256];
    size_t size;
    const char *text = ch_read_file(arena, path, CHARTER_MAX, &size, message);
    if (!text) {
        ch_say(0, "%s", message);
        return NULL;
    }
    const json_t *charter = ch_json_parse(arena, text, size, &LIMITS, &error);
    if (!charter)
        ch_complain(list, error.pointer, "%s (line %d): %s", error.slug, error.line, error.detail);
    if (!charter || !ch_charter_check(list, charter, purposes())) {
        print_complaints(list);
        return NULL;
    }
    return ch_charter_complete(arena, charter);
}

static json_t *seal_founders(struct ch_arena *arena, const struct people_secrets *secrets, const json_t *charter)
{
    const json_t *founders = json_object_get(charter, "founders");
    struct ch_complaints *list = ch_complaints_new(arena);
    json_t *sealed = ch_json_pack(arena, "[]");
    for (size_t i = 0; i < json_array_size(founders); i++) {
        const json_t *founder = json_array_get(founders, i);
        char id[37];
        ch_id_new(id);
        json_t *one = people_seal(arena, secrets, id, json_string_value(json_object_get(founder, "display_name")),
                                  json_string_value(json_object_get(founder, "email")));
        if (one)
            json_array_append(sealed, one);
        else
            ch_complain(list, ch_printf(arena, "/founders/%zu/email", i), "An e-mail address is needed here.");
    }
    if (ch_complaints_none(list))
        return sealed;
    print_complaints(list);
    return NULL;
}

/* One line a founder: reference, member id, code to open an account with. */
static void print_founders(struct ch_arena *arena, const json_t *body)
{
    const json_t *founders = json_object_get(body, "founders");
    for (size_t i = 0; i < json_array_size(founders); i++)
        puts(ch_json_canonical(arena, json_array_get(founders, i), NULL));
}

static int print_answer(struct ch_arena *arena, const struct ch_answer *answer)
{
    struct ch_json_error error;
    const char *text = answer->body ? answer->body : "{}";
    const json_t *body = ch_json_parse(arena, text, strlen(text), &CH_JSON_BODY, &error);
    if (strcmp(answer->outcome, "created") == 0) {
        const char *missing = json_string_value(json_object_get(body, "missing_guards"));
        print_founders(arena, body);
        return missing && *missing ? ch_say(CH_EXIT_OK, "%s: %s", CH_MIGRATE_UNGUARDED, missing) : CH_EXIT_OK;
    }
    if (json_is_array(json_object_get(body, "errors")))
        fprintf(
            stderr, "%s\n",
            ch_json_canonical(arena, ch_json_pack(arena, "{s:O}", "errors", json_object_get(body, "errors")), NULL));
    else
        fprintf(stderr, "commonhold: %s: %s\n", answer->outcome,
                json_string_value(json_object_get(body, "detail")) ?: "refused");
    return CH_EXIT_REFUSED;
}

static int write_charter(struct ch_arena *arena, const char *conninfo, const json_t *charter, const json_t *founders)
{
    char error[512];
    struct ch_answer answer;
    struct ch_db *db = ch_db_open(conninfo, error);
    if (!db)
        return ch_say(CH_EXIT_FAULT, "%s", error);
    const char *canonical = ch_json_canonical(arena, ch_charter_public(arena, charter), NULL);
    enum ch_fault fault =
        ch_db_call(db, arena, &found_function, CH_ARGS(canonical, ch_json_canonical(arena, founders, NULL)), &answer);
    int code = fault == CH_FAULT_NONE ? print_answer(arena, &answer) : ch_say(CH_EXIT_FAULT, "%s", ch_db_error(db));
    ch_db_close(db);
    return code;
}

static int found(struct ch_arena *arena, const char *path, const struct found_options *options)
{
    struct people_secrets secrets;
    char error[512];
    json_t *charter = read_charter(arena, path);
    if (!charter)
        return CH_EXIT_REFUSED;
    const char *conninfo = found_database(arena, options, error);
    if (!conninfo)
        return ch_say(CH_EXIT_REFUSED, "%s", error);
    const char *folder = found_folder(arena, options->config);
    if (!people_load(&secrets, ch_printf(arena, "%s/secrets/member.secret", folder),
                     ch_printf(arena, "%s/secrets/email.secret", folder), error, sizeof error))
        return ch_say(CH_EXIT_REFUSED, "%s", error);
    json_t *founders = seal_founders(arena, &secrets, charter);
    explicit_bzero(&secrets, sizeof secrets);
    return founders ? write_charter(arena, conninfo, charter, founders) : CH_EXIT_REFUSED;
}

int ch_command_found(int argc, char **argv)
{
    struct found_options options = {0};
    const struct ch_option table[] = {{"--config", &options.config, NULL, true},
                                      {"--database", &options.database, NULL, false},
                                      {NULL, NULL, NULL, false}};
    int words;
    if (!ch_options(argc, argv, table, &words))
        return CH_EXIT_USAGE;
    if (words != 1)
        return ch_say(CH_EXIT_USAGE, "found takes one charter file");
    struct ch_arena *arena = ch_arena_new();
    int code = found(arena, argv[0], &options);
    ch_arena_free(arena);
    return code;
}
