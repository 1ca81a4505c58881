/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Judging and completing a founding charter. Who its founders are is in charter_founders.c; what its rule rows may say
 * is in rules.c. */
#include <string.h>

#include "charter.h"
#include "charter_founders.h"
#include "rules.h"

#define SECONDS_MAX INT64_C(315360000)

#define TEXT(name, min, max)                                                                                           \
    {                                                                                                                  \
        name, CH_SHAPE_IS_TEXT, 0, min, max, NULL                                                                      \
    }
#define INT(name, min, max)                                                                                            \
    {                                                                                                                  \
        name, CH_SHAPE_IS_INT, 0, min, max, NULL                                                                       \
    }
#define SECONDS(name) INT(name, 0, SECONDS_MAX)
#define OBJECT(name)                                                                                                   \
    {                                                                                                                  \
        name, CH_SHAPE_IS_OBJECT, 0, 0, 0, NULL                                                                        \
    }
#define ARRAY(name, min, max)                                                                                          \
    {                                                                                                                  \
        name, CH_SHAPE_IS_ARRAY, 0, min, max, NULL                                                                     \
    }
#define CODE(name, codes)                                                                                              \
    {                                                                                                                  \
        name, CH_SHAPE_IS_CODE, 0, 0, 0, codes                                                                         \
    }
#define MONEY(name, flags)                                                                                             \
    {                                                                                                                  \
        name, CH_SHAPE_IS_MONEY, flags, 0, 0, NULL                                                                     \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, CH_SHAPE_IS_INT, 0, 0, 0, NULL                                                                           \
    }

static const struct ch_shape_key CHARTER_KEYS[] = {CODE("schema", "commonhold-charter/1"),
                                                   TEXT("name", 3, 120),
                                                   CODE("language", "en es"),
                                                   TEXT("currency", 3, 3),
                                                   ARRAY("classes", 3, 3),
                                                   OBJECT("admission"),
                                                   OBJECT("dues"),
                                                   OBJECT("bodies"),
                                                   {"durations", CH_SHAPE_IS_OBJECT, CH_SHAPE_OPTIONAL, 0, 0, NULL},
                                                   {"bootstrap", CH_SHAPE_IS_OBJECT, CH_SHAPE_OPTIONAL, 0, 0, NULL},
                                                   {"rules", CH_SHAPE_IS_ARRAY, CH_SHAPE_OPTIONAL, 0, 14, NULL},
                                                   ARRAY("bylaws", 0, 1000),
                                                   ARRAY("assets", 0, 1000),
                                                   ARRAY("founders", 3, 1000),
                                                   ARRAY("prohibited_purposes", 0, 100),
                                                   OBJECT("benefit_rule"),
                                                   OBJECT("hold"),
                                                   END};

static const struct ch_shape_key CLASS_KEYS[] = {CODE("code", "U W C"), TEXT("name", 1, 120), TEXT("who", 1, 1000),
                                                 END};
static const struct ch_shape_key ADMISSION_KEYS[] = {CODE("U", "open officer"), CODE("W", "open officer"),
                                                     CODE("C", "open officer"), END};
static const struct ch_shape_key DUES_KEYS[] = {MONEY("amount", 0), INT("period_seconds", 1, SECONDS_MAX),
                                                SECONDS("grace_seconds"), END};
static const struct ch_shape_key BODIES_KEYS[] = {OBJECT("board"), OBJECT("council"),
                                                  INT("office_term_seconds", 1, SECONDS_MAX), END};
static const struct ch_shape_key BOARD_KEYS[] = {INT("seats_per_class", 1, 5), INT("term_seconds", 1, SECONDS_MAX),
                                                 END};
static const struct ch_shape_key COUNCIL_KEYS[] = {INT("seats", 3, 9), INT("term_seconds", 1, SECONDS_MAX), END};
static const struct ch_shape_key BOOTSTRAP_KEYS[] = {
    {"min_per_class", CH_SHAPE_IS_INT, CH_SHAPE_OPTIONAL, 1, 100, NULL}, END};
static const struct ch_shape_key BYLAW_KEYS[] = {TEXT("clause", 1, 32),
                                                 TEXT("title", 1, 200),
                                                 TEXT("text", 1, 100000),
                                                 {"entrenched", CH_SHAPE_IS_BOOL, 0, 0, 0, NULL},
                                                 END};
static const struct ch_shape_key ASSET_KEYS[] = {TEXT("ref", 1, 64),
                                                 CODE("kind", "pool software name fund other"),
                                                 TEXT("title", 1, 200),
                                                 TEXT("provenance", 1, 4000),
                                                 {"sha256", CH_SHAPE_IS_HASH, CH_SHAPE_NULLABLE, 0, 0, NULL},
                                                 CODE("disposition", "held licensed_only"),
                                                 END};
static const struct ch_shape_key HOLD_KEYS[] = {MONEY("minimum_payout", 0), SECONDS("unclaimed_after_seconds"),
                                                SECONDS("dispute_seconds"), MONEY("approver_limit", CH_SHAPE_OPTIONAL),
                                                END};

/* What a charter that is silent about a duration gets, in seconds. */
static const struct duration {
    const char *name;
    int64_t seconds;
} DURATIONS[] = {{"min_tenure_seconds", 2592000},
                 {"class_change_interval_seconds", 31536000},
                 {"class_change_notice_seconds", 7776000},
                 {"sponsor_seconds", 2592000},
                 {"referral_seconds", 7776000},
                 {"ceremony_seconds", 259200},
                 {"reveal_seconds", 604800},
                 {"extension_seconds", 1209600},
                 {"retry_seconds", 7776000},
                 {"council_case_seconds", 1209600},
                 {"suspension_seconds", 2592000},
                 {"appeal_seconds", 2592000},
                 {"seal_grace_seconds", 259200},
                 {"run_review_seconds", 604800},
                 {"account_first_seconds", 259200},
                 {"account_change_seconds", 604800},
                 {"payout_lag_seconds", 2592000}};
#define DURATION_COUNT         (sizeof DURATIONS / sizeof *DURATIONS)
#define DEFAULT_MIN_PER_CLASS  5
#define DEFAULT_APPROVER_LIMIT 10000

/* ISO 4217, the codes of currencies in use. */
static const char CURRENCIES[] =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

static const json_t *member(const json_t *charter, const char *name)
{
    return json_object_get(charter, name);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* Every element of charter/name against its keys, and no two with the same value of `unique`. */
static void check_items(struct ch_complaints *list, const json_t *charter, const char *name,
                        const struct ch_shape_key *keys, const char *unique)
{
    const json_t *items = member(charter, name);
    json_t *seen = ch_json_pack(list->arena, "{}");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *at = ch_printf(list->arena, "/%s/%zu", name, i);
        if (!ch_shape_check(list, item, at, keys))
            continue;
        const char *value = text_of(item, unique);
        if (json_object_get(seen, value))
            ch_complain(list, ch_shape_pointer(list->arena, at, unique), "It stands here twice.");
        json_object_set_new(seen, value, json_true());
    }
}

static void check_part(struct ch_complaints *list, const json_t *charter, const char *name,
                       const struct ch_shape_key *keys)
{
    const json_t *part = member(charter, name);
    if (json_is_object(part))
        ch_shape_check(list, part, ch_printf(list->arena, "/%s", name), keys);
}

static void check_bodies(struct ch_complaints *list, const json_t *charter)
{
    const json_t *bodies = member(charter, "bodies");
    if (!json_is_object(bodies))
        return;
    ch_shape_check(list, bodies, "/bodies", BODIES_KEYS);
    if (json_is_object(member(bodies, "board")))
        ch_shape_check(list, member(bodies, "board"), "/bodies/board", BOARD_KEYS);
    if (json_is_object(member(bodies, "council")))
        ch_shape_check(list, member(bodies, "council"), "/bodies/council", COUNCIL_KEYS);
}

static void check_durations(struct ch_complaints *list, const json_t *charter)
{
    struct ch_shape_key keys[DURATION_COUNT + 1] = {0};
    for (size_t i = 0; i < DURATION_COUNT; i++)
        keys[i] = (struct ch_shape_key){DURATIONS[i].name, CH_SHAPE_IS_INT, CH_SHAPE_OPTIONAL, 0, SECONDS_MAX, NULL};
    check_part(list, charter, "durations", keys);
}

static void check_rules(struct ch_complaints *list, const json_t *charter)
{
    const json_t *rules = member(charter, "rules");
    json_t *seen = ch_json_pack(list->arena, "{}");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *row = json_array_get(rules, i);
        const char *at = ch_printf(list->arena, "/rules/%zu", i);
        ch_rule_check(list, row, at);
        const char *type = text_of(row, "type");
        if (json_object_get(seen, type))
            ch_complain(list, ch_shape_pointer(list->arena, at, "type"), "This type has a row already.");
        json_object_set_new(seen, type, json_true());
    }
}

bool ch_purpose_known(const char *purposes, const char *code)
{
    size_t length = strcspn(code, ",\n") == strlen(code) ? strlen(code) : 0;
    for (const char *line = strchr(purposes, '\n'); length > 0 && line; line = strchr(line + 1, '\n')) {
        if (strncmp(line + 1, code, length) == 0 && line[1 + length] == ',')
            return true;
    }
    return false;
}

static void check_prohibited(struct ch_complaints *list, const json_t *charter, const char *purposes)
{
    const json_t *codes = member(charter, "prohibited_purposes");
    json_t *seen = ch_json_pack(list->arena, "{}");
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const char *code = json_string_value(json_array_get(codes, i));
        const char *at = ch_printf(list->arena, "/prohibited_purposes/%zu", i);
        if (!code || !ch_purpose_known(purposes, code))
            ch_complain(list, at, "The purpose tree has no such code.");
        else if (json_object_get(seen, code))
            ch_complain(list, at, "It stands here twice.");
        else
            json_object_set_new(seen, code, json_true());
    }
}

static void check_currency(struct ch_complaints *list, const json_t *charter, const char *part, const char *key)
{
    const json_t *money = key ? member(member(charter, part), key) : member(charter, part);
    const char *currency = json_string_value(json_object_get(money, "currency"));
    if (currency && strcmp(currency, text_of(charter, "currency")) != 0)
        ch_complain(list, ch_printf(list->arena, key ? "/%s/%s/currency" : "/%s/currency", part, key),
                    "A trust keeps its books in one currency, %s.", text_of(charter, "currency"));
}

static void check_currencies(struct ch_complaints *list, const json_t *charter)
{
    const char *currency = json_string_value(member(charter, "currency"));
    if (currency && (strchr(currency, ' ') || !ch_word_in(currency, CURRENCIES)))
        ch_complain(list, "/currency", "An ISO 4217 code is needed here.");
    check_currency(list, charter, "dues", "amount");
    check_currency(list, charter, "hold", "minimum_payout");
    check_currency(list, charter, "hold", "approver_limit");
    check_currency(list, charter, "benefit_rule", NULL);
    if (json_is_object(member(charter, "benefit_rule")) &&
        strcmp(text_of(member(charter, "benefit_rule"), "schema"), "benefit-rule/1") != 0)
        ch_complain(list, "/benefit_rule/schema", "A benefit-rule/1 is needed here.");
}

bool ch_charter_check(struct ch_complaints *list, const json_t *charter, const char *purposes)
{
    ch_shape_check(list, charter, "", CHARTER_KEYS);
    if (!json_is_object(charter))
        return false;
    check_items(list, charter, "classes", CLASS_KEYS, "code");
    check_part(list, charter, "admission", ADMISSION_KEYS);
    check_part(list, charter, "dues", DUES_KEYS);
    check_bodies(list, charter);
    check_durations(list, charter);
    check_part(list, charter, "bootstrap", BOOTSTRAP_KEYS);
    check_rules(list, charter);
    check_items(list, charter, "bylaws", BYLAW_KEYS, "clause");
    check_items(list, charter, "assets", ASSET_KEYS, "ref");
    ch_charter_check_founders(list, charter);
    check_prohibited(list, charter, purposes);
    check_part(list, charter, "hold", HOLD_KEYS);
    check_currencies(list, charter);
    return ch_complaints_none(list);
}

static json_t *part_or_new(json_t *whole, const char *name)
{
    if (!json_object_get(whole, name))
        json_object_set_new(whole, name, json_object());
    return json_object_get(whole, name);
}

static void complete_rules(struct ch_arena *arena, json_t *whole)
{
    if (!json_object_get(whole, "rules"))
        json_object_set_new(whole, "rules", json_array());
    json_t *rules = json_object_get(whole, "rules");
    size_t given = json_array_size(rules);
    for (const char *word = CH_PROPOSAL_TYPES; *word != '\0';) {
        size_t length = strcspn(word, " ");
        const char *type = ch_printf(arena, "%.*s", (int)length, word);
        bool there = false;
        for (size_t i = 0; i < given; i++)
            there |= strcmp(text_of(json_array_get(rules, i), "type"), type) == 0;
        if (!there)
            json_array_append(rules, ch_rule_default(arena, type));
        word += length + (word[length] == ' ');
    }
}

json_t *ch_charter_complete(struct ch_arena *arena, const json_t *charter)
{
    json_t *whole = ch_json_own(arena, json_deep_copy(charter));
    json_t *durations = part_or_new(whole, "durations");
    for (size_t i = 0; i < DURATION_COUNT; i++) {
        if (!json_object_get(durations, DURATIONS[i].name))
            json_object_set_new(durations, DURATIONS[i].name, json_integer(DURATIONS[i].seconds));
    }
    json_t *bootstrap = part_or_new(whole, "bootstrap");
    if (!json_object_get(bootstrap, "min_per_class"))
        json_object_set_new(bootstrap, "min_per_class", json_integer(DEFAULT_MIN_PER_CLASS));
    json_t *hold = json_object_get(whole, "hold");
    if (!json_object_get(hold, "approver_limit"))
        json_object_set(
            hold, "approver_limit",
            ch_json_pack(arena, "{s:i,s:s}", "minor", DEFAULT_APPROVER_LIMIT, "currency", text_of(whole, "currency")));
    complete_rules(arena, whole);
    return whole;
}

json_t *ch_charter_public(struct ch_arena *arena, const json_t *charter)
{
    json_t *whole = ch_json_own(arena, json_deep_copy(charter));
    const json_t *founders = json_object_get(whole, "founders");
    for (size_t i = 0; i < json_array_size(founders); i++) {
        json_object_del(json_array_get(founders, i), "display_name");
        json_object_del(json_array_get(founders, i), "email");
    }
    return whole;
}
