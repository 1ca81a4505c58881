/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a CSV file for a pool: see fuzz_ingest.h. */
#include "fuzz_ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_ingest(CH_INGEST_CSV, bytes, size);
    return 0;
}
