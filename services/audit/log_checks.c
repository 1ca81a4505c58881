/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T1 to T5: the transparency log, made again from its entries. Rows are compared with rows in sql/functions/audit; the
 * tree, the tiles and the signatures in C. The newest checkpoint of an audit that found the log whole is kept. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "log.h"

#define UNITS(function)                                                                                                \
    "SELECT u.unit, u.month, u.digest FROM audit." function "($1::date[]) AS u ORDER BY u.month, u.unit"

static const char ENTRIES[] = "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, NULL, NULL, f.about "
                              "FROM audit.check_entries($1) AS "
                              "f ORDER BY f.object_type, f.object_id, f.aspect";

static const char NEWEST[] = "SELECT c.size, pg_catalog.encode(c.root, 'hex'), c.text || COALESCE((SELECT "
                             "pg_catalog.string_agg(s.line, '' ORDER "
                             "BY s.vkey) FROM log.cosignature AS s WHERE s.size = c.size AND s.root = c.root), '') "
                             "FROM log.checkpoint AS c ORDER "
                             "BY c.size DESC LIMIT 1";

#define FOUND_IN_UNITS(call)                                                                                           \
    "SELECT f.unit, f.object_type, f.object_id, f.aspect, f.expected, f.found, f.about FROM audit." call               \
    " AS f ORDER BY f.object_type, f.object_id, f.aspect"
static const char LOGGED[] = FOUND_IN_UNITS("check_logged($1::text[])");
static const char FORGOTTEN[] = FOUND_IN_UNITS("check_forgotten()");

static bool judge_entries(struct audit *a, const char *unit)
{
    return audit_collect(a, a->source, ENTRIES, AUDIT_ARGS(unit));
}

/* T1: entries by their units, the rest always: that one part of the tree is as it was says nothing of the others. */
static bool check_tree(struct audit *a, struct log_books *books)
{
    if (!audit_each_unit(a, UNITS("units_entries"), judge_entries))
        return false;
    audit_look(a, "tree");
    PGresult *newest = audit_query(a, a->source, NEWEST, AUDIT_NO_ARGS);
    if (!newest || !log_check_tiles(a, books))
        return false;
    if (PQntuples(newest) > 0) {
        uint8_t root[32];
        log_tree_root(&books->tree, books->size, root);
        log_differ(a, "checkpoint", PQgetvalue(newest, 0, 0), "root", log_hex(a->arena, root), PQgetvalue(newest, 0, 1),
                   "the entries do not make the root that was signed: entries were changed, or the checkpoint");
        a->check->objects++;
    }
    const char *before = audit_rest_on(a, "--tiles");
    bool good = log_check_published(a, books);
    a->rests_on = before;
    return good;
}

static bool check_always(struct audit *a, struct log_books *books, bool (*check)(struct audit *, struct log_books *))
{
    audit_look(a, "*");
    return check(a, books);
}

static bool check_history(struct audit *a, struct log_books *books)
{
    return check_always(a, books, log_check_history);
}

static bool check_size(struct audit *a, struct log_books *books)
{
    return check_always(a, books, log_check_size);
}

/* Only what was found whole is evidence later: the checkpoint, with the lines of witnesses. A file that is there
 * stays. */
static bool keep_newest(struct audit *a)
{
    PGresult *newest = audit_query(a, a->source, NEWEST, AUDIT_NO_ARGS);
    if (!newest || PQntuples(newest) == 0)
        return newest != NULL;
    const char *path = ch_printf(a->arena, "%s/%06" PRId64, a->options->kept, audit_integer(newest, 0, 0));
    return access(path, F_OK) == 0 || ch_write_file(path, PQgetvalue(newest, 0, 2)) ||
           audit_fail(a, "--kept: %s: %m", path);
}

struct part {
    const char *id;
    bool (*check)(struct audit *a, struct log_books *books);
};

/* T1 first: it makes the tree. */
static const struct part PARTS[] = {
    {"T1", check_tree}, {"T3", check_history}, {"T4", log_check_keys}, {"T5", check_size}, {NULL, NULL}};

static bool found_whole(const struct audit *a, size_t chosen)
{
    const json_t *row;
    size_t i;
    json_array_foreach(a->found, i, row)
    {
        const char *id = json_string_value(json_object_get(row, "check_id"));
        if (id[0] == 'T' && strcmp(id, "T2") != 0)
            return false;
    }
    return PARTS[chosen].id == NULL;
}

/* The others need the tree too; what is wrong with it is told by T1, if anybody asked it. */
static bool make_tree(struct audit *a, struct log_books *books)
{
    size_t before = json_array_size(a->found);
    bool good = log_check_tiles(a, books);
    while (json_array_size(a->found) > before)
        json_array_remove(a->found, json_array_size(a->found) - 1);
    return good;
}

bool audit_log(struct audit *a)
{
    struct log_books books = {.size = a->checkpoint_size > 0 ? (uint64_t)a->checkpoint_size : 0};
    size_t chosen = 0;
    bool good = true;
    for (const struct part *part = PARTS; good && part->id; part++) {
        bool begun = audit_begin_part(a, part->id);
        chosen += begun;
        if (begun)
            good = part->check(a, &books);
        else if (part == PARTS)
            good = make_tree(a, &books);
    }
    return good && (!a->options->kept || !found_whole(a, chosen) || keep_newest(a));
}

/* T2: months whose digests moved are gathered and compared at once, since each comparison reads all objects. */
static json_t *moved;

static bool gather(struct audit *a, const char *unit)
{
    (void)a;
    json_array_append_new(moved, json_string(unit));
    return true;
}

static const char *text_array(struct audit *a, const json_t *items)
{
    const char *text = "{", *gap = "";
    const json_t *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        text = ch_printf(a->arena, "%s%s\"%s\"", text, gap, json_string_value(item));
        gap = ",";
    }
    return ch_printf(a->arena, "%s}", text);
}

static bool tell_logged(struct audit *a, const char *sql, int count, const char *const *values)
{
    PGresult *rows = audit_query(a, a->source, sql, count, values);
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        a->unit = PQgetvalue(rows, i, 0);
        log_differ(a, PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2), PQgetvalue(rows, i, 3), PQgetvalue(rows, i, 4),
                   PQgetvalue(rows, i, 5), PQgetvalue(rows, i, 6));
    }
    return rows != NULL;
}

bool audit_logged(struct audit *a)
{
    moved = ch_json_own(a->arena, json_array());
    if (!audit_each_unit(a, UNITS("units_logged"), gather) ||
        (json_array_size(moved) > 0 && !tell_logged(a, LOGGED, AUDIT_ARGS(text_array(a, moved)))))
        return false;
    audit_look(a, "erased");
    return tell_logged(a, FORGOTTEN, AUDIT_NO_ARGS);
}
