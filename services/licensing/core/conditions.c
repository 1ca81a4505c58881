/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conditions on an offer: the check that each narrows, and what the offer becomes. Who may propose them and how they
 * are voted is governance's; licensing.condition_errors is the same check as a guard in SQL. */
#include "conditions.h"

#include <string.h>

#include "generalise.h"
#include "words.h"

#define CONDITIONS_MOST 50
#define ITEMS_MOST      200
#define TEXT_BYTES      4000
#define COHORT_MOST     1000000
#define DUTIES_MOST     20
#define QUOTAS_MOST     18 /* six meters, three periods */
#define DUTY_DAYS       1096
#define QUOTA_MOST      INT64_C(9007199254740991)
#define NUMBER_MOST     INT64_C(999999999)

/* What a check of one condition looks at. */
struct narrowing {
    const json_t *base; /* the offer before any condition */
    const json_t *now;  /* as the earlier conditions leave it */
    const json_t *value;
};

struct kind {
    const char *name;
    bool (*narrows)(const struct narrowing *n);
    void (*apply)(json_t *offer, const json_t *value);
};

static const char *text_at(const json_t *list, size_t i, const char *member)
{
    return json_string_value(json_object_get(json_array_get(list, i), member));
}

/* The element whose `member` is `text`, NULL when there is none. */
static json_t *find(const json_t *list, const char *member, const char *text)
{
    for (size_t i = 0; text && i < json_array_size(list); i++) {
        const char *here = text_at(list, i, member);
        if (here && strcmp(here, text) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

static bool holds(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), word) == 0)
            return true;
    return false;
}

static bool is_word(const char *const *words, size_t count, const char *text)
{
    for (size_t i = 0; text && i < count; i++)
        if (strcmp(words[i], text) == 0)
            return true;
    return false;
}

static bool is_list(const json_t *value, size_t most)
{
    return json_is_array(value) && json_array_size(value) >= 1 && json_array_size(value) <= most;
}

static bool is_positive(const json_t *value, int64_t most)
{
    return json_is_integer(value) && json_integer_value(value) >= 1 && json_integer_value(value) <= most;
}

/* Texts, each once. */
static bool is_set(const json_t *value)
{
    if (!is_list(value, ITEMS_MOST))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i)))
            return false;
        for (size_t k = 0; k < i; k++)
            if (json_equal(json_array_get(value, i), json_array_get(value, k)))
                return false;
    }
    return true;
}

/* ---- text ---- */

static bool text_narrows(const struct narrowing *n)
{
    return json_is_string(n->value) && json_string_length(n->value) >= 1 && json_string_length(n->value) <= TEXT_BYTES;
}

static void text_apply(json_t *offer, const json_t *value)
{
    (void)offer;
    (void)value;
}

/* ---- numbers ---- */

static bool days_narrow(const struct narrowing *n)
{
    return is_positive(n->value, NUMBER_MOST) &&
           json_integer_value(n->value) < json_integer_value(json_object_get(n->now, "max_days"));
}

static bool cohort_narrows(const struct narrowing *n)
{
    return is_positive(n->value, COHORT_MOST) &&
           json_integer_value(n->value) > json_integer_value(json_object_get(n->now, "min_cohort"));
}

static void days_apply(json_t *offer, const json_t *value)
{
    if (json_integer_value(value) < json_integer_value(json_object_get(offer, "max_days")))
        json_object_set_new(offer, "max_days", json_integer(json_integer_value(value)));
}

static void cohort_apply(json_t *offer, const json_t *value)
{
    if (json_integer_value(value) > json_integer_value(json_object_get(offer, "min_cohort")))
        json_object_set_new(offer, "min_cohort", json_integer(json_integer_value(value)));
}

/* ---- actions and modes ---- */

static bool is_smaller_set(const json_t *value, const json_t *now)
{
    if (!is_set(value) || json_array_size(value) >= json_array_size(now))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!holds(now, json_string_value(json_array_get(value, i))))
            return false;
    return true;
}

static bool modes_narrow(const struct narrowing *n)
{
    return is_smaller_set(n->value, json_object_get(n->now, "modes"));
}

static bool actions_narrow(const struct narrowing *n)
{
    return is_smaller_set(n->value, json_object_get(n->now, "actions"));
}

/* Keeps what stands in both, and all when nothing does: an offer of no mode would be none. */
static void intersect(json_t *offer, const char *member, const json_t *value)
{
    const json_t *now = json_object_get(offer, member);
    json_t *kept = json_array();
    for (size_t i = 0; i < json_array_size(now); i++)
        if (holds(value, json_string_value(json_array_get(now, i))))
            json_array_append(kept, json_array_get(now, i));
    if (json_array_size(kept) > 0)
        json_object_set(offer, member, kept);
    json_decref(kept);
}

static void modes_apply(json_t *offer, const json_t *value)
{
    intersect(offer, "modes", value);
}

static void actions_apply(json_t *offer, const json_t *value)
{
    intersect(offer, "actions", value);
}

/* ---- prohibited acts ---- */

static bool acts_narrow(const struct narrowing *n)
{
    const json_t *granted = json_object_get(n->base, "actions");
    if (!is_set(n->value))
        return false;
    for (size_t i = 0; i < json_array_size(n->value); i++) {
        const char *act = json_string_value(json_array_get(n->value, i));
        unsigned index = ch_word_index(&CH_WORDS_ACTS, act);
        if (index == CH_WORDS_ACTS.count || holds(json_object_get(n->now, "prohibited_acts"), act) ||
            (index == CH_ACT_TRANSFER_ONWARD && holds(granted, "distribute")) ||
            (index == CH_ACT_SELL_DATA && holds(granted, "sell")))
            return false;
    }
    return true;
}

static void acts_apply(json_t *offer, const json_t *value)
{
    json_t *acts = json_object_get(offer, "prohibited_acts");
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!holds(acts, json_string_value(json_array_get(value, i))))
            json_array_append(acts, json_array_get(value, i));
}

/* ---- columns ---- */

/* Whether `rule` fits the column's type and shows no more than `before`. */
static bool no_finer(const char *rule, const char *before, const char *type)
{
    struct ch_general new_one, old_one;
    ch_general_parse(before, &old_one);
    return ch_general_parse(rule, &new_one) &&
           ch_general_fits(&new_one, (enum ch_column_type)ch_word_index(&CH_WORDS_TYPES, type)) &&
           ch_general_no_finer(&new_one, &old_one);
}

static bool column_narrows(const json_t *offer, const json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    const char *rule = json_string_value(json_object_get(one, "rule"));
    const json_t *now = find(json_object_get(offer, "columns"), "name", name);
    if (!json_is_object(one) || json_object_size(one) != 2 || rule == NULL || now == NULL)
        return false;
    const char *before = json_string_value(json_object_get(now, "rule"));
    const char *type = json_string_value(json_object_get(json_object_get(offer, "types"), name));
    return strcmp(rule, before) != 0 && no_finer(rule, before, type);
}

static bool columns_narrow(const struct narrowing *n)
{
    size_t dropped = 0;
    if (!is_list(n->value, ITEMS_MOST))
        return false;
    for (size_t i = 0; i < json_array_size(n->value); i++) {
        const json_t *one = json_array_get(n->value, i);
        if (!column_narrows(n->now, one) || find(n->value, "name", text_at(n->value, i, "name")) != one)
            return false;
        dropped += strcmp(text_at(n->value, i, "rule"), "drop") == 0;
    }
    return dropped < json_array_size(json_object_get(n->now, "columns"));
}

static void columns_apply(json_t *offer, const json_t *value)
{
    json_t *columns = json_object_get(offer, "columns");
    for (size_t i = json_array_size(columns); i-- > 0;) {
        json_t *column = json_array_get(columns, i), *one = find(value, "name", text_at(columns, i, "name"));
        if (one == NULL || !column_narrows(offer, one))
            continue;
        if (strcmp(json_string_value(json_object_get(one, "rule")), "drop") != 0)
            json_object_set(column, "rule", json_object_get(one, "rule"));
        else if (json_array_size(columns) > 1)
            json_array_remove(columns, i);
    }
}

/* ---- quotas ---- */

static json_t *quota_of(const json_t *quotas, const json_t *like)
{
    for (size_t i = 0; i < json_array_size(quotas); i++) {
        json_t *here = json_array_get(quotas, i);
        if (json_equal(json_object_get(here, "meter"), json_object_get(like, "meter")) &&
            json_equal(json_object_get(here, "period"), json_object_get(like, "period")))
            return here;
    }
    return NULL;
}

static bool quota_narrows(const json_t *now, const json_t *one)
{
    static const char *const METERS[] = {"rows", "bytes", "requests", "queries", "seconds", "tokens"};
    static const char *const PERIODS[] = {"day", "month", "grant"};
    const json_t *limit = json_object_get(one, "limit"), *before = quota_of(now, one);
    return json_is_object(one) && json_object_size(one) == 3 && is_positive(limit, QUOTA_MOST) &&
           is_word(METERS, 6, json_string_value(json_object_get(one, "meter"))) &&
           is_word(PERIODS, 3, json_string_value(json_object_get(one, "period"))) &&
           (before == NULL || json_integer_value(json_object_get(before, "limit")) > json_integer_value(limit));
}

static bool quotas_narrow(const struct narrowing *n)
{
    if (!is_list(n->value, QUOTAS_MOST))
        return false;
    for (size_t i = 0; i < json_array_size(n->value); i++) {
        const json_t *one = json_array_get(n->value, i);
        if (!quota_narrows(json_object_get(n->now, "quotas"), one) || quota_of(n->value, one) != one)
            return false;
    }
    return true;
}

static void quotas_apply(json_t *offer, const json_t *value)
{
    json_t *quotas = json_object_get(offer, "quotas");
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *one = json_array_get(value, i), *before = quota_of(quotas, one);
        if (before == NULL)
            json_array_append_new(quotas, json_deep_copy(one));
        else if (quota_narrows(quotas, one))
            json_object_set(before, "limit", json_object_get(one, "limit"));
    }
}

/* ---- duties ---- */

static bool is_new_duty(const json_t *now, const json_t *one)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *id = json_string_value(json_object_get(one, "id"));
    const char *act = json_string_value(json_object_get(one, "act"));
    const json_t *days = json_object_get(one, "within_days");
    if (!json_is_object(one) || json_object_size(one) != (days ? 3 : 2) || id == NULL || act == NULL)
        return false;
    unsigned index = ch_word_index(&CH_WORDS_DUTIES, act);
    return strlen(id) >= 1 && strlen(id) <= 32 && strchr(letters, *id) && strspn(id, rest) == strlen(id) &&
           index != CH_WORDS_DUTIES.count && index != CH_DUTY_COMPENSATE && index != CH_DUTY_ACCEPT_TRACKING &&
           (days == NULL || is_positive(days, DUTY_DAYS)) && find(now, "id", id) == NULL;
}

static bool duties_narrow(const struct narrowing *n)
{
    if (!is_list(n->value, DUTIES_MOST))
        return false;
    for (size_t i = 0; i < json_array_size(n->value); i++) {
        const json_t *one = json_array_get(n->value, i);
        if (!is_new_duty(json_object_get(n->now, "duties"), one) ||
            find(n->value, "id", text_at(n->value, i, "id")) != one)
            return false;
    }
    return true;
}

static void duties_apply(json_t *offer, const json_t *value)
{
    json_t *duties = json_object_get(offer, "duties");
    for (size_t i = 0; i < json_array_size(value); i++)
        if (find(duties, "id", text_at(value, i, "id")) == NULL)
            json_array_append(duties, json_array_get(value, i));
}

/* ---- all of them ---- */

static const struct kind KINDS[] = {{"columns", columns_narrow, columns_apply},
                                    {"max_days", days_narrow, days_apply},
                                    {"min_cohort", cohort_narrows, cohort_apply},
                                    {"modes", modes_narrow, modes_apply},
                                    {"actions", actions_narrow, actions_apply},
                                    {"quotas", quotas_narrow, quotas_apply},
                                    {"prohibited_acts", acts_narrow, acts_apply},
                                    {"duties", duties_narrow, duties_apply},
                                    {"text", text_narrows, text_apply}};

/* The one member beside the id, NULL when there is none, another, or more. */
static const struct kind *kind_of(const json_t *condition)
{
    const struct kind *found = NULL;
    size_t others = json_object_size(condition) - (json_object_get(condition, "id") != NULL);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (json_object_get(condition, KINDS[i].name))
            found = &KINDS[i];
    return others == 1 ? found : NULL;
}

/* Whether condition `i` has an id of its own. */
static bool check_id(struct ch_faults *faults, const struct ch_at *at, const json_t *conditions, size_t i)
{
    const struct ch_at here = {at, "id", 0};
    const json_t *id = json_object_get(json_array_get(conditions, i), "id");
    if (id == NULL) {
        ch_fault(faults, &here, "must be letters, digits, _ and -, a letter first, at most 32");
        return false;
    }
    if (!ch_doc_value(faults, &here, id, CH_DOC_ID))
        return false;
    for (size_t k = 0; k < i; k++)
        if (json_equal(id, json_object_get(json_array_get(conditions, k), "id"))) {
            ch_fault(faults, &here, "stands twice");
            return false;
        }
    return true;
}

/* One condition; what it leaves of the offer goes into `now`. */
static void check_one(struct ch_faults *faults, const json_t *base, json_t *now, const json_t *conditions, size_t i)
{
    const struct ch_at at = {NULL, NULL, i};
    const json_t *one = json_array_get(conditions, i);
    if (!json_is_object(one)) {
        ch_fault(faults, &at, "must be an object");
        return;
    }
    if (!check_id(faults, &at, conditions, i))
        return;
    const struct kind *kind = kind_of(one);
    if (kind == NULL) {
        ch_fault(faults, &at, "must have id and exactly one of the members it narrows");
        return;
    }
    const struct narrowing narrowing = {base, now, json_object_get(one, kind->name)};
    const struct ch_at member = {&at, kind->name, 0};
    if (kind->narrows(&narrowing))
        kind->apply(now, narrowing.value);
    else
        ch_fault(faults, &member, "does not narrow what the offer would hold");
}

bool ch_conditions_check(struct ch_faults *faults, const json_t *offer, const json_t *conditions)
{
    size_t before = ch_faults_count(faults);
    if (!json_is_array(conditions) || json_array_size(conditions) > CONDITIONS_MOST) {
        ch_fault(faults, NULL, "must be an array of at most %d conditions", CONDITIONS_MOST);
        return false;
    }
    json_t *now = ch_json_own(faults->arena, json_deep_copy(offer));
    for (size_t i = 0; i < json_array_size(conditions); i++)
        check_one(faults, offer, now, conditions, i);
    return ch_faults_count(faults) == before;
}

json_t *ch_conditions_apply(struct ch_arena *arena, const json_t *offer, const json_t *conditions)
{
    json_t *now = ch_json_own(arena, json_deep_copy(offer));
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const json_t *one = json_array_get(conditions, i);
        const struct kind *kind = kind_of(one);
        if (kind)
            kind->apply(now, json_object_get(one, kind->name));
    }
    json_object_set_new(now, "conditions", json_deep_copy(conditions));
    return now;
}
