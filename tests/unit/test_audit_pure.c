/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The auditor's pure parts: Merkle roots by recursion and its own chart of accounts. They
 * belong to a program and to no library, so their sources are included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/audit/chart.c"
#include "../../services/audit/merkle.c"

/* Vectors of the transparency log: entries leaf-0 to leaf-6. */
static void root_of(size_t count, char hex[65])
{
    uint8_t leaves[7 * 32], root[32];
    for (size_t i = 0; i < count; i++) {
        char entry[32];
        snprintf(entry, sizeof entry, "leaf-%zu", i);
        audit_merkle_leaf(entry, 6, leaves + i * 32);
    }
    audit_merkle_root(leaves, count, root);
    ch_hex(root, 32, hex);
}

static void roots_are_those_of_the_vectors(void **state)
{
    (void)state;
    char hex[65];
    root_of(0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    root_of(1, hex);
    assert_string_equal(hex, "305df59f9590c3c9ac63d2b2743c388e3792449078cebf7fb3dbe6471643b2b7");
    root_of(3, hex);
    assert_string_equal(hex, "cf763a041c81ceef1578a6083f75c61bef2e0014f2a3e683a97fcfca5be7f19a");
    root_of(7, hex);
    assert_string_equal(hex, "0b007fb915eb9b2a146f54b1c86ec53b664f8e455b7660b0b6ee13edc0d921c0");
}

static void every_account_of_the_chart_has_its_bound(void **state)
{
    (void)state;
    assert_int_equal(audit_bound("Assets:Bank:main"), '+');
    assert_int_equal(audit_bound("Assets:Receivable:Member:m1"), '+');
    assert_int_equal(audit_bound("Liabilities:Member:m1:Payable"), '-');
    assert_int_equal(audit_bound("Liabilities:Member:m1:Held:BankMissing"), '-');
    assert_int_equal(audit_bound("Liabilities:Pool:air:Clawback"), '+');
    assert_int_equal(audit_bound("Expenses:Fees:Rail"), '0');
    assert_int_equal(audit_bound("Liabilities:Member::Payable"), '?');
    assert_int_equal(audit_bound("Assets:Bank:main:more"), '?');
    assert_int_equal(audit_bound("Assets:Cash"), '?');
    assert_int_equal(audit_bound(""), '?');
}

static void gains_go_to_the_owner_of_the_account(void **state)
{
    (void)state;
    assert_string_equal(audit_direction("Liabilities:Member:m1:Payable"), "member");
    assert_string_equal(audit_direction("Assets:Receivable:Member:m1"), "member");
    assert_string_equal(audit_direction("Assets:Receivable:acme"), "licensee");
    assert_string_equal(audit_direction("Equity:Fund:Commons"), "trust");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(roots_are_those_of_the_vectors),
                                       cmocka_unit_test(every_account_of_the_chart_has_its_bound),
                                       cmocka_unit_test(gains_go_to_the_owner_of_the_account)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
