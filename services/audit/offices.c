/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* G1: who voted, priced, ran, made, released and audited were the people, and the roles, that had to, at the time. */
#include "audit.h"
#include "by_function.h"

/* The auditor's own role and no other ends audits: this table is where the findings are, not in the source. */
static const char AUDITS[] =
    "SELECT 'audit', r.id::text, 'role', 'ch_audit', r.by_role, NULL, NULL, 'somebody else than the auditor wrote an "
    "audit: what it says is not an auditor''s word' FROM audit.run AS r WHERE r.by_role <> 'ch_audit'";

AUDIT_JUDGE(judge_acts, AUDIT_FOUND_BY("check_separation"))

bool audit_offices(struct audit *a)
{
    if (!audit_each_unit(a, AUDIT_UNITS("units_acts"), judge_acts))
        return false;
    audit_look(a, "audits");
    return audit_collect(a, a->findings, AUDITS, AUDIT_NO_ARGS);
}
