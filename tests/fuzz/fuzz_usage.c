/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as usage: refused with a reason, or rated, and then every metered unit has one class per charge, and the
 * lines add up to the total, whatever cap and discount cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/payout/core/price.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char plan_text[] =
    "{\"schema\":\"price-plan/1\",\"plan\":\"p\",\"version\":1,\"currency\":\"EUR\",\"minimum\":5000,\"cap\":70000,"
    "\"discounts\":{\"gold\":333333,\"free\":1000000},\"charges\":[{\"id\":\"f\",\"model\":\"flat\",\"amount\":100},"
    "{\"id\":\"u\",\"model\":\"per_unit\",\"meter\":\"rows\",\"unit_micro\":50000,\"per\":3,\"free\":1000},"
    "{\"id\":\"g\",\"model\":\"graduated\",\"meter\":\"rows\",\"tiers\":[{\"up_to\":1000,\"unit_micro\":1000000},"
    "{\"up_to\":null,\"unit_micro\":125000,\"flat\":9}]},{\"id\":\"v\",\"model\":\"volume\",\"meter\":\"req\","
    "\"tiers\":[{\"up_to\":10,\"unit_micro\":1,\"flat\":7},{\"up_to\":null,\"unit_micro\":999}]},"
    "{\"id\":\"k\",\"model\":\"package\",\"meter\":\"req\",\"size\":7,\"price\":3},"
    "{\"id\":\"r\",\"model\":\"percent\",\"rate_ppm\":10,\"free\":5}]}";

static void require(bool held)
{
    if (!held)
        abort();
}

static void check_units(const struct ch_price *price, const struct ch_charge *charge)
{
    int64_t units = 0, wanted = charge->model == CH_CHARGE_PERCENT ? price->usage->declared_revenue : 0;
    for (size_t i = 0; i < price->line_count; i++)
        if (strcmp(price->lines[i].charge, charge->id) == 0)
            units += price->lines[i].units;
    if (charge->meter) {
        const json_t *meter = json_object_get(price->usage->meters, charge->meter);
        wanted = ch_field_integer(meter, "units", 0) + ch_field_integer(meter, "sample", 0);
    }
    require(units == wanted);
}

static void check_price(const struct ch_price *price)
{
    int64_t sum = 0, variable = price->totals[CH_CLASS_VARIABLE].amount;
    for (size_t i = 0; i < price->line_count; i++) {
        require(price->lines[i].units >= 0 && price->lines[i].amount >= 0);
        sum += price->lines[i].amount;
    }
    require(sum == price->total && variable <= price->plan->cap);
    for (size_t i = 0; i < price->plan->charge_count; i++)
        check_units(price, &price->plan->charges[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_refusals *list = ch_refusals_new(arena, "usage");
    struct ch_price_plan *plan = ch_price_plan_read(ch_calc_parse(plan_text, sizeof plan_text - 1, list), list);
    const json_t *document = ch_calc_parse((const char *)bytes, size, list);
    const struct ch_price_usage *usage = document ? ch_price_usage_read(document, list) : NULL;
    require((usage != NULL) == ch_refusals_none(list));
    const struct ch_price *price = usage ? ch_price(plan, usage, list) : NULL;
    require(!usage || price || list->count > 0);
    if (price)
        check_price(price);
    ch_arena_free(arena);
    return 0;
}
