/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between core/benefit_rule.h and the handlers of /rules. */
#include "rule_verdict.h"

#include "core/benefit_rule.h"

const char *rule_verdict(struct ch_arena *arena, const json_t *document, bool *lawful)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL), *warnings = ch_refusals_new(arena, NULL);
    *lawful = ch_benefit_rule_read(document, list, warnings) != NULL;
    if (*lawful)
        return ch_benefit_rule_verdict(warnings);
    return ch_printf(arena, "{\"detail\":\"the rule is not lawful\",%s", ch_refusals_text(list) + 1);
}
