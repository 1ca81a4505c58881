/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The form of each effect, as a table. What is in force, and who may propose what, is not known here. */
#include <string.h>

#include "charter.h"
#include "effect.h"
#include "rules.h"

#define TEXT(name, flags, min, max)                                                                                    \
    {                                                                                                                  \
        name, CH_SHAPE_IS_TEXT, flags, min, max, NULL                                                                  \
    }
#define CODE(name, codes)                                                                                              \
    {                                                                                                                  \
        name, CH_SHAPE_IS_CODE, 0, 0, 0, codes                                                                         \
    }
#define OBJECT(name)                                                                                                   \
    {                                                                                                                  \
        name, CH_SHAPE_IS_OBJECT, 0, 0, 0, NULL                                                                        \
    }
#define TIME(name)                                                                                                     \
    {                                                                                                                  \
        name, CH_SHAPE_IS_TIME, CH_SHAPE_OPTIONAL | CH_SHAPE_NULLABLE, 0, 0, NULL                                      \
    }
#define UUID(name, flags)                                                                                              \
    {                                                                                                                  \
        name, CH_SHAPE_IS_UUID, flags, 0, 0, NULL                                                                      \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, CH_SHAPE_IS_INT, 0, 0, 0, NULL                                                                           \
    }
#define MAY (CH_SHAPE_OPTIONAL | CH_SHAPE_NULLABLE)

static const struct ch_shape_key TERMS[] = {
    CODE("schema", "terms_version"),
    OBJECT("document"),
    {"amends_agreements_after_seconds", CH_SHAPE_IS_INT, CH_SHAPE_OPTIONAL, 2592000, 315360000, NULL},
    END};
static const struct ch_shape_key POOL_CHARTER[] = {CODE("schema", "pool_charter"), OBJECT("document"), END};
static const struct ch_shape_key BENEFIT_RULE[] = {CODE("schema", "benefit_rule"), OBJECT("document"), END};
static const struct ch_shape_key PROHIBITION_ADD[] = {CODE("schema", "prohibition_add"), TEXT("purpose", 0, 1, 64),
                                                      TIME("until"), TIME("old_grants_at"), END};
static const struct ch_shape_key PROHIBITION_LIFT[] = {CODE("schema", "prohibition_lift"), TEXT("purpose", 0, 1, 64),
                                                       END};
static const struct ch_shape_key POLICY_TEXT[] = {CODE("schema", "policy_text"),
                                                  TEXT("text", 0, 1, 100000),
                                                  {"spend", CH_SHAPE_IS_ARRAY, CH_SHAPE_OPTIONAL, 0, 20, NULL},
                                                  {"drafts", CH_SHAPE_IS_ARRAY, CH_SHAPE_OPTIONAL, 0, 20, NULL},
                                                  {"grant_orders", CH_SHAPE_IS_ARRAY, CH_SHAPE_OPTIONAL, 0, 50, NULL},
                                                  TIME("until"),
                                                  END};
static const struct ch_shape_key GRANT_ORDER[] = {UUID("grant", 0), CODE("act", "suspend resume revoke"),
                                                  TEXT("cause", 0, 1, 500), END};
static const struct ch_shape_key SPEND[] = {TEXT("account", 0, 1, 128), {"max", CH_SHAPE_IS_MONEY, 0, 0, 0, NULL}, END};
static const struct ch_shape_key DRAFT = UUID("", 0);
static const struct ch_shape_key ASSET_REGISTER[] = {CODE("schema", "asset_register"),
                                                     TEXT("ref", 0, 1, 64),
                                                     CODE("kind", "pool software name fund other"),
                                                     TEXT("title", 0, 1, 200),
                                                     TEXT("provenance", 0, 1, 4000),
                                                     {"sha256", CH_SHAPE_IS_HASH, CH_SHAPE_NULLABLE, 0, 0, NULL},
                                                     CODE("disposition", "held licensed_only"),
                                                     END};
static const struct ch_shape_key ASSET_SUCCESSION[] = {CODE("schema", "asset_succession"), TEXT("ref", 0, 1, 64),
                                                       OBJECT("successor"), END};
static const struct ch_shape_key SUCCESSOR[] = {TEXT("name", 0, 1, 200),
                                                TEXT("country", 0, 2, 2),
                                                TEXT("registration", 0, 1, 200),
                                                {"asset_locked", CH_SHAPE_IS_BOOL, 0, 0, 0, NULL},
                                                {"non_profit", CH_SHAPE_IS_BOOL, 0, 0, 0, NULL},
                                                END};
static const struct ch_shape_key RULE_ROW[] = {CODE("schema", "rule_row"), OBJECT("rule"), END};
static const struct ch_shape_key BYLAW_TEXT[] = {CODE("schema", "bylaw_text"),
                                                 TEXT("clause", 0, 1, 32),
                                                 TEXT("title", 0, 1, 200),
                                                 TEXT("text", 0, 1, 100000),
                                                 {"entrenched", CH_SHAPE_IS_BOOL, 0, 0, 0, NULL},
                                                 END};
static const struct ch_shape_key APPOINTMENT[] = {
    CODE("schema", "appointment"), CODE("body", "treasurer membership_officer licensing_officer conduct"),
    UUID("member_id", 0), END};
static const struct ch_shape_key BUDGET_AWARDS[] = {CODE("schema", "budget_awards"),
                                                    {"pot", CH_SHAPE_IS_MONEY, 0, 0, 0, NULL},
                                                    TEXT("account", 0, 1, 128),
                                                    TIME("until"),
                                                    END};
static const struct ch_shape_key RECALL[] = {CODE("schema", "recall"), UUID("office_id", 0), CODE("class", "U W C"),
                                             END};
static const struct ch_shape_key EXPULSION[] = {CODE("schema", "expulsion"), UUID("member_id", 0), END};
static const struct ch_shape_key SANCTION[] = {CODE("schema", "sanction"),
                                               UUID("lift", MAY),
                                               UUID("organisation_id", MAY),
                                               UUID("person_id", MAY),
                                               TEXT("purpose", MAY, 1, 64),
                                               TEXT("pool", MAY, 1, 64),
                                               TIME("from"),
                                               TIME("until"),
                                               TEXT("reason", 0, 1, 4000),
                                               END};

static const struct effect_schema {
    const char *name;
    const struct ch_shape_key *keys;
} SCHEMAS[] = {{"terms_version", TERMS},
               {"pool_charter", POOL_CHARTER},
               {"benefit_rule", BENEFIT_RULE},
               {"prohibition_add", PROHIBITION_ADD},
               {"prohibition_lift", PROHIBITION_LIFT},
               {"policy_text", POLICY_TEXT},
               {"asset_register", ASSET_REGISTER},
               {"asset_succession", ASSET_SUCCESSION},
               {"rule_row", RULE_ROW},
               {"bylaw_text", BYLAW_TEXT},
               {"appointment", APPOINTMENT},
               {"budget_awards", BUDGET_AWARDS},
               {"recall", RECALL},
               {"expulsion", EXPULSION},
               {"sanction", SANCTION},
               {NULL, NULL}};

static const struct effect_schema *find_schema(const json_t *effect)
{
    const char *name = json_string_value(json_object_get(effect, "schema"));
    for (const struct effect_schema *schema = SCHEMAS; name && schema->name; schema++) {
        if (strcmp(schema->name, name) == 0)
            return schema;
    }
    return NULL;
}

static bool check_purpose(struct ch_complaints *list, const json_t *effect, const char *pointer, const char *purposes)
{
    const char *purpose = json_string_value(json_object_get(effect, "purpose"));
    if (!purpose || ch_purpose_known(purposes, purpose))
        return true;
    return ch_complain(list, ch_shape_pointer(list->arena, pointer, "purpose"), "The purpose tree has no such code.");
}

static bool check_policy(struct ch_complaints *list, const json_t *effect, const char *pointer)
{
    const json_t *spend = json_object_get(effect, "spend"), *orders = json_object_get(effect, "grant_orders");
    bool right = ch_shape_each(list, json_object_get(effect, "drafts"),
                               ch_shape_pointer(list->arena, pointer, "drafts"), &DRAFT);
    for (size_t i = 0; i < json_array_size(spend); i++)
        right &=
            ch_shape_check(list, json_array_get(spend, i), ch_printf(list->arena, "%s/spend/%zu", pointer, i), SPEND);
    for (size_t i = 0; i < json_array_size(orders); i++)
        right &= ch_shape_check(list, json_array_get(orders, i),
                                ch_printf(list->arena, "%s/grant_orders/%zu", pointer, i), GRANT_ORDER);
    return right;
}

/* Only to another trust like this one. */
static bool check_successor(struct ch_complaints *list, const json_t *successor, const char *pointer)
{
    if (!ch_shape_check(list, successor, pointer, SUCCESSOR))
        return false;
    const char *country = json_string_value(json_object_get(successor, "country"));
    bool right = true;
    if (strspn(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
        right = ch_complain(list, ch_shape_pointer(list->arena, pointer, "country"),
                            "Two capital letters of ISO 3166-1 are needed here.");
    if (!json_is_true(json_object_get(successor, "asset_locked")))
        right = ch_complain(list, ch_shape_pointer(list->arena, pointer, "asset_locked"),
                            "Assets go only to a successor whose own assets are locked.");
    if (!json_is_true(json_object_get(successor, "non_profit")))
        right = ch_complain(list, ch_shape_pointer(list->arena, pointer, "non_profit"),
                            "Assets go only to a successor that distributes no profit.");
    return right;
}

static bool check_sanction(struct ch_complaints *list, const json_t *effect, const char *pointer)
{
    static const char *const OF_NEW[] = {"organisation_id", "person_id", "purpose", "pool", "from", "until"};
    bool organisation = json_is_string(json_object_get(effect, "organisation_id"));
    if (!json_is_string(json_object_get(effect, "lift"))) {
        return organisation != json_is_string(json_object_get(effect, "person_id")) ||
               ch_complain(list, pointer, "A sanction is against an organisation or a person, one of both.");
    }
    for (size_t i = 0; i < sizeof OF_NEW / sizeof *OF_NEW; i++) {
        const json_t *value = json_object_get(effect, OF_NEW[i]);
        if (value && !json_is_null(value))
            return ch_complain(list, ch_shape_pointer(list->arena, pointer, OF_NEW[i]),
                               "What lifts a sanction names the sanction and the reason alone.");
    }
    return true;
}

static bool is_code(const json_t *effect, const char *name, const char *code)
{
    const char *text = json_string_value(json_object_get(effect, name));
    return text && strcmp(text, code) == 0;
}

/* False with the complaint when an effect would fill a seat that elections alone fill. */
static bool check_vacancy(struct ch_complaints *list, const json_t *effect, const char *pointer)
{
    bool appointed = is_code(effect, "schema", "appointment") &&
                     (is_code(effect, "body", "board") || is_code(effect, "body", "council"));
    return (!appointed && !is_code(effect, "schema", "seats")) ||
           ch_complain(list, ch_shape_pointer(list->arena, pointer, appointed ? "body" : "schema"),
                       "A seat of board or council that falls vacant stays so until the election that the clock opens: "
                       "nobody is put into it, and the last count is not repeated without whoever left.");
}

bool ch_effect_check(struct ch_complaints *list, const json_t *effect, const char *pointer, const char *purposes)
{
    const struct effect_schema *schema = find_schema(effect);
    if (!check_vacancy(list, effect, pointer))
        return false;
    if (!schema)
        return ch_complain(list, ch_shape_pointer(list->arena, pointer, "schema"),
                           "The schema of an effect is needed here, such as terms_version or policy_text.");
    if (!ch_shape_check(list, effect, pointer, schema->keys))
        return false;
    if (schema->keys == RULE_ROW)
        return ch_rule_check(list, json_object_get(effect, "rule"), ch_shape_pointer(list->arena, pointer, "rule"));
    if (schema->keys == ASSET_SUCCESSION)
        return check_successor(list, json_object_get(effect, "successor"),
                               ch_shape_pointer(list->arena, pointer, "successor"));
    if (schema->keys == POLICY_TEXT)
        return check_policy(list, effect, pointer);
    if (schema->keys == SANCTION && !check_sanction(list, effect, pointer))
        return false;
    return check_purpose(list, effect, pointer, purposes);
}
