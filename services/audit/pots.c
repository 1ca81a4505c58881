/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A4: where the money of a run came from, slice by slice: a pot that happens to add up proves nothing. */
#include <string.h>

#include "by_function.h"
#include "inputs.h"

AUDIT_JUDGE(judge_received, AUDIT_SUMS_BY("check_received"))

static bool judge_pot(struct audit *a, const char *run)
{
    const char *inputs;
    return inputs_rest(a, run, &inputs) &&
           audit_collect(a, a->source, AUDIT_SUMS_GIVEN("check_pots"), AUDIT_ARGS(run, inputs));
}

static bool judge_unit(struct audit *a, const char *unit)
{
    const char *month = strchr(unit, ' ');
    return month ? judge_received(a, month + 1) : judge_pot(a, unit);
}

bool audit_pots(struct audit *a)
{
    return inputs_units(a, AUDIT_UNITS_GIVEN("units_pots"), judge_unit);
}
