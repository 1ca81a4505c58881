/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of rule rows a trust starts with, once, and what any rule row must be like. The rows in force are in
 * governance.rule_version; nothing here is asked again once a trust is founded, except the shape and the floors. */
#include <string.h>

#include "rules.h"

#define DAY         INT64_C(86400)
#define SECONDS_MAX INT64_C(315360000)
#define ALL_CLASSES 7
#define USERS       1

/* One row of the founding table. Days; fractions as they are voted; strict: more than, not at least. */
struct founding_row {
    const char *type, *proposers;
    int sponsors_num, sponsors_den, sponsors_min;
    int discussion, voting, cooling, readings;
    int q_num, q_den, cq_num, cq_den;
    int s_num, s_den, s_strict, cs_num, cs_den, cs_strict;
    int classes_needed, must_carry, must_carry_subject;
    const char *electorate, *method, *council, *secrecy, *board_mode;
};

#define SIMPLE     1, 2, 1 /* more than half */
#define NO_QUORUM  0, 1
#define BY_MEMBERS "all", "rule"
#define PERSONS    "none", "sealed", "unlinked"
#define TEXTS      "none", "sealed", "linked"
/* clang-format off */
static const struct founding_row FOUNDING_ROWS[] = {
    {"terms", "member board", 1, 50, 5, 14, 10, 7, 1, 1, 5, 1, 10, SIMPLE, SIMPLE, 2, USERS, 0,
     BY_MEMBERS, "opinion", "sealed", "linked"},
    {"benefit_rule", "member treasurer", 1, 50, 5, 14, 10, 7, 1, 1, 5, 1, 10, 3, 5, 0, SIMPLE, 2, USERS, 0,
     BY_MEMBERS, TEXTS},
    {"prohibit_purpose", "member council", 0, 1, 3, 7, 7, 0, 1, 1, 10, NO_QUORUM, SIMPLE, SIMPLE, 0, 0, 0,
     BY_MEMBERS, TEXTS},
    {"permit_purpose", "board council", 0, 1, 0, 30, 14, 30, 1, 1, 3, 1, 4, 2, 3, 0, 1, 2, 0, 3, ALL_CLASSES, 0,
     BY_MEMBERS, "concurrence", "sealed", "linked"},
    {"council_election", "clock", 0, 1, 3, 14, 10, 0, 1, 1, 10, NO_QUORUM, SIMPLE, SIMPLE, 0, 0, 0,
     "all", "scottish-stv", PERSONS},
    {"board_election", "clock", 0, 1, 3, 14, 10, 0, 1, 1, 10, NO_QUORUM, SIMPLE, SIMPLE, 0, 0, 0,
     "own_class", "scottish-stv", PERSONS},
    {"budget_round", "clock treasurer", 0, 1, 0, 14, 10, 0, 1, 1, 20, NO_QUORUM, SIMPLE, SIMPLE, 0, 0, 0,
     "all", "knapsack", TEXTS},
    {"bylaw", "board member", 1, 20, 0, 30, 14, 14, 1, 1, 3, 1, 4, 2, 3, 0, SIMPLE, 3, ALL_CLASSES, 0,
     BY_MEMBERS, TEXTS},
    {"entrenched", "board", 1, 10, 0, 60, 21, 90, 2, 1, 2, 1, 3, 3, 4, 0, 2, 3, 0, 3, ALL_CLASSES, 0,
     BY_MEMBERS, TEXTS},
    {"succession", "board", 1, 10, 0, 60, 21, 90, 2, 1, 2, 1, 3, 3, 4, 0, 2, 3, 0, 3, ALL_CLASSES, 0,
     BY_MEMBERS, TEXTS},
    {"expulsion", "conduct", 0, 1, 0, 7, 10, 14, 1, 1, 5, NO_QUORUM, 2, 3, 0, SIMPLE, 0, 0, 1,
     BY_MEMBERS, PERSONS},
    {"recall", "petition", 1, 10, 0, 7, 10, 0, 1, 1, 4, NO_QUORUM, SIMPLE, SIMPLE, 0, 0, 0,
     "own_class", "rule", PERSONS},
    {"policy", "member", 0, 1, 3, 7, 7, 3, 1, 1, 10, NO_QUORUM, SIMPLE, SIMPLE, 0, 0, 0,
     BY_MEMBERS, TEXTS},
    {"board_decision", "board", 0, 1, 1, 0, 7, 0, 1, 1, 2, NO_QUORUM, SIMPLE, SIMPLE, 0, 0, 0,
     "board", "rule", "none", "named", "linked"},
};
/* clang-format on */

const char CH_PROPOSAL_TYPES[] = "terms benefit_rule prohibit_purpose permit_purpose council_election board_election "
                                 "budget_round bylaw entrenched succession expulsion recall policy board_decision";

#define INT_KEY(name, min, max)                                                                                        \
    {                                                                                                                  \
        name, CH_SHAPE_IS_INT, 0, min, max, NULL                                                                       \
    }
#define CODE_KEY(name, codes)                                                                                          \
    {                                                                                                                  \
        name, CH_SHAPE_IS_CODE, 0, 0, 0, codes                                                                         \
    }
#define BOOL_KEY(name)                                                                                                 \
    {                                                                                                                  \
        name, CH_SHAPE_IS_BOOL, 0, 0, 0, NULL                                                                          \
    }
#define SECONDS_KEY(name)       INT_KEY(name, 0, SECONDS_MAX)
#define FRACTION_KEYS(num, den) INT_KEY(num, 0, 1000), INT_KEY(den, 1, 1000)

static const struct ch_shape_key ROW_KEYS[] = {CODE_KEY("type", CH_PROPOSAL_TYPES),
                                               CODE_KEY("electorate", "all own_class board"),
                                               CODE_KEY("method", "rule scottish-stv knapsack"),
                                               {"proposers", CH_SHAPE_IS_ARRAY, 0, 1, 8, NULL},
                                               FRACTION_KEYS("sponsors_num", "sponsors_den"),
                                               INT_KEY("sponsors_min", 0, 1000000),
                                               SECONDS_KEY("discussion_seconds"),
                                               SECONDS_KEY("voting_seconds"),
                                               SECONDS_KEY("cooling_seconds"),
                                               INT_KEY("readings", 1, 2),
                                               FRACTION_KEYS("q_num", "q_den"),
                                               FRACTION_KEYS("cq_num", "cq_den"),
                                               FRACTION_KEYS("s_num", "s_den"),
                                               BOOL_KEY("s_strict"),
                                               FRACTION_KEYS("cs_num", "cs_den"),
                                               BOOL_KEY("cs_strict"),
                                               INT_KEY("classes_needed", 0, 3),
                                               INT_KEY("must_carry", 0, ALL_CLASSES),
                                               BOOL_KEY("must_carry_subject"),
                                               INT_KEY("ay_num", 0, 1000),
                                               INT_KEY("ay_den", 0, 1000),
                                               CODE_KEY("council", "none opinion concurrence"),
                                               CODE_KEY("secrecy", "named sealed"),
                                               CODE_KEY("small_class", "refuse named"),
                                               CODE_KEY("board_mode", "linked unlinked"),
                                               {NULL, CH_SHAPE_IS_INT, 0, 0, 0, NULL}};

static const struct ch_shape_key PROPOSER = CODE_KEY("", "member board council treasurer clock conduct petition");

static const struct founding_row *find_row(const char *type)
{
    for (size_t i = 0; i < sizeof FOUNDING_ROWS / sizeof *FOUNDING_ROWS; i++) {
        if (strcmp(FOUNDING_ROWS[i].type, type) == 0)
            return &FOUNDING_ROWS[i];
    }
    return NULL;
}

static json_t *words_json(struct ch_arena *arena, const char *words)
{
    json_t *array = ch_json_pack(arena, "[]");
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        json_array_append_new(array, json_stringn(words, length));
        words += length + (words[length] == ' ');
    }
    return array;
}

json_t *ch_rule_default(struct ch_arena *arena, const char *type)
{
    const struct founding_row *row = find_row(type);
    if (!row)
        return NULL;
    json_t *object = ch_json_pack(
        arena,
        "{s:s,s:s,s:s,s:O,s:i,s:i,s:i,s:I,s:I,s:I,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:b,s:i,s:i,s:b,s:i,s:i,s:b,s:i,s:i}",
        "type", row->type, "electorate", row->electorate, "method", row->method, "proposers",
        words_json(arena, row->proposers), "sponsors_num", row->sponsors_num, "sponsors_den", row->sponsors_den,
        "sponsors_min", row->sponsors_min, "discussion_seconds", (json_int_t)(row->discussion * DAY), "voting_seconds",
        (json_int_t)(row->voting * DAY), "cooling_seconds", (json_int_t)(row->cooling * DAY), "readings", row->readings,
        "q_num", row->q_num, "q_den", row->q_den, "cq_num", row->cq_num, "cq_den", row->cq_den, "s_num", row->s_num,
        "s_den", row->s_den, "s_strict", row->s_strict, "cs_num", row->cs_num, "cs_den", row->cs_den, "cs_strict",
        row->cs_strict, "classes_needed", row->classes_needed, "must_carry", row->must_carry, "must_carry_subject",
        row->must_carry_subject, "ay_num", 0, "ay_den", 0);
    json_object_set_new(object, "council", json_string(row->council));
    json_object_set_new(object, "secrecy", json_string(row->secrecy));
    json_object_set_new(object, "small_class", json_string("refuse"));
    json_object_set_new(object, "board_mode", json_string(row->board_mode));
    return object;
}

static int64_t number(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static bool check_fraction(struct ch_complaints *list, const json_t *row, const char *pointer, const char *prefix)
{
    const char *num = ch_printf(list->arena, "%s_num", prefix), *den = ch_printf(list->arena, "%s_den", prefix);
    if (number(row, num) <= number(row, den))
        return true;
    return ch_complain(list, ch_shape_pointer(list->arena, pointer, num), "It may not be more than %s.", den);
}

/* At least floor_num/floor_den. */
static bool check_floor(struct ch_complaints *list, const json_t *row, const char *pointer, const char *prefix,
                        int64_t floor_num, int64_t floor_den)
{
    const char *num = ch_printf(list->arena, "%s_num", prefix), *den = ch_printf(list->arena, "%s_den", prefix);
    if (number(row, num) * floor_den >= floor_num * number(row, den))
        return true;
    return ch_complain(list, ch_shape_pointer(list->arena, pointer, num),
                       "No vote lowers the asset lock: at least %lld/%lld is needed here.", (long long)floor_num,
                       (long long)floor_den);
}

static bool check_least(struct ch_complaints *list, const json_t *row, const char *pointer, const char *name,
                        int64_t least)
{
    if (number(row, name) >= least)
        return true;
    return ch_complain(list, ch_shape_pointer(list->arena, pointer, name),
                       "No vote lowers the asset lock: %lld is needed here.", (long long)least);
}

static bool check_lock(struct ch_complaints *list, const json_t *row, const char *pointer)
{
    bool right = check_floor(list, row, pointer, "s", 2, 3);
    right &= check_floor(list, row, pointer, "cs", 1, 2);
    right &= check_floor(list, row, pointer, "q", 1, 3);
    right &= check_least(list, row, pointer, "must_carry", ALL_CLASSES);
    right &= check_least(list, row, pointer, "classes_needed", CH_CLASSES);
    right &= check_least(list, row, pointer, "readings", 2);
    if (strcmp(json_string_value(json_object_get(row, "electorate")), "all") != 0)
        right = ch_complain(list, ch_shape_pointer(list->arena, pointer, "electorate"),
                            "No vote lowers the asset lock: all members vote on it.");
    if (strcmp(json_string_value(json_object_get(row, "board_mode")), "linked") != 0)
        right = ch_complain(list, ch_shape_pointer(list->arena, pointer, "board_mode"),
                            "No vote lowers the asset lock: its ballots can be recounted.");
    return right;
}

static bool check_method(struct ch_complaints *list, const json_t *row, const char *pointer,
                         const struct founding_row *founding)
{
    if (strcmp(json_string_value(json_object_get(row, "method")), founding->method) == 0)
        return true;
    return ch_complain(list, ch_shape_pointer(list->arena, pointer, "method"),
                       "Proposals of type %s are counted by %s.", founding->type, founding->method);
}

bool ch_rule_check(struct ch_complaints *list, const json_t *row, const char *pointer)
{
    if (!ch_shape_check(list, row, pointer, ROW_KEYS))
        return false;
    const char *type = json_string_value(json_object_get(row, "type"));
    bool right = ch_shape_each(list, json_object_get(row, "proposers"),
                               ch_shape_pointer(list->arena, pointer, "proposers"), &PROPOSER);
    static const char *const FRACTIONS[] = {"sponsors", "q", "cq", "s", "cs", "ay"};
    for (size_t i = 0; i < sizeof FRACTIONS / sizeof *FRACTIONS; i++)
        right &= check_fraction(list, row, pointer, FRACTIONS[i]);
    right &= check_method(list, row, pointer, find_row(type));
    if (ch_word_in(type, "entrenched succession"))
        right &= check_lock(list, row, pointer);
    return right;
}
