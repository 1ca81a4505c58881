/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The match of what somebody is about to apply for: the decision core/policy.c would make of it now, pool by pool, with
 * what it rests on and what reading would cost. Nothing is stored, and nothing is promised. */
#include <string.h>

#include "commonhold/json.h"
#include "commonhold/money.h"
#include "core/doc.h"
#include "decide.h"
#include "licensing.h"

#define HIDDEN_BELOW 5 /* members: a count under it would say too much of each */

CH_READ(load_matches, "licensing.load_matches", "$1::uuid, $2::jsonb");

struct wanted {
    const char *pool, *purpose, *region, *restriction;
    const json_t *actions, *modes, *columns;
};

static const struct ch_field WANTED[] = {CH_FIELD(CH_FIELD_TEXT, wanted, pool, false, 1, 36, NULL),
                                         CH_FIELD(CH_FIELD_TEXT, wanted, purpose, true, 1, 64, NULL),
                                         CH_FIELD(CH_FIELD_TEXTS, wanted, actions, true, 1, 8, NULL),
                                         CH_FIELD(CH_FIELD_TEXTS, wanted, modes, true, 1, 4, NULL),
                                         CH_FIELD(CH_FIELD_TEXT, wanted, region, true, 2, 8, NULL),
                                         CH_FIELD(CH_FIELD_TEXTS, wanted, columns, false, 0, 200, NULL),
                                         CH_FIELD(CH_FIELD_TEXT, wanted, restriction, false, 0, 4000, NULL),
                                         {0}};

/* The member of an array of objects whose "id" is `id`; NULL without one. */
static const json_t *by_id(const json_t *list, const char *id)
{
    for (size_t i = 0; id && i < json_array_size(list); i++) {
        const char *own = json_string_value(json_object_get(json_array_get(list, i), "id"));
        if (own && strcmp(own, id) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

/* What one month costs in which `rows` rows are read once, by a price of the terms; NULL where it passes what money
 * holds. Rating what was read is payout's. */
static json_t *charge_of(const json_t *price, int64_t rows)
{
    struct ch_money base, unit, sum, cap;
    int64_t per = json_integer_value(json_object_get(price, "unit_rows"));
    int64_t billed = rows - json_integer_value(json_object_get(price, "free_rows"));
    if (per < 1 || !ch_money_from_json(&base, json_object_get(price, "base")) ||
        !ch_money_from_json(&unit, json_object_get(price, "unit")) ||
        !ch_money_fraction(&sum, unit, billed > 0 ? billed : 0, per, CH_ROUND_HALF_UP) ||
        !ch_money_add(&sum, base, sum))
        return json_null();
    if (ch_money_from_json(&cap, json_object_get(price, "cap")) && ch_money_minor(cap) < ch_money_minor(sum))
        sum = cap;
    return ch_money_to_json(sum);
}

/* Price, records and time of what would be granted. */
static void add_terms(struct ch_arena *arena, json_t *item, const json_t *loaded, const json_t *output, bool shown)
{
    const char *text = json_string_value(json_object_get(json_object_get(loaded, "facts"), "terms"));
    const json_t *terms = licensing_parse(arena, text);
    const json_t *rule = by_id(json_object_get(terms, "rules"), json_string_value(json_object_get(output, "rule")));
    const json_t *tier = by_id(json_object_get(terms, "tiers"), json_string_value(json_object_get(output, "tier")));
    const char *floor =
        ch_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(rule, "notice_floor")));
    json_t *rows = json_object_get(json_object_get(loaded, "rows"), floor), *price = json_object_get(tier, "price");
    json_object_set(item, "price", price ? price : json_null());
    json_object_set(item, "records", shown && rows ? rows : json_null());
    json_object_set_new(item, "expected_charge",
                        shown && price ? charge_of(price, json_integer_value(rows)) : json_null());
}

static json_t *item_of(struct ch_arena *arena, const json_t *loaded, const json_t *result, json_t *seconds)
{
    static const char *const COPIED[] = {"rule", "tier", "columns", "duties", "not_after"};
    const json_t *output = json_object_get(json_array_get(json_object_get(result, "evaluations"), 0), "output");
    const char *decision = json_string_value(json_object_get(result, "decision"));
    bool denied = strcmp(decision, "deny") == 0, asked = strcmp(decision, "council") == 0;
    json_t *covered = json_object_get(output, "covered_members"), *referral = json_object_get(loaded, "referral");
    bool shown = json_integer_value(covered) >= HIDDEN_BELOW;
    bool council = asked || (!denied && json_array_size(referral) > 0);
    json_t *item = ch_json_pack(arena, "{s:O,s:O?,s:s,s:O,s:O}", "pool", json_object_get(loaded, "pool"), "title",
                                json_object_get(loaded, "title"), "decision", decision, "reasons",
                                json_object_get(result, "reasons"), "members", shown ? covered : json_null());
    for (size_t i = 0; i < sizeof COPIED / sizeof *COPIED; i++)
        json_object_set(item, COPIED[i], denied ? json_null() : json_object_get(output, COPIED[i]));
    json_object_set_new(item, "way", json_string(denied ? "refusal" : council ? "council" : "offer"));
    json_object_set_new(item, "referral", denied ? json_array() : json_incref(referral));
    json_object_set(item, "decision_seconds", council ? seconds : json_null());
    json_object_set(item, "price", json_null());
    json_object_set(item, "records", json_null());
    json_object_set(item, "expected_charge", json_null());
    if (!denied)
        add_terms(arena, item, loaded, output, shown);
    return item;
}

static struct ch_done *matched(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    json_t *items = ch_json_own(arena, json_array()), *faults;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const json_t *body = licensing_parse(arena, answer->body), *list = json_object_get(body, "items");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *loaded = json_array_get(list, i);
        const json_t *result = licensing_evaluate(arena, loaded, &faults);
        if (result == NULL)
            return licensing_refuse_errors(request, "invalid", faults);
        json_array_append(items, item_of(arena, loaded, result, json_object_get(body, "case_seconds")));
    }
    return ch_reply(request, "ok", ch_json_canonical(arena, ch_json_pack(arena, "{s:O}", "items", items), NULL));
}

struct ch_done *licensing_match_policy(struct ch_request *request)
{
    struct wanted in = {0};
    struct ch_done *done = ch_decode(request, WANTED, &in);
    if (done == NULL)
        done = licensing_check_words(request, in.actions, in.modes, in.columns);
    if (done)
        return done;
    return ch_call_then(request, &load_matches, CH_ARGS(licensing_actor(request), ch_body_json(request)), matched);
}
