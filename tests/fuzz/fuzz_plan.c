/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a price plan: refused with a reason, or lawful and its lines add up to the total. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/payout/core/price.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void rate(struct ch_arena *arena, const struct ch_price_plan *plan)
{
    struct ch_refusals *list = ch_refusals_new(arena, "usage");
    const char *text =
        ch_printf(arena,
                  "{\"schema\":\"price-usage/1\",\"period\":\"2026-03\",\"currency\":\"%s\",\"tier\":"
                  "\"t\",\"meters\":{\"rows\":{\"units\":1099511627776,\"sample\":3},\"x\":{\"units\":5}},"
                  "\"declared_revenue\":9007199254740991}",
                  plan->currency);
    const struct ch_price_usage *usage = ch_price_usage_read(ch_calc_parse(text, strlen(text), list), list);
    require(usage != NULL);
    const struct ch_price *price = ch_price(plan, usage, list);
    require(price || list->count > 0);
    int64_t sum = 0;
    for (size_t i = 0; price && i < price->line_count; i++)
        sum += price->lines[i].amount;
    require(!price || sum == price->total);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_refusals *list = ch_refusals_new(arena, "plan");
    const json_t *document = ch_calc_parse((const char *)bytes, size, list);
    const struct ch_price_plan *plan = document ? ch_price_plan_read(document, list) : NULL;
    require((plan != NULL) == ch_refusals_none(list));
    if (plan)
        rate(arena, plan);
    ch_arena_free(arena);
    return 0;
}
