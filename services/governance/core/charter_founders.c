/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Founders and their offices. Panels are excepted: their members come by lot or decision. */
#include <string.h>

#include "charter_founders.h"
#include "decide.h"

#define OFFICES "board council steward steward_deputy treasurer membership_officer licensing_officer"

static const struct ch_shape_key FOUNDER_KEYS[] = {
    {"ref", CH_SHAPE_IS_TEXT, 0, 1, 64, NULL},     {"display_name", CH_SHAPE_IS_TEXT, 0, 1, 120, NULL},
    {"email", CH_SHAPE_IS_TEXT, 0, 3, 254, NULL},  {"class", CH_SHAPE_IS_CODE, 0, 0, 0, "U W C"},
    {"offices", CH_SHAPE_IS_ARRAY, 0, 0, 7, NULL}, {NULL, CH_SHAPE_IS_INT, 0, 0, 0, NULL}};
static const struct ch_shape_key OFFICE_KEY = {"", CH_SHAPE_IS_CODE, 0, 0, 0, OFFICES};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool holds(const json_t *founder, const char *office)
{
    const json_t *offices = json_object_get(founder, "offices");
    for (size_t i = 0; i < json_array_size(offices); i++) {
        const char *held = json_string_value(json_array_get(offices, i));
        if (held && strcmp(held, office) == 0)
            return true;
    }
    return false;
}

/* Holders of an office among the founders; of one class, or of any when `class_code` is NULL. */
static int64_t holders(const json_t *founders, const char *office, const char *class_code)
{
    int64_t count = 0;
    for (size_t i = 0; i < json_array_size(founders); i++) {
        const json_t *founder = json_array_get(founders, i);
        count += holds(founder, office) && (!class_code || strcmp(text_of(founder, "class"), class_code) == 0);
    }
    return count;
}

bool ch_looks_like_email(const char *text)
{
    const char *at = strchr(text, '@');
    if (!at || at == text || at[1] == '\0' || strchr(at + 1, '@') || strlen(text) > 254)
        return false;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text > 0x7e)
            return false;
    }
    return true;
}

static void check_unique(struct ch_complaints *list, json_t *seen, const char *at, const json_t *founder,
                         const char *name)
{
    const char *value = text_of(founder, name);
    if (json_object_get(seen, value))
        ch_complain(list, ch_shape_pointer(list->arena, at, name), "Another founder has the same.");
    json_object_set_new(seen, value, json_true());
}

static void check_offices(struct ch_complaints *list, const char *at, const json_t *founder)
{
    const json_t *offices = json_object_get(founder, "offices");
    const char *pointer = ch_shape_pointer(list->arena, at, "offices");
    ch_shape_each(list, offices, pointer, &OFFICE_KEY);
    for (size_t i = 0; i < json_array_size(offices); i++) {
        for (size_t j = 0; j < i; j++) {
            if (json_equal(json_array_get(offices, i), json_array_get(offices, j)))
                ch_complain(list, ch_printf(list->arena, "%s/%zu", pointer, i), "It stands here twice.");
        }
    }
    if (holds(founder, "board") && holds(founder, "council"))
        ch_complain(list, pointer, "Nobody sits on the board and on the ethics council at once.");
}

static void check_seats(struct ch_complaints *list, const json_t *founders, const char *office, const char *class_code,
                        int64_t seats)
{
    if (holders(founders, office, class_code) <= seats)
        return;
    ch_complain(list, "/founders", "There %s %lld %s for office %s%s%s.", seats == 1 ? "is" : "are", (long long)seats,
                seats == 1 ? "seat" : "seats", office, class_code ? " in class " : "", class_code ? class_code : "");
}

static void check_all_seats(struct ch_complaints *list, const json_t *charter, const json_t *founders)
{
    const json_t *bodies = json_object_get(charter, "bodies");
    int64_t board = json_integer_value(json_object_get(json_object_get(bodies, "board"), "seats_per_class"));
    int64_t council = json_integer_value(json_object_get(json_object_get(bodies, "council"), "seats"));
    for (int c = 0; c < CH_CLASSES; c++) {
        if (holders(founders, "board", CH_CLASS_CODES[c]) == 0)
            ch_complain(list, "/founders", "Class %s needs a founder on the board.", CH_CLASS_CODES[c]);
        check_seats(list, founders, "board", CH_CLASS_CODES[c], board);
        check_seats(list, founders, "steward", CH_CLASS_CODES[c], 1);
        check_seats(list, founders, "steward_deputy", CH_CLASS_CODES[c], 1);
    }
    check_seats(list, founders, "council", NULL, council);
    check_seats(list, founders, "treasurer", NULL, 1);
    check_seats(list, founders, "membership_officer", NULL, 1);
    check_seats(list, founders, "licensing_officer", NULL, 1);
}

void ch_charter_check_founders(struct ch_complaints *list, const json_t *charter)
{
    const json_t *founders = json_object_get(charter, "founders");
    json_t *refs = ch_json_pack(list->arena, "{}"), *emails = ch_json_pack(list->arena, "{}");
    bool right = json_is_array(founders);
    for (size_t i = 0; i < json_array_size(founders); i++) {
        const json_t *founder = json_array_get(founders, i);
        const char *at = ch_printf(list->arena, "/founders/%zu", i);
        if (!ch_shape_check(list, founder, at, FOUNDER_KEYS)) {
            right = false;
            continue;
        }
        if (!ch_looks_like_email(text_of(founder, "email")))
            ch_complain(list, ch_shape_pointer(list->arena, at, "email"), "An e-mail address is needed here.");
        check_unique(list, refs, at, founder, "ref");
        check_unique(list, emails, at, founder, "email");
        check_offices(list, at, founder);
    }
    if (right)
        check_all_seats(list, charter, founders);
}
