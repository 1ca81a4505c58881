/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Clawback over the lines of one distribution. It looks at that result alone: whether money of the slice is still
 * in the pool, and which of a member's accounts pays, is the journal's business. */
#include "clawback.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "long_document.h"

static const char *const input_schemas[] = {"clawback-inputs/1", NULL};
static const char *const result_schemas[] = {"distribution-result/1", NULL};
static const char *const outcomes[] = {"ok", "aborted", NULL};

static bool any_text(const char *text)
{
    (void)text;
    return true;
}

static bool is_hash(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool is_line_id(const char *text)
{
    return ch_payout_is_id(text) || ch_payout_is_fund(text);
}

#define INTEGER(n, r)                                                                                                  \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_INTEGER, .required = r, .min = 0, .max = CH_PAYOUT_MAX                             \
    }
#define TEXT(n, f, what)                                                                                               \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_TEXT, .required = true, .matches = f, .must_be = what                              \
    }
#define ARRAY(n, r)                                                                                                    \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_ARRAY, .required = r, .min = 0, .max = INT64_MAX                                   \
    }
#define CHOICE(n, c)                                                                                                   \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_CHOICE, .required = true, .choices = c                                             \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

static const struct ch_field input_fields[] = {
    CHOICE("schema", input_schemas), TEXT("run_id", ch_payout_is_id, "an id"),
    INTEGER("amount", true),         INTEGER("refund_fund", false),
    ARRAY("reversed", false),        END};
static const struct ch_field result_fields[] = {CHOICE("schema", result_schemas),
                                                CHOICE("outcome", outcomes),
                                                TEXT("run_id", ch_payout_is_id, "an id"),
                                                TEXT("rule", ch_payout_is_id, "an id"),
                                                {.name = "version", .type = CH_FIELD_ANY, .required = true},
                                                TEXT("currency", ch_payout_is_currency, "three capital letters"),
                                                INTEGER("pot", true),
                                                TEXT("rule_sha256", is_hash, "a hash"),
                                                TEXT("inputs_sha256", is_hash, "a hash"),
                                                ARRAY("steps", true),
                                                ARRAY("lines", true),
                                                ARRAY("funds", true),
                                                INTEGER("leftover", true),
                                                INTEGER("carried", true),
                                                ARRAY("flags", true),
                                                TEXT("hash", any_text, "a hash"),
                                                END};
static const struct ch_field fund_fields[] = {TEXT("to", ch_payout_is_fund, "an account a rule may feed"),
                                              INTEGER("amount", true), END};

static const struct ch_long_row_form line_form = {ch_payout_is_id, "an id", "steps"};
static const struct ch_long_row_form reversed_form = {is_line_id, "an account or a recipient's id", NULL};

static bool check_hash(struct ch_refusals *list, const struct ch_long_document *result)
{
    char hash[65];
    if (!ch_long_sha256(result, "hash", list, hash))
        return false;
    if (strcmp(hash, ch_field_text(result->head, "hash", "")) != 0)
        return ch_refusal_add(list, "/hash", "is not the hash of the rest");
    return true;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const struct ch_clawback_line *)a)->id, ((const struct ch_clawback_line *)b)->id);
}

static void add_line(void *clawback, size_t index, const char *id, int64_t amount)
{
    struct ch_clawback *c = clawback;
    (void)index;
    c->lines[c->line_count++] = (struct ch_clawback_line){.id = id, .paid = amount};
}

static void read_funds(struct ch_clawback *c, struct ch_refusals *list, const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *fund = json_array_get(array, i);
        if (ch_fields_check(list, ch_printf(list->arena, "/funds/%zu", i), fund, fund_fields))
            add_line(c, i, ch_field_text(fund, "to", ""), ch_field_integer(fund, "amount", 0));
    }
}

static bool read_result(struct ch_clawback *c, struct ch_refusals *list, const struct ch_long_document *result)
{
    if (!ch_fields_check(list, "", result->head, result_fields) || !check_hash(list, result))
        return false;
    const json_t *funds = json_object_get(result->head, "funds");
    c->original = ch_field_text(result->head, "hash", "");
    c->lines = ch_alloc_array(list->arena, result->row_count + json_array_size(funds), sizeof *c->lines);
    ch_long_rows(result, &line_form, list, add_line, c);
    read_funds(c, list, funds);
    qsort(c->lines, c->line_count, sizeof *c->lines, compare_lines);
    for (size_t i = 1; i < c->line_count; i++)
        if (strcmp(c->lines[i - 1].id, c->lines[i].id) == 0)
            ch_refusal_add(list, "", "has two lines for %s", c->lines[i].id);
    return ch_refusals_none(list);
}

struct reversing {
    struct ch_clawback *c;
    struct ch_refusals *list;
    bool *seen; /* by line */
};

static void reverse_line(void *context, size_t index, const char *id, int64_t amount)
{
    struct reversing *r = context;
    struct ch_clawback *c = r->c;
    const char *wrong = NULL, *member = "id";
    const struct ch_clawback_line key = {.id = id};
    struct ch_clawback_line *line =
        c->line_count ? bsearch(&key, c->lines, c->line_count, sizeof key, compare_lines) : NULL;
    if (!line) {
        wrong = "has no line in the result";
    } else if (r->seen[line - c->lines]) {
        wrong = "is there twice";
    } else if (amount > line->paid) {
        wrong = "is more than the line had";
        member = "amount";
    }
    if (wrong) {
        ch_refusal_add(r->list, ch_printf(r->list->arena, "/reversed/%zu/%s", index, member), "%s", wrong);
        return;
    }
    r->seen[line - c->lines] = true;
    line->reversed = amount;
}

static void read_reversed(struct ch_clawback *c, struct ch_refusals *list, const struct ch_long_document *inputs)
{
    struct reversing r = {c, list, ch_alloc_array(list->arena, c->line_count, sizeof *r.seen)};
    ch_long_rows(inputs, &reversed_form, list, reverse_line, &r);
}

static size_t line_path(const void *context, size_t entry, char *path)
{
    const char *id = ((const struct ch_clawback *)context)->lines[entry].id;
    size_t length = strlen(id);
    memcpy(path, id, length);
    return length;
}

static bool take_from_lines(struct ch_clawback *c, const struct ch_benefit_rule *rule, int64_t rest,
                            struct ch_refusals *list)
{
    ch_u128 *weight = ch_alloc_array(list->arena, c->line_count, sizeof *weight);
    int64_t *amount = ch_alloc_array(list->arena, c->line_count, sizeof *amount);
    ch_u128 sum = 0;
    for (size_t i = 0; i < c->line_count; i++) {
        bool kept = !rule->fee_recovery_reverse && strcmp(c->lines[i].id, CH_FEE_RECOVERY) == 0;
        weight[i] = kept ? 0 : (ch_u128)(c->lines[i].paid - c->lines[i].reversed);
        sum += weight[i];
    }
    int64_t covered = (ch_u128)rest > sum ? (int64_t)sum : rest;
    c->uncovered = rest - covered;
    struct ch_apportionment a = {.run_id = c->run_id,
                                 .total = covered,
                                 .count = c->line_count,
                                 .weight = weight,
                                 .path = line_path,
                                 .context = c};
    if (!ch_apportion(list->arena, &a, amount))
        return ch_refusal_add(list, "", "weight_overflow: the result's lines sum to 2^74 or more");
    for (size_t i = 0; i < c->line_count; i++)
        c->lines[i].amount = amount[i];
    return true;
}

static void set_hash(struct ch_clawback *c)
{
    struct ch_sha256 *hash = ch_sha256_begin();
    struct ch_out out;
    ch_out_begin(&out, ch_out_to_sha256, hash);
    ch_clawback_write(c, false, &out);
    ch_out_flush(&out);
    uint8_t digest[32];
    ch_sha256_end(hash, digest);
    ch_hex(digest, sizeof digest, c->hash);
}

static struct ch_clawback *claw_back(const struct ch_benefit_rule *rule, const struct ch_long_document *result,
                                     const struct ch_long_document *inputs, struct ch_refusals *result_list,
                                     struct ch_refusals *list)
{
    struct ch_clawback *c = ch_alloc(list->arena, sizeof *c);
    if (!read_result(c, result_list, result) || !ch_fields_check(list, "", inputs->head, input_fields))
        return NULL;
    c->run_id = ch_field_text(inputs->head, "run_id", "");
    c->amount = ch_field_integer(inputs->head, "amount", 0);
    read_reversed(c, list, inputs);
    if (!ch_refusals_none(list))
        return NULL;
    int64_t fund = rule->refund_first_from ? ch_field_integer(inputs->head, "refund_fund", 0) : 0;
    c->from_fund = c->amount < fund ? c->amount : fund;
    if (!take_from_lines(c, rule, c->amount - c->from_fund, list))
        return NULL;
    set_hash(c);
    return c;
}

struct ch_clawback *ch_clawback(const struct ch_benefit_rule *rule, struct ch_text result, struct ch_text inputs,
                                struct ch_refusals *result_list, struct ch_refusals *list)
{
    struct ch_long_document paid, asked;
    if (!ch_long_read(&paid, result.bytes, result.length, "lines", result_list) ||
        !ch_long_read(&asked, inputs.bytes, inputs.length, "reversed", list))
        return NULL;
    return claw_back(rule, &paid, &asked, result_list, list);
}

void ch_clawback_write(const struct ch_clawback *c, bool hash, struct ch_out *out)
{
    ch_out_text(out, "{\"amount\":");
    ch_out_integer(out, c->amount);
    ch_out_text(out, ",\"from_fund\":");
    ch_out_integer(out, c->from_fund);
    if (hash) {
        ch_out_text(out, ",\"hash\":");
        ch_out_string(out, c->hash, strlen(c->hash));
    }
    ch_out_text(out, ",\"lines\":[");
    bool first = true;
    for (size_t i = 0; i < c->line_count; i++) {
        if (c->lines[i].amount == 0)
            continue;
        ch_out_text(out, first ? "{\"amount\":" : ",{\"amount\":");
        ch_out_integer(out, c->lines[i].amount);
        ch_out_text(out, ",\"id\":");
        ch_out_string(out, c->lines[i].id, strlen(c->lines[i].id));
        ch_out_text(out, "}");
        first = false;
    }
    ch_out_text(out, "],\"original\":");
    ch_out_string(out, c->original, strlen(c->original));
    ch_out_text(out, ",\"run_id\":");
    ch_out_string(out, c->run_id, strlen(c->run_id));
    ch_out_text(out, ",\"schema\":\"clawback-result/1\",\"uncovered\":");
    ch_out_integer(out, c->uncovered);
    ch_out_text(out, "}");
}

int64_t ch_clawback_netting(const struct ch_benefit_rule *rule, int64_t payable, int64_t debt)
{
    int64_t most = ch_fraction(payable, rule->netting_num, rule->netting_den, CH_ROUND_DOWN);
    return debt < most ? debt : most;
}
