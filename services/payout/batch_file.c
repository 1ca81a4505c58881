/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opens the payees' accounts page by page and has core/pain.c write the file. */
#include "batch_file.h"

#include <string.h>

#include "commonhold/id.h"
#include "core/benefit_rule.h"
#include "core/pain.h"
#include "payee_seal.h"
#include "settings.h"

struct batch_file {
    struct ch_arena *arena;
    uint8_t kek[32];
    const json_t *head;
    struct ch_bank_profile profile;
    struct ch_refusals *list;
    struct ch_pain_batch batch;
    struct ch_pain *pain; /* from the first page on */
    struct ch_out out;
    char *bytes; /* of one page at most, and the writer's buffer */
    size_t length, room;
    size_t count; /* payments so far */
    char last[37];
    bool done;
};

static void keep(void *context, const void *bytes, size_t size)
{
    struct batch_file *file = context;
    file->bytes = ch_arena_grow(file->arena, file->bytes, &file->room, file->length + size);
    memcpy(file->bytes + file->length, bytes, size);
    file->length += size;
}

struct batch_file *batch_file_new(struct ch_arena *arena, const uint8_t kek[32], const char *head, const char *profile,
                                  const char **error)
{
    struct batch_file *file = ch_alloc(arena, sizeof *file);
    file->arena = arena;
    memcpy(file->kek, kek, sizeof file->kek);
    file->head = payout_parse(arena, head);
    file->list = ch_refusals_new(arena, NULL);
    const json_t *document = ch_calc_parse(profile, strlen(profile), file->list);
    if (!document || !ch_bank_profile_read(document, &file->profile, file->list)) {
        *error = ch_refusals_text(file->list);
        return NULL;
    }
    ch_out_begin(&file->out, keep, file);
    return file;
}

int64_t batch_file_block(const struct batch_file *file)
{
    return file->profile.max_transactions;
}

static bool begin(struct batch_file *file, const json_t *totals)
{
    size_t blocks = json_array_size(totals);
    int64_t *sums = ch_alloc_array(file->arena, blocks + 1, sizeof *sums);
    for (size_t i = 0; i < blocks; i++)
        sums[i] = json_integer_value(json_array_get(totals, i));
    file->batch = (struct ch_pain_batch){.frozen_at = payout_text(file->head, "at"),
                                         .today = payout_text(file->head, "today"),
                                         .execution_date = payout_text(file->head, "execution_on"),
                                         .debtor_name = payout_text(file->head, "holder"),
                                         .debtor_iban = payout_text(file->head, "iban"),
                                         .debtor_bic = payout_text(file->head, "bic"),
                                         .currency = payout_text(file->head, "currency"),
                                         .minor_digits = 2,
                                         .count = (size_t)payout_integer(file->head, "count"),
                                         .total = payout_integer(file->head, "total"),
                                         .block_totals = sums};
    if (!ch_id_parse(payout_text(file->head, "id"), file->batch.id))
        return ch_refusal_add(file->list, "/id", "is no UUID");
    file->pain = ch_pain_begin(&file->profile, &file->batch, &file->out, file->list);
    return file->pain != NULL;
}

static bool add_payment(struct batch_file *file, struct ch_arena *arena, const json_t *item)
{
    struct sealed_payee sealed = {
        .iban = payout_text(item, "iban"), .name = payout_text(item, "name"), .details = payout_text(item, "details")};
    struct payee payee;
    const char *id = payout_text(item, "id"), *at = ch_pointer_index(arena, "/payments", file->count);
    if (!payee_unseal(arena, file->kek, payout_text(item, "wrapped"), payout_text(item, "subject"), &sealed, &payee))
        return ch_refusal_add(file->list, ch_strdup(file->arena, at), "the account cannot be opened: was it erased?");
    struct ch_pain_payment payment = {.creditor_name = payee.name,
                                      .creditor_iban = payee.iban,
                                      .creditor_bic = payee.bic,
                                      .minor = payout_integer(item, "minor"),
                                      .remittance = payout_text(item, "remittance"),
                                      .street = payout_text(payee.address, "street"),
                                      .building = payout_text(payee.address, "building"),
                                      .post_code = payout_text(payee.address, "post_code"),
                                      .town = payout_text(payee.address, "town"),
                                      .country = payout_text(payee.address, "country")};
    if (!ch_id_parse(id, payment.id) || !ch_pain_add(file->pain, &payment))
        return ch_refusals_none(file->list) ? ch_refusal_add(file->list, "/payments", "an id is no UUID") : false;
    memcpy(file->last, id, sizeof file->last);
    file->count++;
    return true;
}

bool batch_file_add(struct batch_file *file, const char *page, const char **error)
{
    struct ch_arena *arena = ch_arena_new();
    const json_t *read = payout_parse(arena, page), *payments = json_object_get(read, "payments");
    bool good = file->pain != NULL || begin(file, json_object_get(read, "totals"));
    file->length = 0;
    for (size_t i = 0; good && i < json_array_size(payments); i++)
        good = add_payment(file, arena, json_array_get(payments, i));
    file->done = file->count == file->batch.count || json_array_size(payments) == 0;
    if (good && file->done)
        good = ch_pain_end(file->pain);
    else
        ch_out_flush(&file->out);
    ch_arena_free(arena);
    if (!good)
        *error = ch_refusals_text(file->list);
    return good;
}

const char *batch_file_last(const struct batch_file *file)
{
    return file->last;
}

bool batch_file_done(const struct batch_file *file)
{
    return file->done;
}

const void *batch_file_take(struct batch_file *file, size_t *size)
{
    *size = file->length;
    return file->bytes;
}
