/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The normal form of inputs: sorted, complete, the same bytes for whatever order they came in. The run id is no
 * part of it, since it is made of this form's hash. */
#include "inputs_normal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"

int ch_compare_ids(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t shorter = a_length < b_length ? a_length : b_length;
    int order = shorter ? memcmp(a, b, shorter) : 0;
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

uint64_t ch_id_prefix(const char *id, size_t length)
{
    uint8_t bytes[8] = {0};
    uint64_t prefix = 0;
    if (length)
        memcpy(bytes, id, length < sizeof bytes ? length : sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        prefix = prefix << 8 | bytes[i];
    return prefix;
}

static int compare_recipients(const void *left, const void *right)
{
    const struct ch_recipient *a = left, *b = right;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return ch_compare_ids(a->id, a->id_length, b->id, b->id_length);
}

static int compare_contributions(const void *left, const void *right)
{
    const struct ch_contribution *a = left, *b = right;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return ch_compare_ids(a->id, a->id_length, b->id, b->id_length);
}

static int compare_contributors(const void *left, const void *right)
{
    const struct ch_contributor *a = left, *b = right;
    return ch_compare_ids(a->id, a->id_length, b->id, b->id_length);
}

static int compare_balances(const void *left, const void *right)
{
    const struct ch_account_balance *a = left, *b = right;
    return ch_compare_ids(a->account, a->length, b->account, b->length);
}

/* Inputs mostly come sorted; looking costs one pass, sorting a million costs a second. True when they did not. */
static bool sort_once(void *array, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    const char *at = array;
    for (size_t i = 1; i < count; i++)
        if (compare(at + (i - 1) * size, at + i * size) > 0) {
            qsort(array, count, size, compare);
            return true;
        }
    return false;
}

static void refuse_twice(struct ch_refusals *list, const char *array, size_t ordinal, size_t other, const char *member)
{
    size_t later = ordinal > other ? ordinal : other;
    ch_refusal_add(list, ch_printf(list->arena, "/%s/%zu/%s", array, later, member), "is there twice");
}

/* Recipients by id: open addressing, at most half full. Zero is empty, else index + 1. */
struct table {
    const struct ch_inputs *inputs;
    uint32_t *slot;
    size_t mask;
};

static size_t hash_id(const char *id, size_t length)
{
    uint64_t hash = UINT64_C(0x9e3779b97f4a7c15) ^ length;
    while (length > 0) {
        uint64_t word = 0;
        size_t take = length < 8 ? length : 8;
        memcpy(&word, id, take);
        ch_u128 product = (ch_u128)(hash ^ word) * UINT64_C(0xd6e8feb86659fd93);
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
        id += take;
        length -= take;
    }
    return hash;
}

static void make_table(struct table *table, const struct ch_inputs *in, struct ch_arena *scratch)
{
    size_t size = 16;
    while (size < in->recipient_count * 2)
        size *= 2;
    *table = (struct table){in, ch_alloc_array(scratch, size, sizeof *table->slot), size - 1};
    for (size_t i = 0; i < in->recipient_count; i++) {
        size_t at = hash_id(in->recipients[i].id, in->recipients[i].id_length) & table->mask;
        while (table->slot[at])
            at = (at + 1) & table->mask;
        table->slot[at] = (uint32_t)i + 1;
    }
}

static int64_t look_up(const struct table *table, const char *id, size_t length)
{
    for (size_t at = hash_id(id, length) & table->mask; table->slot[at]; at = (at + 1) & table->mask) {
        const struct ch_recipient *found = &table->inputs->recipients[table->slot[at] - 1];
        if (found->id_length == length && memcmp(found->id, id, length) == 0)
            return table->slot[at] - 1;
    }
    return -1;
}

static void settle_contributors(struct ch_inputs *in, const struct table *table, const struct ch_contribution *c,
                                struct ch_refusals *list)
{
    struct ch_contributor *each = in->contributors + c->first;
    for (size_t i = 0; i < c->contributors; i++) {
        int64_t found = look_up(table, each[i].id, each[i].id_length);
        if (found < 0)
            ch_refusal_add(list, ch_printf(list->arena, "/contributions/%u/contributors/%zu/recipient", c->ordinal, i),
                           "is not among the recipients");
        else
            each[i].recipient = (uint32_t)found;
    }
    if (c->contributors < 2)
        return;
    sort_once(each, c->contributors, sizeof *each, compare_contributors);
    for (size_t i = 1; i < c->contributors; i++)
        if (compare_contributors(&each[i - 1], &each[i]) == 0)
            ch_refusal_add(list, ch_printf(list->arena, "/contributions/%u/contributors", c->ordinal), "has %.*s twice",
                           each[i].id_length, each[i].id);
}

/* The ids in the order they are read from now on: of a million that lie all over the text, each is a cache miss. */
static void gather_ids(struct ch_inputs *in, struct ch_arena *arena)
{
    size_t length = 0;
    for (size_t i = 0; i < in->recipient_count; i++)
        length += in->recipients[i].id_length;
    char *to = ch_alloc(arena, length + 1);
    for (size_t i = 0; i < in->recipient_count; i++) {
        struct ch_recipient *each = &in->recipients[i];
        memcpy(to, each->id, each->id_length);
        each->id = to;
        to += each->id_length;
    }
}

static void settle_recipients(struct ch_inputs *in, struct ch_refusals *list)
{
    if (sort_once(in->recipients, in->recipient_count, sizeof *in->recipients, compare_recipients))
        gather_ids(in, list->arena);
    for (size_t i = 1; i < in->recipient_count; i++)
        if (compare_recipients(&in->recipients[i - 1], &in->recipients[i]) == 0)
            refuse_twice(list, "recipients", in->recipients[i - 1].ordinal, in->recipients[i].ordinal, "id");
}

static void settle_contributions(struct ch_inputs *in, struct ch_refusals *list)
{
    sort_once(in->contributions, in->contribution_count, sizeof *in->contributions, compare_contributions);
    for (size_t i = 1; i < in->contribution_count; i++)
        if (compare_contributions(&in->contributions[i - 1], &in->contributions[i]) == 0)
            refuse_twice(list, "contributions", in->contributions[i - 1].ordinal, in->contributions[i].ordinal, "id");
    struct ch_arena *scratch = ch_arena_new();
    struct table table;
    make_table(&table, in, scratch);
    for (size_t i = 0; i < in->contribution_count; i++)
        settle_contributors(in, &table, &in->contributions[i], list);
    ch_arena_free(scratch);
}

static void settle_balances(struct ch_inputs *in, struct ch_refusals *list)
{
    sort_once(in->balances, in->balance_count, sizeof *in->balances, compare_balances);
    for (size_t i = 1; i < in->balance_count; i++)
        if (compare_balances(&in->balances[i - 1], &in->balances[i]) == 0)
            ch_refusal_add(list, ch_pointer_name(list->arena, "/balances", in->balances[i].account), "is there twice");
}

void ch_inputs_settle(struct ch_inputs *in, struct ch_refusals *list)
{
    settle_balances(in, list);
    settle_recipients(in, list);
    if (in->contribution_count)
        settle_contributions(in, list);
}

void ch_inputs_hash(struct ch_inputs *in)
{
    struct ch_sha256 *hash = ch_sha256_begin();
    struct ch_out out;
    ch_out_begin(&out, ch_out_to_sha256, hash);
    ch_inputs_write_normal(in, &out);
    ch_out_flush(&out);
    uint8_t digest[32];
    ch_sha256_end(hash, digest);
    ch_hex(digest, sizeof digest, in->sha256);
}

void ch_inputs_check_rule(const struct ch_inputs *in, const struct ch_benefit_rule *rule, struct ch_refusals *list)
{
    if (strcmp(in->currency, rule->currency) != 0)
        ch_refusal_add(list, "/currency", "must be the rule's, %s", rule->currency);
    for (size_t i = 0; i < rule->step_count; i++) {
        const struct ch_rule_step *step = &rule->steps[i];
        if (step->kind == CH_STEP_UNTIL_TARGET && ch_inputs_balance(in, step->to) < 0)
            ch_refusal_add(list, ch_pointer_name(list->arena, "/balances", step->to), "is required by step %s",
                           step->id);
        if (step->kind == CH_STEP_ASSIGN && ch_inputs_find(in, step->to, strlen(step->to)) < 0)
            ch_refusal_add(list, "/recipients", "%s, named by step %s, is not among them", step->to, step->id);
    }
}

void ch_inputs_name(struct ch_inputs *in, const char *run_id)
{
    snprintf(in->run_id, sizeof in->run_id, "%s", run_id);
}

int64_t ch_inputs_balance(const struct ch_inputs *in, const char *account)
{
    struct ch_account_balance key = {account, strlen(account), 0};
    if (!in->balance_count)
        return -1;
    const struct ch_account_balance *found =
        bsearch(&key, in->balances, in->balance_count, sizeof key, compare_balances);
    return found ? found->minor : -1;
}

int64_t ch_inputs_find(const struct ch_inputs *in, const char *id, size_t length)
{
    if (length > 64 || !in->recipient_count)
        return -1;
    struct ch_recipient key = {.id = id, .prefix = ch_id_prefix(id, length), .id_length = (uint8_t)length};
    const struct ch_recipient *found =
        bsearch(&key, in->recipients, in->recipient_count, sizeof key, compare_recipients);
    return found ? found - in->recipients : -1;
}

static void write_contribution(struct ch_out *out, const struct ch_inputs *in, const struct ch_contribution *c)
{
    ch_out_text(out, "{\"contributors\":[");
    for (size_t i = 0; i < c->contributors; i++) {
        const struct ch_contributor *each = &in->contributors[c->first + i];
        ch_out_text(out, i ? ",{\"recipient\":" : "{\"recipient\":");
        ch_out_string(out, each->id, each->id_length);
        ch_out_number(out, ",\"share\":", each->share);
        ch_out_bytes(out, "}", 1);
    }
    ch_out_number(out, "],\"distinct_licensees\":", c->distinct_licensees);
    ch_out_number(out, ",\"external\":", c->external);
    ch_out_text(out, ",\"id\":");
    ch_out_string(out, c->id, c->id_length);
    ch_out_number(out, ",\"quality_ppm\":", c->quality_ppm);
    ch_out_number(out, ",\"units\":", c->units);
    ch_out_number(out, ",\"window_units\":", c->window_units);
    ch_out_bytes(out, "}", 1);
}

static void write_recipient(struct ch_out *out, const struct ch_recipient *each)
{
    ch_out_number(out, "{\"distinct_licensees\":", each->distinct_licensees);
    ch_out_number(out, ",\"equal\":", each->equal);
    ch_out_number(out, ",\"external\":", each->external);
    ch_out_text(out, ",\"id\":");
    ch_out_string(out, each->id, each->id_length);
    ch_out_number(out, ",\"quality_ppm\":", each->quality_ppm);
    ch_out_text(out, ",\"status\":\"");
    ch_out_text(out, ch_member_statuses[each->status]);
    ch_out_number(out, "\",\"tenure\":", each->tenure);
    ch_out_number(out, ",\"units\":", each->units);
    ch_out_number(out, ",\"window_units\":", each->window_units);
    ch_out_bytes(out, "}", 1);
}

void ch_inputs_write_normal(const struct ch_inputs *in, struct ch_out *out)
{
    ch_out_text(out, "{\"balances\":{");
    for (size_t i = 0; i < in->balance_count; i++) {
        ch_out_text(out, i ? "," : "");
        ch_out_string(out, in->balances[i].account, in->balances[i].length);
        ch_out_number(out, ":", in->balances[i].minor);
    }
    ch_out_text(out, "},\"contributions\":[");
    for (size_t i = 0; i < in->contribution_count; i++) {
        ch_out_text(out, i ? "," : "");
        write_contribution(out, in, &in->contributions[i]);
    }
    ch_out_text(out, "],\"currency\":\"");
    ch_out_text(out, in->currency);
    ch_out_number(out, "\",\"pot\":", in->pot);
    ch_out_number(out, ",\"rail_fees\":", in->rail_fees);
    ch_out_text(out, ",\"recipients\":[");
    for (size_t i = 0; i < in->recipient_count; i++) {
        ch_out_text(out, i ? "," : "");
        write_recipient(out, &in->recipients[i]);
    }
    ch_out_text(out, "],\"schema\":\"distribution-inputs/1\"}");
}
