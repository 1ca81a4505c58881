/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T3, that the log only ever grew: every checkpoint it signed, every one this auditor kept or cosigned, and every one a
 * witness cosigned, is the root of its beginning. T5, that it never shrank: no size that anybody saw is larger, and
 * nothing waits for too long. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "log.h"

#define KEPT_MAX 65536

static const char EARLIER[] =
    "SELECT c.size, pg_catalog.encode(c.root, 'hex'), pg_catalog.encode(c.frontier, 'hex') FROM "
    "log.checkpoint AS c ORDER BY c.size";

static const char VKEYS[] = "SELECT k.vkey FROM log.key AS k";

static const char FORMER[] =
    "SELECT FROM log.former AS f WHERE pg_catalog.split_part(f.known_text, E'\\n', 1) = $1 UNION ALL SELECT FROM "
    "log.former_checkpoint AS f WHERE pg_catalog.split_part(f.text, E'\\n', 1) = $1 LIMIT 1";

static const char WAITING[] = "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, NULL, NULL, f.about "
                              "FROM audit.check_waiting($1) "
                              "AS f ORDER BY f.object_type, f.object_id, f.aspect";

/* The largest size an audit behind the last recovery saw. */
static const char SEEN[] =
    "SELECT pg_catalog.max(r.checkpoint_size) FROM audit.run AS r WHERE r.started > $1::timestamptz";
static const char RECOVERED[] = "SELECT COALESCE(pg_catalog.max(f.ended_at), '-infinity')::text FROM log.former AS f";

static void compare_root(struct audit *a, const struct log_books *books, const char *type, const char *id,
                         uint64_t size, const char *signed_root, const char *text)
{
    uint8_t root[32];
    log_tree_root(&books->tree, size, root);
    log_differ(a, type, id, "root", signed_root, log_hex(a->arena, root), text);
}

/* Checkpoints of the database; the newest is T1's. */
static bool check_earlier(struct audit *a, const struct log_books *books)
{
    PGresult *rows = audit_query(a, a->source, EARLIER, AUDIT_NO_ARGS);
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        uint64_t size = (uint64_t)audit_integer(rows, i, 0);
        a->check->objects++;
        if (size < books->size)
            compare_root(a, books, "checkpoint", PQgetvalue(rows, i, 0), size, PQgetvalue(rows, i, 1),
                         "the log does not begin with what was signed then: it was changed, or forked");
    }
    return rows != NULL;
}

/* Whether a key of this log, of any time, signed it. */
static bool is_ours(struct audit *a, const struct ch_checkpoint *checkpoint, bool *ours)
{
    PGresult *rows = audit_query(a, a->source, VKEYS, AUDIT_NO_ARGS);
    *ours = false;
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        struct ch_vkey key;
        const char *text = PQgetvalue(rows, i, 0);
        *ours = *ours || (ch_vkey_read(text, strlen(text), &key) == NULL &&
                          ch_checkpoint_signed(checkpoint, &key, NULL) == CH_SIGNED_WELL);
    }
    return rows != NULL;
}

/* A checkpoint of this log that somebody else holds. */
struct shown {
    const char *type, *id; /* of its findings */
    const char *text;
    size_t length;
    const struct ch_vkey *witness; /* whose cosignature it must bear; NULL: nobody's */
};

/* NULL, or why it proves nothing. */
static const char *judge_form(const struct shown *shown, const struct ch_checkpoint *checkpoint, bool ours)
{
    if (!ours)
        return "it bears no signature of a key of this log";
    return shown->witness && ch_checkpoint_signed(checkpoint, shown->witness, NULL) != CH_SIGNED_WELL
               ? "the witness did not cosign it"
               : NULL;
}

/* It must be the root of the log's beginning. One of a log that could not be continued is no part of this one. */
static bool judge_shown(struct audit *a, const struct log_books *books, const struct shown *shown)
{
    struct ch_checkpoint checkpoint;
    bool ours;
    const char *wrong = ch_checkpoint_read(shown->text, shown->length, &checkpoint);
    if (!wrong) {
        PGresult *former = audit_query(a, a->source, FORMER, AUDIT_ARGS(checkpoint.origin));
        if (!former || !is_ours(a, &checkpoint, &ours))
            return false;
        if (PQntuples(former) > 0)
            return true;
        wrong = judge_form(shown, &checkpoint, ours);
    }
    a->check->objects++;
    log_differ(a, shown->type, shown->id, "form", "a signed checkpoint", wrong ? wrong : "a signed checkpoint",
               "it proves nothing: keep checkpoints where nobody changes them, and ask a witness again");
    if (wrong)
        return true;
    const char *size = ch_printf(a->arena, "%" PRIu64, checkpoint.size);
    if (checkpoint.size > books->size)
        log_differ(a, shown->type, shown->id, "size", size, ch_printf(a->arena, "%" PRIu64, books->size),
                   "the log was rolled back: it has fewer entries than were signed");
    else
        compare_root(a, books, shown->type, shown->id, checkpoint.size, log_hex(a->arena, checkpoint.root),
                     "the log was forked: this size was signed with another root");
    return true;
}

static bool check_kept_one(struct audit *a, const struct log_books *books, const char *name, const char *text,
                           size_t length)
{
    return judge_shown(a, books,
                       &(struct shown){.type = "kept checkpoint", .id = name, .text = text, .length = length});
}

static bool read_kept(struct audit *a, const char *path, const char **text, size_t *length)
{
    char error[256];
    *text = ch_read_file(a->arena, path, KEPT_MAX, length, error);
    return *text || audit_fail(a, "%s", error);
}

/* Those that end in .new are of a writer that was killed. */
static bool is_kept(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && (length < 4 || strcmp(name + length - 4, ".new") != 0);
}

bool log_each_kept(struct audit *a, const struct log_books *books, log_kept_work *work)
{
    struct dirent **names;
    int count = scandir(a->options->kept, &names, NULL, alphasort);
    if (count < 0)
        return audit_fail(a, "--kept %s: %m", a->options->kept);
    bool good = true;
    const char *before = audit_rest_on(a, "--kept");
    for (int i = 0; i < count; i++) {
        const char *text, *name = ch_strdup(a->arena, names[i]->d_name);
        size_t length;
        if (good && is_kept(name))
            good = read_kept(a, ch_printf(a->arena, "%s/%s", a->options->kept, name), &text, &length) &&
                   work(a, books, name, text, length);
        free(names[i]);
    }
    free(names);
    a->rests_on = before;
    return good;
}

static bool judge_witness(struct audit *a, const struct log_books *books, const struct log_copy *copy)
{
    const char *before = audit_rest_on(a, copy->witness->name);
    bool good = judge_shown(
        a, books, &(struct shown){"witness", copy->witness->name, copy->text, copy->length, &copy->witness->key});
    a->rests_on = before;
    return good;
}

/* What each witness of the policy holds; one that is silent is listed, and nothing is said of the log for that. */
static bool check_witnesses(struct audit *a, const struct log_books *books)
{
    if (!a->seen->policy)
        audit_not_checked(a, "what witnesses hold: give --policy");
    for (size_t i = 0; i < a->seen->count; i++) {
        const struct log_copy *copy = &a->seen->copies[i];
        const char *name = copy->witness->name;
        if (!copy->text)
            audit_not_checked(a, "what the witness %s holds: %s", name, copy->missing);
        else if (!judge_witness(a, books, copy))
            return false;
    }
    return true;
}

/* What this auditor cosigned last is a checkpoint it kept. */
static bool check_cosigned(struct audit *a, const struct log_books *books)
{
    const char *text, *path = a->cosigner ? audit_cosigned_path(a) : NULL;
    size_t length;
    if (!path || access(path, F_OK) != 0)
        return true;
    const char *before = audit_rest_on(a, "--cosign");
    bool good = read_kept(a, path, &text, &length) && check_kept_one(a, books, "cosigned", text, length);
    a->rests_on = before;
    return good;
}

bool log_check_history(struct audit *a, struct log_books *books)
{
    if (!check_earlier(a, books) || !check_witnesses(a, books) || !check_cosigned(a, books))
        return false;
    if (a->options->kept)
        return log_each_kept(a, books, check_kept_one);
    audit_not_checked(a, "checkpoints kept outside the database: give --kept");
    return true;
}

static void compare_size(struct audit *a, const struct log_books *books, const char *seen_by, uint64_t size)
{
    if (size > books->size)
        log_differ(a, "log", seen_by, "size", ch_printf(a->arena, "%" PRIu64, size),
                   ch_printf(a->arena, "%" PRIu64, books->size),
                   "the log has shrunk: was an old backup restored? what was published stays published");
}

static bool check_kept_size(struct audit *a, const struct log_books *books, const char *name, const char *text,
                            size_t length)
{
    struct ch_checkpoint kept;
    if (ch_checkpoint_read(text, length, &kept) != NULL)
        return true; /* T3 tells it */
    PGresult *former = audit_query(a, a->source, FORMER, AUDIT_ARGS(kept.origin));
    if (former && PQntuples(former) == 0)
        compare_size(a, books, name, kept.size);
    return former != NULL;
}

bool log_check_size(struct audit *a, struct log_books *books)
{
    PGresult *from = audit_query(a, a->source, RECOVERED, AUDIT_NO_ARGS);
    PGresult *seen = from ? audit_query(a, a->findings, SEEN, AUDIT_ARGS(PQgetvalue(from, 0, 0))) : NULL;
    if (!seen)
        return false;
    a->check->objects++;
    compare_size(a, books, "earlier audits", (uint64_t)audit_integer(seen, 0, 0));
    const char *before = audit_rest_on(a, "--tiles");
    if (books->is_published)
        compare_size(a, books, "published", books->published.size);
    a->rests_on = before;
    return (!a->options->kept || log_each_kept(a, books, check_kept_size)) &&
           audit_collect(a, a->source, WAITING, AUDIT_ARGS(a->as_of));
}
