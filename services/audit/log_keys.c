/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T4: every checkpoint is the text of its row, signed by all keys that were in force then and by no other of this log;
 * and the keys' own history holds. What others signed is judged in log_anchors.c. */
#include <inttypes.h>
#include <string.h>

#include "log.h"

/* $1: months; what a checkpoint's signatures depend on. */
static const char UNITS[] =
    "SELECT u.unit, u.month, u.digest FROM audit.units_checkpoints($1::date[]) AS u ORDER BY u.month, u.unit";

static const char CHECKPOINTS[] =
    "SELECT c.size, c.text, pg_catalog.encode(c.root, 'hex'), c.at::text FROM log.checkpoint AS c WHERE "
    "audit.month_of(c.at)::text = $1 ORDER BY c.size";

/* Keys of the log at $1: whether they had to sign, and whether they might, since a run may have begun before a key's
 * end. None is registered while one runs. */
static const char KEYS[] =
    "SELECT k.vkey, k.from_at <= $1::timestamptz AND (k.until_at IS NULL OR k.until_at > $1::timestamptz), k.from_at "
    "<= "
    "$1::timestamptz AND (k.until_at IS NULL OR k.until_at + interval '1 minute' > $1::timestamptz) FROM log.key AS k "
    "ORDER BY k.from_at, k.vkey";

static const char HISTORY[] = "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, NULL, NULL, f.about "
                              "FROM audit.check_log_keys() AS "
                              "f ORDER BY f.object_id, f.aspect";

struct seen {
    struct audit *a;
    const char *type, *id;
    const struct ch_checkpoint *checkpoint;
};

static void wrong_signature(const struct seen *seen, const char *key, const char *expected, const char *found,
                            const char *text)
{
    audit_add(seen->a, &(struct audit_finding){.object_type = seen->type,
                                               .object_id = seen->id,
                                               .aspect = ch_printf(seen->a->arena, "signature of %s", key),
                                               .expected = expected,
                                               .found = found,
                                               .text = text,
                                               .total = "bad_signature"});
}

/* One key against the signatures of a checkpoint. */
static void judge_key(const struct seen *seen, const char *vkey, bool must, bool may)
{
    struct ch_vkey key;
    if (ch_vkey_read(vkey, strlen(vkey), &key) != NULL || strcmp(key.name, seen->checkpoint->origin) != 0)
        return; /* its row is judged by itself; keys of a former log have its name */
    switch (ch_checkpoint_signed(seen->checkpoint, &key, NULL)) {
    case CH_SIGNED_NOT:
        if (must)
            wrong_signature(seen, vkey, "signed", "not signed",
                            "a key in force did not sign: who knows this key alone cannot check the log");
        break;
    case CH_SIGNED_WELL:
        if (!may)
            wrong_signature(seen, vkey, "not in force", "signed",
                            "a key signed outside its time: retired keys sign nothing");
        break;
    case CH_SIGNED_BADLY:
        wrong_signature(seen, vkey, "signed", "wrong",
                        "a signature does not hold: the checkpoint was changed, or never signed");
        break;
    }
}

/* Signature lines of the log's name that are no known key's. */
static void judge_lines(const struct seen *seen, const PGresult *keys)
{
    const struct ch_checkpoint *c = seen->checkpoint;
    const char *start = ch_printf(seen->a->arena, "\xe2\x80\x94 %s ", c->origin);
    size_t known = 0, lines = 0;
    for (const char *at = c->text + c->body; (at = strstr(at, start)); at += strlen(start))
        lines++;
    for (int i = 0; i < PQntuples(keys); i++) {
        struct ch_vkey key;
        const char *vkey = PQgetvalue(keys, i, 0);
        known += ch_vkey_read(vkey, strlen(vkey), &key) == NULL && strcmp(key.name, c->origin) == 0 &&
                 ch_checkpoint_signed(c, &key, NULL) != CH_SIGNED_NOT;
    }
    if (lines > known)
        wrong_signature(seen, "unknown key", "none", ch_printf(seen->a->arena, "%zu", lines - known),
                        "somebody signed in the log's name with a key that was never announced");
}

static bool judge_signatures(const struct seen *seen, const char *at)
{
    PGresult *keys = audit_query(seen->a, seen->a->source, KEYS, AUDIT_ARGS(at));
    for (int i = 0; keys && i < PQntuples(keys); i++)
        judge_key(seen, PQgetvalue(keys, i, 0), *PQgetvalue(keys, i, 1) == 't', *PQgetvalue(keys, i, 2) == 't');
    if (keys)
        judge_lines(seen, keys);
    return keys != NULL;
}

/* $1 of CHECKPOINTS is the unit's month. */
static bool judge_month(struct audit *a, const char *unit)
{
    if (strcmp(unit, "keys") == 0)
        return audit_collect(a, a->source, HISTORY, AUDIT_NO_ARGS);
    const char *month = strchr(unit, ' ') + 1;
    PGresult *rows = audit_query(a, a->source, CHECKPOINTS, AUDIT_ARGS(month));
    bool good = rows != NULL;
    for (int i = 0; good && i < PQntuples(rows); i++) {
        const char *id = PQgetvalue(rows, i, 0), *text = PQgetvalue(rows, i, 1);
        struct ch_checkpoint read;
        const char *wrong = ch_checkpoint_read(text, strlen(text), &read);
        log_differ(a, "checkpoint", id, "text",
                   wrong ? "a checkpoint" : ch_printf(a->arena, "%s %s", id, PQgetvalue(rows, i, 2)),
                   wrong ? wrong : ch_printf(a->arena, "%" PRIu64 " %s", read.size, log_hex(a->arena, read.root)),
                   "the signed text is not that of its row");
        if (!wrong)
            good = judge_signatures(&(struct seen){a, "checkpoint", id, &read}, PQgetvalue(rows, i, 3));
    }
    return good && log_judge_cosignatures(a, month);
}

bool log_check_keys(struct audit *a, struct log_books *books)
{
    if (!audit_each_unit(a, UNITS, judge_month))
        return false;
    audit_look(a, "published");
    return (!books->is_published ||
            judge_signatures(&(struct seen){a, "published", "checkpoint", &books->published}, a->as_of)) &&
           log_check_anchors(a, books);
}
