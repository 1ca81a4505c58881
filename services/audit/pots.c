/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A4: where the money of a run came from, slice by slice: a pot that happens to add up proves nothing. */
#include <string.h>

#include "by_function.h"

AUDIT_JUDGE(judge_pot, AUDIT_SUMS_BY("check_pots"))
AUDIT_JUDGE(judge_received, AUDIT_SUMS_BY("check_received"))

static bool judge_unit(struct audit *a, const char *unit)
{
    const char *month = strchr(unit, ' ');
    return month ? judge_received(a, month + 1) : judge_pot(a, unit);
}

bool audit_pots(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_pots"), judge_unit);
}
