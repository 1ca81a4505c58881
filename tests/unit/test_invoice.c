/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of invoice.c. */
#include "payout/helpers.h"

#include "../../services/payout/core/invoice.h"

static void vat_once_per_group_and_spread(void **state)
{
    struct ch_arena *arena = *state;
    struct ch_invoice_line lines[] = {
        {33, CH_VAT_S, 190000, 0}, {33, CH_VAT_S, 190000, 0}, {34, CH_VAT_S, 190000, 0},
        {50, CH_VAT_S, 70000, 0},  {100, CH_VAT_AE, 0, 0},
    };
    struct ch_invoice_sums sums;
    assert_true(ch_invoice_vat(arena, lines, 5, &sums));
    assert_int_equal(sums.group_count, 3);
    assert_int_equal(sums.groups[0].vat_ppm, 70000);
    assert_int_equal(sums.groups[0].tax, 4); /* 3.5 half up */
    assert_int_equal(sums.groups[1].tax, 19);
    assert_int_equal(sums.groups[2].tax, 0);
    assert_int_equal(lines[0].vat + lines[1].vat + lines[2].vat, 19);
    assert_int_equal(lines[0].vat, 6); /* 6.27 6.27 6.46: the one unit goes to the largest remainder */
    assert_int_equal(lines[2].vat, 7);
    assert_int_equal(sums.net, 250);
    assert_int_equal(sums.gross, 273);
    struct ch_invoice_line tie[] = {{50, CH_VAT_S, 190000, 0}, {50, CH_VAT_S, 190000, 0}};
    assert_true(ch_invoice_vat(arena, tie, 2, &sums));
    assert_int_equal(tie[0].vat, 10); /* the lower line number */
    tie[0].category = CH_VAT_Z;
    assert_false(ch_invoice_vat(arena, tie, 2, &sums));
    tie[0] = (struct ch_invoice_line){-1, CH_VAT_S, 0, 0};
    assert_false(ch_invoice_vat(arena, tie, 2, &sums));
}

static void slices_by_days(void **state)
{
    struct ch_arena *arena = *state;
    size_t count;
    const struct ch_invoice_slice *s = ch_invoice_slices(arena, 1000, "2025-12-17", "2026-02-28", &count);
    assert_non_null(s);
    assert_int_equal(count, 3);
    assert_int_equal(s[0].days, 15);
    assert_int_equal(s[1].year, 2026);
    assert_int_equal(s[1].month, 1);
    assert_int_equal(s[0].net + s[1].net + s[2].net, 1000);
    assert_int_equal(s[0].net, 203); /* 202.70, 418.92, 378.38 */
    assert_int_equal(s[1].net, 419);
    assert_int_equal(ch_invoice_slices(arena, 7, "2026-03-05", "2026-03-05", &count)->net, 7);
    assert_null(ch_invoice_slices(arena, 7, "2026-03-05", "2026-03-04", &count));
    assert_null(ch_invoice_slices(arena, 7, "2026-02-29", "2026-03-04", &count));
}

static void partial_receipts(void **state)
{
    struct ch_arena *arena = *state;
    const int64_t open[] = {60000, 40000, 19000};
    int64_t share[3];
    assert_true(ch_invoice_spread(arena, 50000, open, 3, share));
    assert_int_equal(share[0], 25210);
    assert_int_equal(share[1], 16807);
    assert_int_equal(share[2], 7983);
    assert_true(ch_invoice_spread(arena, 119000, open, 3, share));
    assert_int_equal(share[2], 19000);
    assert_false(ch_invoice_spread(arena, 119001, open, 3, share));
}

static void references(void **state)
{
    (void)state;
    char reference[26], plain[26];
    assert_true(ch_reference_make("539007547034", reference));
    assert_string_equal(reference, "RF18539007547034"); /* the example of ISO 11649 */
    assert_true(ch_reference_make("2026-000117", reference));
    assert_string_equal(reference, "RF142026000117"); /* as the bank's sample statement carries it */
    assert_true(ch_reference_check("rf18 5390 0754 7034", plain));
    assert_string_equal(plain, "RF18539007547034");
    assert_false(ch_reference_check("RF18539007547035", NULL));
    assert_false(ch_reference_check("RF18", NULL));
    assert_false(ch_reference_check("RF18-539007547034", NULL));
    assert_false(ch_reference_make("--", reference));
    assert_false(ch_reference_make("1234567890123456789012", reference));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vat_once_per_group_and_spread, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(slices_by_days, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(partial_receipts, arena_setup, arena_teardown),
        cmocka_unit_test(references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
