/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a benefit-sharing rule: refused with a reason, or lawful and able to share a pot to the unit. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/payout/core/distribute.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void share(struct ch_arena *arena, const struct ch_benefit_rule *rule)
{
    struct ch_refusals *list = ch_refusals_new(arena, "inputs");
    const char *text =
        ch_printf(arena,
                  "{\"schema\":\"distribution-inputs/1\",\"run_id\":\"r\",\"currency\":\"%s\",\"pot\":9007199254740991,"
                  "\"rail_fees\":77,\"balances\":{\"Equity:Reserve:Legal\":5},\"recipients\":[{\"id\":\"M1\",\"units\":"
                  "3},{\"id\":"
                  "\"M2\",\"units\":1099511627776,\"status\":\"left\"}],\"contributions\":[{\"id\":\"C\",\"units\":7,"
                  "\"contributors\":[{\"recipient\":\"M1\",\"share\":2},{\"recipient\":\"M2\",\"share\":1}]}]}",
                  rule->currency);
    const struct ch_inputs *inputs = ch_inputs_parse(text, strlen(text), rule, list);
    const struct ch_distribution *d = inputs ? ch_distribute(rule, inputs, "M1", list) : NULL;
    require(d || list->count > 0);
    if (!d)
        return;
    int64_t sum = d->carried;
    for (size_t i = 0; i < d->fund_count; i++)
        sum += d->funds[i].minor;
    for (size_t i = 0; i < inputs->recipient_count; i++)
        sum += ch_distribution_amount(d, i);
    require(sum == inputs->pot);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_refusals *list = ch_refusals_new(arena, "rule"), *warnings = ch_refusals_new(arena, NULL);
    const struct ch_benefit_rule *rule = ch_benefit_rule_parse((const char *)bytes, size, list, warnings);
    require((rule != NULL) == ch_refusals_none(list));
    require(ch_refusals_text(list)[0] == '{' && ch_benefit_rule_verdict(warnings)[0] == '{');
    if (rule)
        share(arena, rule);
    ch_arena_free(arena);
    return 0;
}
