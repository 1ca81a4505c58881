/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* O4: what the approvers of a batch signed. The lines are written again from the batch, and the signature is verified
 * over them with the key of the approver that was valid then; who may approve, and when, is in check_approvals. */
#include <string.h>

#include "by_function.h"
#include "commonhold/crypto.h"
#include "payouts.h"

/* The lines as signed and as they should be, around the time that was signed; the signature, and the key: whether it is
 * the approver's, was valid when the approval came in, and the time fits. A clock of an approver may be a minute off.
 */
static const char APPROVALS[] =
    "SELECT v.id::text, v.text, pg_catalog.concat(E'commonhold-approval/1\\nbatch ', b.id, E'\\nfile ', b.file_sha256, "
    "E'\\ntotal ', b.total, ' ', b.currency, E'\\ncount ', b.count, E'\\napprover ', v.office_id, E'\\nat ', s.at, "
    "E'\\n'), pg_catalog.encode(v.signature, 'hex'), pg_catalog.encode(k.public_key, 'hex'), k.member_id = "
    "v.member_id, "
    "k.from_at <= v.at AND (k.revoked_at IS NULL OR k.revoked_at > v.at), s.at::timestamptz BETWEEN "
    "GREATEST(b.frozen_at, k.from_at) - interval '1 minute' AND v.at + interval '1 minute' FROM payout.approval AS v "
    "JOIN payout.batch AS b ON b.id = v.batch_id LEFT JOIN payout.approver_key AS k ON k.id = v.key_id CROSS JOIN "
    "LATERAL (SELECT pg_catalog.substring(v.text, '\\nat "
    "([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\\n$')) AS s (at) WHERE v.batch_id = $1::uuid ORDER BY "
    "v.id";
enum { APPROVAL, TEXT, EXPECTED, SIGNATURE, KEY, OWN, VALID, IN_TIME };

static bool is_true(const PGresult *rows, int i, int column)
{
    return strcmp(PQgetvalue(rows, i, column), "t") == 0;
}

/* What is wrong with an approval, "valid" when nothing is. */
static const char *judge(const PGresult *rows, int i)
{
    const char *text = PQgetvalue(rows, i, TEXT);
    uint8_t key[32], signature[64];
    if (strcmp(text, PQgetvalue(rows, i, EXPECTED)) != 0)
        return "signed something else";
    if (!ch_unhex(PQgetvalue(rows, i, KEY), key, sizeof key) || !is_true(rows, i, OWN))
        return "by no key of the approver";
    if (!is_true(rows, i, VALID))
        return "by a key that was not valid then";
    if (!is_true(rows, i, IN_TIME))
        return "signed at another time";
    if (!ch_unhex(PQgetvalue(rows, i, SIGNATURE), signature, sizeof signature) ||
        !audit_is_signed(key, signature, text, strlen(text), true))
        return "not the key's signature";
    return "valid";
}

bool payouts_approvals(struct audit *a, const char *batch)
{
    PGresult *rows = audit_query(a, a->source, APPROVALS, AUDIT_ARGS(batch));
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        const char *found = judge(rows, i);
        if (strcmp(found, "valid") != 0)
            audit_add(a, &(struct audit_finding){.object_type = "approval",
                                                 .object_id = PQgetvalue(rows, i, APPROVAL),
                                                 .aspect = "signature",
                                                 .expected = "valid",
                                                 .found = found,
                                                 .total = "bad_signature",
                                                 .text = "this person did not approve these bytes: they should not "
                                                         "have left"});
    }
    return rows && audit_collect(a, a->source, AUDIT_SUMS_BY("check_approvals"), AUDIT_ARGS(batch));
}
