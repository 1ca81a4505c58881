/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any JSON as a member statement: the arithmetic of its steps and of its trace ends with a sentence, or holds. */
#include "../../services/audit/verify/verify.h"
#include "commonhold/json.h"
#include "fuzz_tlog.h"

static const struct ch_json_limits DOCUMENT = {
    .bytes = (size_t)1 << 20, .depth = 16, .string = 0, .integers = true, .ascii = false};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_json_error error;
    struct verify_trust trust = {0};
    struct verify_report report = {.quiet = true};
    const json_t *statement = ch_json_parse(arena, (const char *)bytes, size, &DOCUMENT, &error);
    if (statement) {
        verify_check_statement(arena, statement, statement, &trust, &report);
        require(report.failed); /* nobody is trusted here */
    }
    ch_arena_free(arena);
    return 0;
}
