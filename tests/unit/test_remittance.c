/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of remittance.c: invoice numbers as payers write them. */
#include "payout/helpers.h"

#include "../../services/payout/core/remittance.h"

static void numbers(void **state)
{
    struct ch_arena *arena = *state;
    static const struct {
        const char *text, *found; /* each behind a blank */
    } rows[] = {
        {"", ""},
        {"2026-000118", " 2026-000118"},
        {"licence fee invoice 2026-000118, thanks", " 2026-000118"},
        {"INV-2026-000118", " 2026-000118"},
        {"INV-2026-000118 and 2026-000119;INV-2027-000001.", " 2026-000118 2026-000119 2027-000001"},
        {"2026-000118\n2026-000118", " 2026-000118 2026-000118"},
        {"(2026-123456789012)", " 2026-123456789012"},
        {"2026-1234567890123", ""},
        {"2026-00118", ""},
        {"1926-000118", ""},
        {"12026-000118", ""},
        {"X2026-000118", ""},
        {"2026-000118X", ""},
        {"2026-000118_", ""},
        {"\xc3\xa4"
         "2026-000118",
         ""},
        {"2026 000118", ""},
        {"INV-", ""},
        {"INV-INV-2026-000118", " 2026-000118"},
        {"2026-2026-000118", " 2026-000118"},
        {"2", ""},
        {"2026-", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char number[CH_INVOICE_NUMBER_ROOM];
        const char *at = rows[i].text, *found = "";
        while (ch_remittance_number(&at, number))
            found = ch_printf(arena, "%s %s", found, number);
        if (strcmp(found, rows[i].found) != 0)
            fail_msg("%s: %s", rows[i].text, found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(numbers, arena_setup, arena_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
