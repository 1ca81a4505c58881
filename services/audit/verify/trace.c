/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The member's rows of each apportionment, done again with nothing but the statement (payout.md, sections 7.3 to 7.5).
 */
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "verify.h"

/* One row of the trace, as figures. */
struct row {
    const json_t *json;
    const char *level, *contribution;
    verify_wide total, weight, all, quotient, remainder, extra, amount, part;
};

bool verify_number(const json_t *object, const char *name, verify_wide *value)
{
    const char *text = verify_text(object, name);
    size_t length = strlen(text);
    *value = 0;
    if (length == 0 || length > 37 || strspn(text, "0123456789") != length || (text[0] == '0' && length > 1))
        return false;
    for (; *text; text++)
        *value = *value * 10 + (unsigned)(*text - '0');
    return true;
}

static bool is(const struct row *row, const char *level)
{
    return strcmp(row->level, level) == 0;
}

/* There, and null: it says nothing, and nothing can be said in its place. */
static bool is_null(const json_t *json, const char *name)
{
    return json_is_null(json_object_get(json, name));
}

static bool read_row(const json_t *json, struct row *row)
{
    *row = (struct row){
        .json = json, .level = verify_text(json, "level"), .contribution = verify_text(json, "contribution")};
    bool known = is(row, "recipient") || is(row, "contribution") || is(row, "contributor") || is(row, "clamp");
    bool about = is(row, "contribution") || is(row, "contributor");
    return known && about == (*row->contribution != '\0') && about != is_null(json, "contribution") &&
           is(row, "clamp") == is_null(json, "part") &&
           (is_null(json, "frozen") || json_is_string(json_object_get(json, "frozen"))) &&
           verify_number(json, "total", &row->total) && verify_number(json, "weight", &row->weight) &&
           verify_number(json, "weight_total", &row->all) && verify_number(json, "quotient", &row->quotient) &&
           verify_number(json, "remainder", &row->remainder) && verify_number(json, "extra", &row->extra) &&
           verify_number(json, "amount", &row->amount) && (is(row, "clamp") || verify_number(json, "part", &row->part));
}

/* Whether the remainder, or where it is the last one's its tie, is among those that got a unit. */
static bool gets_extra(const json_t *s, const json_t *cut, verify_wide remainder, const char *id)
{
    const json_t *cutoff = json_object_get(cut, "cutoff");
    verify_wide least;
    if (!json_is_object(cutoff) || !verify_number(cutoff, "remainder", &least) || remainder == 0 || remainder < least)
        return false;
    if (remainder > least)
        return true;
    uint8_t hash[CH_TLOG_HASH];
    char hex[2 * CH_TLOG_HASH + 1];
    verify_tie(verify_text(s, "run_id"), id, hash);
    ch_hex(hash, sizeof hash, hex);
    return strcmp(hex, verify_text(cutoff, "tie")) <= 0;
}

/* T*w/W, its remainder, and a unit more or none (7.3); nothing at all where nobody weighs anything. */
static bool divides(const struct row *row)
{
    if (row->total >> 53 || row->weight >> 74 || row->all >> 74 || row->weight > row->all)
        return false;
    verify_wide product = row->total * row->weight;
    verify_wide quotient = row->all ? product / row->all : 0, remainder = row->all ? product % row->all : 0;
    return row->quotient == quotient && row->remainder == remainder && row->extra <= 1 &&
           (row->extra == 0 || remainder > 0) && row->amount == quotient + row->extra;
}

/* A floor or a cap instead of a share (7.5). */
static const char *check_frozen(const json_t *step, const struct row *row, const char *frozen)
{
    const json_t *rule = json_object_get(step, "rule"), *cap = json_object_get(rule, "cap_each");
    int64_t amount = verify_figure(step, "amount"), most = VERIFY_MONEY_MAX, least = verify_figure(rule, "floor_each");
    if (json_is_integer(cap))
        most = verify_figure(rule, "cap_each");
    if (json_is_object(cap) && verify_figure(cap, "den") > 0 && verify_figure(cap, "num") >= 0 && amount >= 0)
        most = (int64_t)((verify_wide)amount * (verify_wide)verify_figure(cap, "num") /
                         (verify_wide)verify_figure(cap, "den"));
    least = least < 0 ? 0 : least < most ? least : most;
    bool floored = strcmp(frozen, "floor") == 0;
    if (!is(row, "clamp") || (!floored && (strcmp(frozen, "cap") != 0 || !cap)))
        return "a row is frozen that cannot be";
    return row->amount == (verify_wide)(floored ? least : most) && row->quotient == 0 && row->remainder == 0 &&
                   row->extra == 0
               ? NULL
               : "a row has another amount than the floor or the cap";
}

/* What a row is about, as a key of `amounts`. */
static const char *key_of(struct ch_arena *arena, const struct row *row, const char *level)
{
    return ch_printf(arena, "%s %llu %s", level, (unsigned long long)row->part, row->contribution);
}

/* Total and weights of the row are those that its step tells of, and the extra unit is on the right side of its cut. */
static const char *check_share(const json_t *s, const json_t *step, const struct row *row)
{
    const json_t *parts = json_object_get(step, "parts");
    const json_t *cut = is(row, "clamp") ? json_object_get(step, "clamp")
                                         : json_array_get(parts, row->part < 16 ? (size_t)row->part : 16);
    int64_t total = verify_figure(cut, is(row, "clamp") ? "rest" : "amount");
    verify_wide all;
    if (total < 0 || (verify_wide)total != row->total || !verify_number(cut, "weight_total", &all) || all != row->all)
        return "a row shares another amount, or against another total, than its step";
    const char *id = *row->contribution ? row->contribution : verify_text(s, "member");
    return (row->extra == 1) == gets_extra(s, cut, row->remainder, id) ? NULL : "a row's extra unit is not its own";
}

static const char *check_row(struct ch_arena *arena, const json_t *s, const json_t *step, const json_t *amounts,
                             const struct row *row)
{
    const json_t *frozen = json_object_get(row->json, "frozen");
    if (is(row, "clamp") != json_is_object(json_object_get(step, "clamp")))
        return "a row is of a kind that its step does not have";
    if (json_is_string(frozen))
        return check_frozen(step, row, json_string_value(frozen));
    if (!divides(row))
        return "a row does not divide as it says";
    if (!is(row, "contributor"))
        return check_share(s, step, row);
    return (verify_wide)verify_figure(amounts, key_of(arena, row, "contribution")) == row->total
               ? NULL
               : "a row shares another amount than its contribution's";
}

/* The amount of each row by what it is about; that no two are about the same. */
static const char *read_amounts(struct ch_arena *arena, const json_t *rows, json_t *amounts)
{
    size_t i;
    const json_t *json;
    json_array_foreach(rows, i, json)
    {
        struct row row;
        if (!read_row(json, &row) || row.amount > (verify_wide)VERIFY_MONEY_MAX || row.part > INT32_MAX)
            return "a row has no figures";
        const char *key = key_of(arena, &row, row.level);
        if (json_object_get(amounts, key))
            return "a row is there twice";
        json_object_set_new(amounts, key, json_integer((json_int_t)row.amount));
    }
    return NULL;
}

/* What the rows of a split sum to for the member. */
static const char *sum_rows(struct ch_arena *arena, const json_t *s, const json_t *step, const json_t *rows,
                            int64_t *sum)
{
    size_t i;
    const json_t *json;
    json_t *amounts = ch_json_own(arena, json_object());
    const char *wrong = read_amounts(arena, rows, amounts);
    *sum = 0;
    json_array_foreach(rows, i, json)
    {
        struct row row;
        if (wrong || !read_row(json, &row))
            return wrong;
        wrong = check_row(arena, s, step, amounts, &row);
        *sum += is(&row, "contribution") || *sum > VERIFY_MONEY_MAX ? 0 : (int64_t)row.amount;
    }
    return wrong;
}

/* One step of the trace against the step of the statement and the line. */
static const char *check_step(struct ch_arena *arena, const json_t *s, const json_t *traced, const json_t *step)
{
    const json_t *rows = json_object_get(traced, "rows"), *own = json_object_get(json_object_get(s, "line"), "steps");
    const char *id = verify_text(step, "id"), *kind = verify_text(step, "kind");
    if (strcmp(verify_text(traced, "id"), id) != 0 || strcmp(verify_text(traced, "kind"), kind) != 0)
        return "it is not the statement's";
    int64_t sum = 0;
    const char *wrong = strcmp(kind, "split") == 0 ? sum_rows(arena, s, step, rows, &sum) : NULL;
    if (wrong)
        return wrong;
    if (strcmp(kind, "assign") == 0 && strcmp(verify_text(step, "to"), verify_text(s, "member")) == 0)
        sum = verify_figure(step, "amount");
    if (verify_figure(traced, "amount") != sum)
        return "its rows do not sum to its amount";
    const json_t *line = verify_named(own, "id", id, json_array_size(own));
    return (line ? verify_figure(line, "amount") : 0) == sum ? NULL : "the line has another amount";
}

const char *verify_trace(struct ch_arena *arena, const json_t *s)
{
    const json_t *trace = json_object_get(s, "trace"), *traced = json_object_get(trace, "steps");
    const json_t *steps = json_object_get(s, "steps"), *own = json_object_get(json_object_get(s, "line"), "steps");
    size_t count = json_array_size(steps), paid = 0;
    int64_t sum = 0;
    if (strcmp(verify_text(trace, "schema"), "distribution-trace/1") != 0 ||
        strcmp(verify_text(trace, "result_hash"), verify_text(s, "result_hash")) != 0 ||
        strcmp(verify_text(trace, "run_id"), verify_text(s, "run_id")) != 0)
        return "it is of another result";
    if (strcmp(verify_text(trace, "recipient"), verify_text(s, "member")) != 0)
        return "it is of another member";
    if (json_array_size(traced) != count)
        return "it has other steps than the statement";
    for (size_t i = 0; i < count; i++) {
        const json_t *step = json_array_get(traced, i);
        const char *wrong = check_step(arena, s, step, json_array_get(steps, i));
        if (wrong)
            return ch_printf(arena, "step %s: %s", verify_text(json_array_get(steps, i), "id"), wrong);
        paid += verify_figure(step, "amount") > 0;
        sum += verify_figure(step, "amount");
    }
    if (json_array_size(own) != paid)
        return "the line has steps that nothing was paid in";
    return sum == verify_figure(s, "amount") ? NULL : "the steps do not sum to the line";
}
