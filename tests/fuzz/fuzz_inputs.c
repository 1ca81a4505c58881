/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as distribution inputs: the scanner never takes what the strict JSON reader refuses, and what it takes is
 * shared to the unit, the same again from its own normal form. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/payout/core/distribute.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char rule_text[] =
    "{\"schema\":\"benefit-rule/1\",\"rule\":\"r\",\"currency\":\"EUR\",\"remainder\":\"largest_remainder/sha256\","
    "\"steps\":[{\"id\":\"p\",\"kind\":\"split\",\"of\":\"remaining\",\"num\":9,\"den\":10,\"parts\":[{\"share\":3,"
    "\"weight\":\"usage*quality\",\"then\":\"contribution\"},{\"share\":1,\"weight\":\"external\"}],\"floor_each\":3,"
    "\"cap_each\":{\"num\":1,\"den\":2},\"leftover_to\":\"Equity:Fund:Commons\"},{\"id\":\"q\",\"kind\":\"split\","
    "\"of\":"
    "\"remaining\",\"num\":1,\"den\":1,\"parts\":[{\"share\":1,\"weight\":\"usage\",\"then\":\"contribution\"},{"
    "\"share\":1,\"weight\":\"equal\"}],\"leftover_to\":\"Equity:Fund:Commons\"}]}";

static void require(bool held)
{
    if (!held)
        abort();
}

struct text {
    char *bytes;
    size_t length;
};

static void keep(void *context, const void *bytes, size_t size)
{
    struct text *text = context;
    text->bytes = realloc(text->bytes, text->length + size);
    require(text->bytes != NULL);
    memcpy(text->bytes + text->length, bytes, size);
    text->length += size;
}

/* The normal form, read as inputs again: it has no run_id, which goes in front. */
static const struct ch_inputs *again(const struct ch_benefit_rule *rule, const struct ch_inputs *inputs,
                                     struct ch_refusals *list)
{
    struct text text = {NULL, 0};
    struct ch_out out;
    ch_out_begin(&out, keep, &text);
    ch_inputs_write_normal(inputs, &out);
    ch_out_flush(&out);
    const char *whole =
        ch_printf(list->arena, "{\"run_id\":\"%s\",%.*s", inputs->run_id, (int)text.length - 1, text.bytes + 1);
    free(text.bytes);
    const struct ch_inputs *read = ch_inputs_parse(whole, strlen(whole), rule, list);
    require(read != NULL && strcmp(read->sha256, inputs->sha256) == 0);
    return read;
}

static void share(const struct ch_benefit_rule *rule, const struct ch_inputs *inputs, struct ch_refusals *list)
{
    const char *explain = inputs->recipient_count ? ch_printf(list->arena, "%.*s", inputs->recipients[0].id_length,
                                                              inputs->recipients[0].id)
                                                  : NULL;
    const struct ch_distribution *d = ch_distribute(rule, inputs, explain, list);
    require(d || list->count > 0);
    if (!d)
        return;
    int64_t sum = d->carried;
    for (size_t i = 0; i < d->fund_count; i++)
        sum += d->funds[i].minor;
    for (size_t i = 0; i < inputs->recipient_count; i++)
        sum += ch_distribution_amount(d, i);
    require(sum == inputs->pot);
    const struct ch_distribution *e = ch_distribute(rule, again(rule, inputs, list), NULL, list);
    require(e && strcmp(d->hash, e->hash) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_refusals *list = ch_refusals_new(arena, NULL), *strict = ch_refusals_new(arena, NULL);
    const struct ch_benefit_rule *rule = ch_benefit_rule_parse(rule_text, sizeof rule_text - 1, list, NULL);
    const struct ch_inputs *inputs = ch_inputs_parse((const char *)bytes, size, rule, list);
    require((inputs != NULL) == ch_refusals_none(list));
    if (inputs) {
        require(ch_calc_parse((const char *)bytes, size, strict) != NULL);
        share(rule, inputs, list);
    }
    ch_arena_free(arena);
    return 0;
}
