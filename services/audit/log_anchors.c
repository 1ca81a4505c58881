/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T4 of what others signed: each cosignature that is stored holds, none is gone that somebody saw, and what has been
 * published for an hour meets the policy that this auditor brought along. Timestamps are log_timestamps.c's. */
#include <inttypes.h>
#include <string.h>

#include "by_function.h"
#include "log.h"

/* $1: a month. */
static const char COSIGNATURES[] =
    "SELECT s.size, s.vkey, c.text || s.line, pg_catalog.date_part('epoch', s.time)::bigint FROM log.cosignature AS s "
    "JOIN log.checkpoint AS c ON c.size = s.size AND c.root = s.root WHERE audit.month_of(c.at)::text = $1 ORDER BY "
    "s.size, s.vkey";

static const char ANCHORS[] = "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, NULL, NULL, f.about "
                              "FROM audit.check_anchors()" AUDIT_IN_ORDER;

/* Checkpoints one of which must have been cosigned at $1, newest first. */
static const char COSIGNED[] =
    "SELECT c.size, c.text FROM audit.cosigned_checkpoints($1::timestamptz) AS c ORDER BY c.size DESC";
static const char NEWEST[] = "SELECT c.text FROM log.checkpoint AS c ORDER BY c.size DESC LIMIT 1";

static const char KNOWN_LINE[] = "SELECT FROM log.cosignature AS s WHERE s.size = $1::bigint AND s.line = $2";

/* "cosigned" and its time, or what it is instead. */
static const char *judge_cosignature(struct audit *a, const char *vkey, const char *text)
{
    struct ch_vkey key;
    struct ch_checkpoint checkpoint;
    struct ch_signature signature;
    if (ch_vkey_read(vkey, strlen(vkey), &key) != NULL || key.type != CH_VKEY_WITNESS)
        return "under no witness's key";
    if (ch_checkpoint_read(text, strlen(text), &checkpoint) != NULL ||
        ch_checkpoint_signed(&checkpoint, &key, &signature) != CH_SIGNED_WELL)
        return "wrong";
    return ch_printf(a->arena, "cosigned %" PRIu64, signature.time);
}

bool log_judge_cosignatures(struct audit *a, const char *month)
{
    PGresult *rows = audit_query(a, a->source, COSIGNATURES, AUDIT_ARGS(month));
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        const char *vkey = PQgetvalue(rows, i, 1);
        const char *expected = ch_printf(a->arena, "cosigned %s", PQgetvalue(rows, i, 3));
        const char *found = judge_cosignature(a, vkey, PQgetvalue(rows, i, 2));
        if (strcmp(expected, found) != 0)
            audit_add(a, &(struct audit_finding){.object_type = "checkpoint",
                                                 .object_id = PQgetvalue(rows, i, 0),
                                                 .aspect = ch_printf(a->arena, "cosignature of %s", vkey),
                                                 .expected = expected,
                                                 .found = found,
                                                 .text = "the line of a witness does not hold: it was changed, or "
                                                         "never given",
                                                 .total = "bad_signature"});
    }
    return rows != NULL;
}

/* ---- lines that somebody saw ---- */

/* Each line of a witness of the policy under a checkpoint that was published is stored. */
static bool judge_lines(struct audit *a, const char *type, const char *id, const struct ch_checkpoint *checkpoint)
{
    const struct ch_tlog_policy *policy = a->seen->policy;
    const char *size = ch_printf(a->arena, "%" PRIu64, checkpoint->size);
    for (size_t i = 0; i < policy->node_count; i++) {
        const struct ch_tlog_policy_node *node = &policy->nodes[i];
        struct ch_signature found;
        if (node->count > 0 || ch_checkpoint_signed(checkpoint, &node->key, &found) != CH_SIGNED_WELL)
            continue;
        const char *line = ch_memdup(a->arena, found.line, found.length);
        PGresult *rows = audit_query(a, a->source, KNOWN_LINE, AUDIT_ARGS(size, line));
        if (!rows)
            return false;
        log_differ(a, type, id, ch_printf(a->arena, "cosignature of %s", node->name), "kept",
                   PQntuples(rows) > 0 ? "kept" : "gone", "a witness's line was published, and is no more");
    }
    return true;
}

static bool judge_kept(struct audit *a, const struct log_books *books, const char *name, const char *text,
                       size_t length)
{
    struct ch_checkpoint checkpoint;
    (void)books;
    return ch_checkpoint_read(text, length, &checkpoint) != NULL || /* T3 tells it */
           judge_lines(a, "kept checkpoint", name, &checkpoint);
}

/* ---- the policy ---- */

static const char *unmet_by(struct audit *a, const struct ch_tlog_policy *policy, const char *text)
{
    struct ch_checkpoint checkpoint;
    const char *wrong = ch_checkpoint_read(text, strlen(text), &checkpoint);
    return wrong ? wrong : ch_tlog_policy_unmet(a->arena, policy, &checkpoint);
}

/* The newest checkpoint is of a log that this auditor knows, whoever cosigned it. */
static bool judge_log(struct audit *a, const struct ch_tlog_policy *policy)
{
    static const char OURS[] = "a log of the policy";
    struct ch_tlog_policy *logs = (struct ch_tlog_policy *)ch_memdup(a->arena, policy, sizeof *policy);
    PGresult *newest = audit_query(a, a->source, NEWEST, AUDIT_NO_ARGS);
    logs->quorum = NULL;
    const char *unmet = newest && PQntuples(newest) > 0 ? unmet_by(a, logs, PQgetvalue(newest, 0, 0)) : NULL;
    log_differ(a, "log", "policy", "signature", OURS, unmet ? unmet : OURS,
               "this is not the log whose key this auditor was given: was another one begun?");
    return newest != NULL;
}

/* A checkpoint is published before it is cosigned, and not each one is: one that is as new as what was published an
 * hour ago must meet the policy. */
static bool judge_quorum(struct audit *a, const struct ch_tlog_policy *policy)
{
    PGresult *rows = audit_query(a, a->source, COSIGNED, AUDIT_ARGS(a->as_of));
    const char *first = NULL;
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        const char *unmet = unmet_by(a, policy, PQgetvalue(rows, i, 1));
        if (!unmet)
            return true;
        first = first ? first : unmet;
    }
    if (first)
        log_differ(a, "log", "policy", "quorum", policy->quorum->name, first,
                   "witnesses did not cosign what was published an hour ago: ask them why, and what they hold");
    return rows != NULL;
}

static bool judge_published(struct audit *a, const struct log_books *books)
{
    const char *before = audit_rest_on(a, "--tiles");
    bool good = judge_lines(a, "published", "checkpoint", &books->published);
    a->rests_on = before;
    return good;
}

static bool check_policy(struct audit *a, const struct log_books *books)
{
    const struct ch_tlog_policy *policy = a->seen->policy;
    if (!policy) {
        audit_not_checked(a, "the quorum of witnesses: give --policy");
        return true;
    }
    const char *before = audit_rest_on(a, "--policy");
    bool good = judge_log(a, policy) && (!policy->quorum || judge_quorum(a, policy)) &&
                (!books->is_published || judge_published(a, books)) &&
                (!a->options->kept || log_each_kept(a, books, judge_kept));
    a->rests_on = before;
    return good;
}

bool log_check_anchors(struct audit *a, const struct log_books *books)
{
    audit_look(a, "anchors");
    return audit_collect(a, a->source, ANCHORS, AUDIT_NO_ARGS) && check_policy(a, books) && log_check_timestamps(a);
}
