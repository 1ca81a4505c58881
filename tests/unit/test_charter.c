/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Founding charters and effects: what is accepted, and that each fault is named by its pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/governance/core/charter.h"
#include "../../services/governance/core/effect.h"
#include "../../services/governance/core/rules.h"

static const char PURPOSES[] = "code,parents\nANY,\nCOM,ANY\nCOM.RESALE,COM\nX,ANY\n";

static const char CHARTER[] =
    "{'schema':'commonhold-charter/1','name':'Harbour Air Trust','language':'en','currency':'EUR',"
    "'classes':[{'code':'U','name':'Contributors','who':'share'},{'code':'W','name':'Workers','who':'work'},"
    "{'code':'C','name':'Neighbours','who':'live'}],"
    "'admission':{'U':'open','W':'officer','C':'open'},"
    "'dues':{'amount':{'minor':0,'currency':'EUR'},'period_seconds':31536000,'grace_seconds':2592000},"
    "'bodies':{'board':{'seats_per_class':1,'term_seconds':1},'council':{'seats':3,'term_seconds':1},"
    "'office_term_seconds':1},"
    "'bylaws':[{'clause':'1','title':'Purpose','text':'x','entrenched':true}],"
    "'assets':[{'ref':'pool-air','kind':'pool','title':'Air','provenance':'given','sha256':null,"
    "'disposition':'licensed_only'}],"
    "'founders':[{'ref':'f1','display_name':'Ada','email':'ada@example.org','class':'U','offices':['board']},"
    "{'ref':'f2','display_name':'Ben','email':'ben@example.org','class':'W','offices':['board','treasurer']},"
    "{'ref':'f3','display_name':'Cem','email':'cem@example.org','class':'C','offices':['board']}],"
    "'prohibited_purposes':['COM.RESALE','X'],"
    "'benefit_rule':{'schema':'benefit-rule/1','currency':'EUR'},"
    "'hold':{'minimum_payout':{'minor':1000,'currency':'EUR'},'unclaimed_after_seconds':1,'dispute_seconds':0}}";

static json_t *read_text(struct ch_arena *arena, const char *text)
{
    char *copy = ch_strdup(arena, text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    struct ch_json_error error;
    json_t *tree = ch_json_parse(arena, copy, strlen(copy), &CH_JSON_BODY, &error);
    if (!tree)
        fail_msg("%s at %s", error.detail, copy);
    return tree;
}

static bool names(const struct ch_complaints *list, const char *pointer)
{
    for (size_t i = 0; i < json_array_size(list->errors); i++) {
        if (strcmp(json_string_value(json_object_get(json_array_get(list->errors, i), "pointer")), pointer) == 0)
            return true;
    }
    return false;
}

static void test_charter_accepted(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_complaints *list = ch_complaints_new(arena);
    if (!ch_charter_check(list, read_text(arena, CHARTER), PURPOSES))
        fail_msg("%s", ch_complaints_text(list));
    ch_arena_free(arena);
}

static void test_charter_completed(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *given = read_text(arena, CHARTER);
    json_t *whole = ch_charter_complete(arena, given);
    assert_int_equal(json_array_size(json_object_get(whole, "rules")), 14);
    assert_int_equal(json_object_size(json_object_get(whole, "durations")), 17);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(whole, "durations"), "appeal_seconds")),
                     2592000);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(whole, "bootstrap"), "min_per_class")), 5);
    const json_t *limit = json_object_get(json_object_get(whole, "hold"), "approver_limit");
    assert_int_equal(json_integer_value(json_object_get(limit, "minor")), 10000);
    assert_null(json_object_get(given, "rules")); /* what was given is not touched */
    struct ch_complaints *list = ch_complaints_new(arena);
    assert_true(ch_charter_check(list, whole, PURPOSES)); /* the defaults pass their own test */
    const char *text = ch_json_canonical(arena, ch_charter_public(arena, whole), NULL);
    assert_null(strstr(text, "Ada"));
    assert_null(strstr(text, "@example.org"));
    assert_non_null(strstr(text, "\"ref\":\"f1\""));
    ch_arena_free(arena);
}

/* One piece of the charter replaced, and the pointer that must be named. */
static const struct {
    const char *from, *to, *pointer;
} FAULTS[] = {
    {"'commonhold-charter/1'", "'commonhold-charter/2'", "/schema"},
    {"'language':'en'", "'language':'fr'", "/language"},
    {"'currency':'EUR','classes'", "'currency':'EUX','classes'", "/currency"},
    {"'currency':'EUR','classes'", "'currency':'USD','classes'", "/dues/amount/currency"},
    {"'currency':'EUR','classes'", "'currency':'EUR','extra':1,'classes'", "/extra"},
    {"'name':'Harbour Air Trust',", "", "/name"},
    {"'Harbour Air Trust'", "'HA'", "/name"},
    {"'code':'W'", "'code':'U'", "/classes/1/code"},
    {"'code':'W'", "'code':'X'", "/classes/1/code"},
    {"'W':'officer'", "'W':'closed'", "/admission/W"},
    {"'minor':0,", "'minor':-1,", "/dues/amount/minor"},
    {"'period_seconds':31536000", "'period_seconds':0", "/dues/period_seconds"},
    {"'seats_per_class':1", "'seats_per_class':6", "/bodies/board/seats_per_class"},
    {"'seats':3", "'seats':2", "/bodies/council/seats"},
    {"'entrenched':true", "'entrenched':1", "/bylaws/0/entrenched"},
    {"'sha256':null", "'sha256':'ab'", "/assets/0/sha256"},
    {"'licensed_only'", "'sold'", "/assets/0/disposition"},
    {"'licensed_only'", "'succeeded'", "/assets/0/disposition"},
    {"'ref':'f2'", "'ref':'f1'", "/founders/1/ref"},
    {"ben@example.org", "ada@example.org", "/founders/1/email"},
    {"ben@example.org", "ben", "/founders/1/email"},
    {"'treasurer'", "'appeals'", "/founders/1/offices/1"},
    {"'treasurer'", "'board'", "/founders/1/offices/1"},
    {"'treasurer'", "'council'", "/founders/1/offices"},
    {"'class':'W','offices'", "'class':'U','offices'", "/founders"},
    {"'COM.RESALE'", "'COM.NONE'", "/prohibited_purposes/0"},
    {"'COM.RESALE'", "'X'", "/prohibited_purposes/1"},
    {"'benefit-rule/1'", "'benefit-rule/2'", "/benefit_rule/schema"},
    {"'dispute_seconds':0", "'dispute_seconds':315360001", "/hold/dispute_seconds"},
    {"'hold':{", "'durations':{'tea_seconds':1},'hold':{", "/durations/tea_seconds"},
    {"'hold':{", "'durations':{'appeal_seconds':-1},'hold':{", "/durations/appeal_seconds"},
    {"'hold':{", "'bootstrap':{'min_per_class':0},'hold':{", "/bootstrap/min_per_class"},
    {"'hold':{", "'rules':[{'type':'policy'}],'hold':{", "/rules/0/q_num"},
};

static void test_charter_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof FAULTS / sizeof *FAULTS; i++) {
        struct ch_arena *arena = ch_arena_new();
        const char *at = strstr(CHARTER, FAULTS[i].from);
        assert_non_null(at);
        const char *text =
            ch_printf(arena, "%.*s%s%s", (int)(at - CHARTER), CHARTER, FAULTS[i].to, at + strlen(FAULTS[i].from));
        struct ch_complaints *list = ch_complaints_new(arena);
        assert_false(ch_charter_check(list, read_text(arena, text), PURPOSES));
        if (!names(list, FAULTS[i].pointer))
            fail_msg("%s expected: %s", FAULTS[i].pointer, ch_complaints_text(list));
        ch_arena_free(arena);
    }
}

/* A default row with one number changed. */
static bool row_passes(const char *type, const char *key, int64_t value)
{
    struct ch_arena *arena = ch_arena_new();
    json_t *row = ch_rule_default(arena, type);
    json_object_set_new(row, key, json_integer(value));
    bool right = ch_rule_check(ch_complaints_new(arena), row, "");
    ch_arena_free(arena);
    return right;
}

static void test_rule_floors(void **state)
{
    (void)state;
    static const char *const LOCKED[] = {"entrenched", "succession"};
    for (size_t i = 0; i < 2; i++) {
        assert_true(row_passes(LOCKED[i], "q_den", 2));
        assert_false(row_passes(LOCKED[i], "q_den", 4));  /* 1/4 */
        assert_false(row_passes(LOCKED[i], "s_num", 2));  /* 2/4 */
        assert_false(row_passes(LOCKED[i], "cs_num", 1)); /* 1/3 */
        assert_false(row_passes(LOCKED[i], "must_carry", 3));
        assert_false(row_passes(LOCKED[i], "classes_needed", 2));
        assert_false(row_passes(LOCKED[i], "readings", 1));
    }
    assert_true(row_passes("policy", "q_den", 1000));
    assert_false(row_passes("policy", "q_den", 1001));
    assert_false(row_passes("policy", "q_num", 11));
    assert_false(row_passes("policy", "voting_seconds", 315360001));
    assert_true(row_passes("policy", "voting_seconds", 0));
}

static const struct {
    const char *effect, *pointer; /* NULL: accepted */
} EFFECTS[] = {
    {"{'schema':'policy_text','text':'x'}", NULL},
    {"{'schema':'policy_text','text':'x','spend':[{'account':'a','max':{'minor':1,'currency':'EUR'}}]}", NULL},
    {"{'schema':'policy_text','text':'x','spend':[{'account':'a','max':1}]}", "/effect/spend/0/max"},
    {"{'schema':'policy_text','text':'x','drafts':['x']}", "/effect/drafts/0"},
    {"{'schema':'sell_assets'}", "/effect/schema"},
    {"{'schema':'seats','body':'board','class':'U','seats':1}", "/effect/schema"},
    {"{'schema':'appointment','body':'council','member_id':'0196f0a0-0000-7000-8000-000000000001'}", "/effect/body"},
    {"{'schema':'appointment','body':'conduct','member_id':'0196f0a0-0000-7000-8000-000000000001'}", NULL},
    {"{'text':'x'}", "/effect/schema"},
    {"{'schema':'prohibition_add','purpose':'COM'}", NULL},
    {"{'schema':'prohibition_add','purpose':'COM.NONE'}", "/effect/purpose"},
    {"{'schema':'prohibition_add','purpose':'COM','until':'tomorrow'}", "/effect/until"},
    {"{'schema':'terms_version','document':{}}", NULL},
    {"{'schema':'terms_version','document':[]}", "/effect/document"},
    {"{'schema':'appointment','body':'board','member_id':'x'}", "/effect/body"},
    {"{'schema':'appointment','body':'treasurer','member_id':'0190ee6c-7a5b-7d3e-8f00-000000000001'}", NULL},
    {"{'schema':'asset_register','ref':'a','kind':'pool','title':'t','provenance':'p','sha256':null,"
     "'disposition':'succeeded'}",
     "/effect/disposition"},
    {"{'schema':'sanction','reason':'x'}", "/effect"},
    {"{'schema':'rule_row','rule':{'type':'policy'}}", "/effect/rule/electorate"},
};

static void test_effects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof EFFECTS / sizeof *EFFECTS; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_complaints *list = ch_complaints_new(arena);
        bool right = ch_effect_check(list, read_text(arena, EFFECTS[i].effect), "/effect", PURPOSES);
        assert_int_equal(right, EFFECTS[i].pointer == NULL);
        if (EFFECTS[i].pointer && !names(list, EFFECTS[i].pointer))
            fail_msg("%s expected: %s", EFFECTS[i].pointer, ch_complaints_text(list));
        ch_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charter_accepted), cmocka_unit_test(test_charter_completed),
        cmocka_unit_test(test_charter_faults),   cmocka_unit_test(test_rule_floors),
        cmocka_unit_test(test_effects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
