/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the fuzz targets of the log's texts share: keys whose signatures they can meet, and a promise that is kept or
 * aborts. */
#ifndef TESTS_FUZZ_TLOG_H
#define TESTS_FUZZ_TLOG_H

#include <stdlib.h>
#include <string.h>

#include "commonhold/tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define FUZZ_LOG     "coop.example/ledger+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4"
#define FUZZ_WITNESS "witness.example/w1+adfc189f+BDpAe+xIYD8KeyIElRHtpeBLTZdHdGDoSyqtlkze6+hZ"

static inline void require(bool held)
{
    if (!held)
        abort();
}

static inline struct ch_vkey fuzz_key(const char *text)
{
    struct ch_vkey key;
    require(ch_vkey_read(text, strlen(text), &key) == NULL);
    return key;
}

/* What was read says again what stood in the text; and asking for signatures ends. */
static inline void check_checkpoint(const struct ch_checkpoint *checkpoint)
{
    const struct ch_vkey log = fuzz_key(FUZZ_LOG), witness = fuzz_key(FUZZ_WITNESS);
    char cosigned[CH_COSIGNED_MAX];
    struct ch_signature found;
    require(checkpoint->size <= INT64_MAX && checkpoint->body < checkpoint->length && checkpoint->origin[0] != '\0');
    require(checkpoint->text[checkpoint->body - 1] == '\n' && checkpoint->text[checkpoint->body] == '\n');
    require(ch_cosigned_text(checkpoint, INT64_MAX, cosigned) <= sizeof cosigned);
    if (ch_checkpoint_signed(checkpoint, &log, &found) == CH_SIGNED_WELL)
        require(found.line[found.length - 1] == '\n' && strcmp(checkpoint->origin, log.name) == 0);
    ch_checkpoint_signed(checkpoint, &witness, NULL);
}

#endif
