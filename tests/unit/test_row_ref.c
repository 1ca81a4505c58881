/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/row_ref.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/row_ref.h"
#include "../../services/metering/core/rows.h"

/* openssl enc -aes-256-ecb -nopad over the row id as 16 bytes, key 00 01 ... 1f; first 64 bits in Crockford base32. */
static const struct {
    int64_t row_id;
    const char *text;
} VECTORS[] = {{1, "F0QBPNS5BK7Z5"}, {2, "0XF5NVTTJS0XX"}, {INT64_MAX, "38H1JBKJEGPW0"}};

static void names_are_those_openssl_gives(void **state)
{
    (void)state;
    uint8_t key[32];
    char body[64];
    struct row_refs refs = {0};
    for (int i = 0; i < 32; i++)
        key[i] = (uint8_t)i;
    memset(body, '.', sizeof body);
    for (size_t i = 0; i < 3; i++)
        row_refs_add(&refs, VECTORS[i].row_id, i * 20 + 1);
    row_refs_fill(&refs, key, body);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(body + i * 20 + 1, VECTORS[i].text, ROW_REF);
        assert_int_equal(body[i * 20], '.');
        assert_int_equal(body[i * 20 + 14], '.');
    }
    assert_int_equal(refs.count, 0);
    row_refs_free(&refs);
}

static void a_long_batch_is_like_single_rows(void **state)
{
    (void)state;
    uint8_t key[32] = {7};
    struct row_refs refs = {0};
    static char all[10000 * ROW_REF];
    char one[ROW_REF];
    for (size_t i = 0; i < 10000; i++)
        row_refs_add(&refs, (int64_t)i * 977, i * ROW_REF);
    row_refs_fill(&refs, key, all);
    for (size_t i = 0; i < 10000; i += 333) {
        row_refs_add(&refs, (int64_t)i * 977, 0);
        row_refs_fill(&refs, key, one);
        assert_memory_equal(all + i * ROW_REF, one, ROW_REF);
    }
    row_refs_free(&refs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_those_openssl_gives),
                                       cmocka_unit_test(a_long_batch_is_like_single_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
