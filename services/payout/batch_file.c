/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opens the payees' accounts and has core/pain.c write the file. */
#include "batch_file.h"

#include <string.h>

#include "commonhold/id.h"
#include "core/pain.h"
#include "memory_out.h"
#include "payee_seal.h"
#include "settings.h"

struct writing {
    struct ch_arena *arena;
    const uint8_t *kek;
    const json_t *facts;
    struct ch_bank_profile profile;
    struct ch_refusals *list;
};

static bool head_of(const struct writing *w, struct ch_pain_batch *batch)
{
    const json_t *payments = json_object_get(w->facts, "payments");
    size_t count = json_array_size(payments), block = (size_t)w->profile.max_transactions;
    int64_t *totals = ch_alloc_array(w->arena, count / block + 1, sizeof *totals);
    for (size_t i = 0; i < count; i++)
        totals[i / block] += payout_integer(json_array_get(payments, i), "minor");
    *batch = (struct ch_pain_batch){.frozen_at = payout_text(w->facts, "at"),
                                    .today = payout_text(w->facts, "today"),
                                    .execution_date = payout_text(w->facts, "execution_on"),
                                    .debtor_name = payout_text(w->facts, "holder"),
                                    .debtor_iban = payout_text(w->facts, "iban"),
                                    .debtor_bic = payout_text(w->facts, "bic"),
                                    .currency = payout_text(w->facts, "currency"),
                                    .minor_digits = 2,
                                    .count = count,
                                    .total = payout_integer(w->facts, "total"),
                                    .block_totals = totals};
    return ch_id_parse(payout_text(w->facts, "id"), batch->id);
}

static bool add_payment(const struct writing *w, struct ch_pain *pain, const json_t *item)
{
    const char *member = payout_text(item, "member_id"), *wrapped = payout_text(item, "wrapped");
    struct ch_pain_payment payment = {
        .creditor_name = payee_unseal(w->arena, w->kek, wrapped, member, "name", payout_text(item, "name")),
        .creditor_iban = payee_unseal(w->arena, w->kek, wrapped, member, "iban", payout_text(item, "iban")),
        .minor = payout_integer(item, "minor"),
        .remittance = payout_text(w->facts, "reference_text")};
    if (!ch_id_parse(payout_text(item, "id"), payment.id))
        return false;
    return ch_pain_add(pain, &payment);
}

char *batch_file_write(struct ch_arena *arena, const uint8_t kek[32], const json_t *facts, const char *profile,
                       const char **error)
{
    struct writing w = {.arena = arena, .kek = kek, .facts = facts, .list = ch_refusals_new(arena, NULL)};
    struct ch_pain_batch batch;
    json_t *document = ch_calc_parse(profile, strlen(profile), w.list);
    if (!document || !ch_bank_profile_read(document, &w.profile, w.list) || !head_of(&w, &batch)) {
        *error = ch_refusals_text(w.list);
        return NULL;
    }
    struct memory_out file;
    memory_out_begin(&file, arena);
    struct ch_pain *pain = ch_pain_begin(&w.profile, &batch, &file.out, w.list);
    bool good = pain != NULL;
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(facts, "payments"), i, item) good = good && add_payment(&w, pain, item);
    good = good && ch_pain_end(pain);
    *error = good ? NULL : ch_refusals_text(w.list);
    return good ? memory_out_text(&file) : NULL;
}
