/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The price of a tier: its shape, its currency and the bounds that the price plan made of it must keep
 * (amounts to 10^12, unit_micro = unit * 10^6 to 10^15). Rating itself is payout's. */
#include <string.h>

#include "commonhold/money.h"
#include "terms.h"

#define MOST_AMOUNT INT64_C(1000000000000) /* 10^12 minor units */
#define MOST_UNIT   INT64_C(1000000000)    /* 10^15 millionths of a minor unit */
#define MOST_ROWS   INT64_C(1000000000)    /* `per` of a price plan */

static const struct ch_doc_member price_members[] = {
    {"base", CH_DOC_OBJECT, false, false},       {"unit", CH_DOC_OBJECT, false, false},
    {"unit_rows", CH_DOC_INTEGER, false, false}, {"free_rows", CH_DOC_INTEGER, false, false},
    {"cap", CH_DOC_OBJECT, false, true},
};

/* What one price is checked against. */
struct price_check {
    struct ch_faults *faults;
    const struct ch_at *at;
    char currency[4]; /* of the first amount met; all must agree */
    bool free_tier;
};

static void check_amount(struct price_check *check, const json_t *price, const char *name, int64_t most)
{
    const struct ch_at here = {check->at, name, 0};
    const json_t *value = json_object_get(price, name);
    struct ch_money money;
    if (json_is_null(value))
        return;
    if (!ch_money_from_json(&money, value)) {
        ch_fault(check->faults, &here, "must be {\"minor\": integer, \"currency\": three capital letters}");
        return;
    }
    int64_t minor = ch_money_minor(money);
    if (minor < 0 || minor > most)
        ch_fault(check->faults, &here, "must lie between 0 and %lld minor units", (long long)most);
    if (!*check->currency)
        memcpy(check->currency, ch_money_currency(&money), sizeof check->currency);
    else if (strcmp(check->currency, ch_money_currency(&money)) != 0)
        ch_fault(check->faults, &here, "has another currency than the amounts before it");
    if (check->free_tier && minor != 0 && strcmp(name, "cap") != 0)
        ch_fault(check->faults, &here, "must be 0 in the free tier");
}

static void check_price(struct price_check *check, const json_t *price)
{
    const struct ch_at in_rows = {check->at, "unit_rows", 0};
    if (!ch_doc_object(check->faults, check->at, price, CH_DOC_MEMBERS(price_members)))
        return;
    check_amount(check, price, "base", MOST_AMOUNT);
    check_amount(check, price, "unit", MOST_UNIT);
    check_amount(check, price, "cap", MOST_AMOUNT);
    int64_t rows = ch_integer_of(price, "unit_rows");
    if (rows < 1 || rows > MOST_ROWS)
        ch_fault(check->faults, &in_rows, "must lie between 1 and %lld", (long long)MOST_ROWS);
}

void ch_terms_check_prices(struct ch_faults *faults, const struct ch_terms *terms)
{
    const struct ch_at tiers = {NULL, "tiers", 0};
    struct price_check check = {.faults = faults};
    for (size_t i = 0; i < terms->tier_count; i++) {
        const struct ch_at tier = {&tiers, NULL, i}, price = {&tier, "price", 0};
        check.at = &price;
        check.free_tier = strcmp(terms->tiers[i].id, "free") == 0;
        check_price(&check, json_object_get(json_array_get(json_object_get(terms->doc, "tiers"), i), "price"));
    }
}
