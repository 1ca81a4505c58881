/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a status report: whole and in pieces the same statuses, each with four capital letters and, below the
 * group, an id. The first byte is the size of the pieces. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/payout/core/pain002.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static bool on_status(void *context, const struct ch_status *status)
{
    uint64_t *sum = context;
    require(strlen(status->status) == 4);
    require(status->level != CH_STATUS_PAYMENT || status->payment_info_id);
    require(status->level != CH_STATUS_TRANSACTION || status->end_to_end_id || status->instruction_id || status->uetr);
    for (const char *at = status->status; *at; at++)
        *sum = *sum * 31 + (unsigned char)*at;
    return true;
}

static enum ch_bank_error read_pieces(const uint8_t *bytes, size_t size, size_t piece, uint64_t *sum)
{
    const struct ch_pain002_calls calls = {on_status, sum};
    struct ch_arena *arena = ch_arena_new();
    struct ch_pain002 *pain = ch_pain002_new(arena, &calls);
    do {
        size_t now = size < piece ? size : piece;
        ch_pain002_feed(pain, bytes, now, now == size);
        bytes += now;
        size -= now;
    } while (size > 0);
    enum ch_bank_error error = ch_pain002_error(pain);
    require(error != CH_BANK_OK || ch_pain002_original_id(pain));
    ch_arena_free(arena);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint64_t whole = 0, pieces = 0;
    if (size < 2)
        return 0;
    enum ch_bank_error one = read_pieces(bytes + 1, size - 1, size, &whole);
    enum ch_bank_error other = read_pieces(bytes + 1, size - 1, (size_t)bytes[0] + 1, &pieces);
    require((one == CH_BANK_OK) == (other == CH_BANK_OK));
    require(one != CH_BANK_OK || whole == pieces);
    return 0;
}
