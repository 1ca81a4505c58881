/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a bank statement: whole and in pieces the same, never a statement whose sum is wrong. The first byte
 * is the size of the pieces. */
#include <stdint.h>
#include <stdlib.h>

#include "../../services/payout/core/camt.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static bool on_entry(void *context, const struct ch_camt_statement *statement, const struct ch_camt_entry *entry)
{
    (void)statement;
    require(entry->key[63] != 0 && entry->key[64] == 0);
    *(int64_t *)context += entry->minor;
    return true;
}

static bool on_statement(void *context, const struct ch_camt_statement *statement)
{
    require(!statement->has_closing || statement->opening + statement->sum == statement->closing || !context);
    return true;
}

static enum ch_bank_error read_pieces(const uint8_t *bytes, size_t size, size_t piece, int64_t *sum)
{
    const struct ch_camt_calls calls = {on_entry, on_statement, sum};
    struct ch_camt *camt = ch_camt_new(&calls, "EUR", 2);
    do {
        size_t now = size < piece ? size : piece;
        ch_camt_feed(camt, bytes, now, now == size);
        bytes += now;
        size -= now;
    } while (size > 0);
    enum ch_bank_error error = ch_camt_error(camt);
    ch_camt_free(camt);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    int64_t whole = 0, pieces = 0;
    if (size < 2)
        return 0;
    enum ch_bank_error one = read_pieces(bytes + 1, size - 1, size, &whole);
    enum ch_bank_error other = read_pieces(bytes + 1, size - 1, (size_t)bytes[0] + 1, &pieces);
    require((one == CH_BANK_OK) == (other == CH_BANK_OK));
    require(one != CH_BANK_OK || whole == pieces);
    return 0;
}
