/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* O1 to O6 and H1: what leaves by batches, and what waits. Rows are compared with rows in sql/functions/audit; what
 * stands in a bank file is compared in payments.c and batches.c, what was signed in approvals.c. O1 to O5 share their
 * units, the batches, and so the digests of them. */
#include "payouts.h"

#include <string.h>

#include "by_function.h"

static const char IN_FLIGHT[] =
    "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, f.delta, f.direction, f.about, f.severity FROM "
    "audit.check_in_flight($1) AS f ORDER BY f.object_id, f.aspect";

static const char COUNT_BATCHES[] = "SELECT pg_catalog.count(*) FROM payout.batch";
static const char COUNT_HOLDS[] = "SELECT pg_catalog.count(*) FROM payout.hold";

struct part {
    const char *id;
    bool (*judge)(struct audit *a, const char *batch);
};

static const struct part PARTS[] = {{"O1", payouts_lines},     {"O2", payouts_file},   {"O3", payouts_payees},
                                    {"O4", payouts_approvals}, {"O5", payouts_states}, {NULL, NULL}};

void payouts_differ(struct audit *a, const char *type, const char *id, const char *aspect, const char *expected,
                    const char *found, const char *text)
{
    if (!expected || !found || strcmp(expected, found) != 0)
        audit_add(a, &(struct audit_finding){.object_type = type,
                                             .object_id = id,
                                             .aspect = aspect,
                                             .expected = expected ? expected : "none",
                                             .found = found ? found : "none",
                                             .text = text});
}

bool audit_payouts(struct audit *a)
{
    PGresult *units = audit_query(a, a->source, AUDIT_UNITS("units_payouts"), AUDIT_ARGS(a->months));
    bool good = units != NULL;
    for (const struct part *part = PARTS; good && part->id; part++)
        if (audit_begin_part(a, part->id))
            good = audit_units(a, units, part->judge);
    return good;
}

/* Checks that time alone can make a finding of look at everything each time. */
static bool judge_all(struct audit *a, const char *count, const char *findings)
{
    audit_look(a, "*");
    PGresult *objects = audit_query(a, a->source, count, AUDIT_NO_ARGS);
    if (!objects)
        return false;
    a->check->objects = (uint64_t)audit_integer(objects, 0, 0);
    return audit_collect(a, a->source, findings, AUDIT_ARGS(a->as_of));
}

bool audit_in_flight(struct audit *a)
{
    return judge_all(a, COUNT_BATCHES, IN_FLIGHT);
}

bool audit_holds(struct audit *a)
{
    return judge_all(a, COUNT_HOLDS, AUDIT_SUMS_BY("check_holds"));
}
