/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The binary form of COPY, against bytes the server itself sends for these values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/copy.h"
#include "licensing_files.h"

static void test_cells(void **state)
{
    (void)state;
    static const struct {
        enum ch_column_type type;
        const char *text, *hex; /* without the length */
    } cases[] = {
        {CH_TYPE_STRING, "a\t\xc3\xa4", "6109c3a4"},
        {CH_TYPE_STRING, "", ""},
        {CH_TYPE_INTEGER, "-9223372036854775808", "8000000000000000"},
        {CH_TYPE_INTEGER, "9223372036854775807", "7fffffffffffffff"},
        {CH_TYPE_INTEGER, "-1", "ffffffffffffffff"},
        {CH_TYPE_BOOLEAN, "t", "01"},
        {CH_TYPE_BOOLEAN, "f", "00"},
        {CH_TYPE_DATE, "2000-01-01", "00000000"},
        {CH_TYPE_DATE, "1999-12-31", "ffffffff"},
        {CH_TYPE_DATE, "0001-01-01", "fff4dbf9"},
        {CH_TYPE_DATETIME, "2000-01-01 00:00:01+00", "00000000000f4240"},
        {CH_TYPE_DATETIME, "1999-12-31 23:59:59.999999+00", "ffffffffffffffff"},
        {CH_TYPE_NUMBER, "0", "0000000000000000"},
        {CH_TYPE_NUMBER, "-0.00", "0000000000000002"},
        {CH_TYPE_NUMBER, "1", "00010000000000000001"},
        {CH_TYPE_NUMBER, "57.1500", "0002000000000004003905dc"},
        {CH_TYPE_NUMBER, "-1234567.89", "0003000140000002007b11d722c4"},
        {CH_TYPE_NUMBER, "0.0001", "0001ffff000000040001"},
        {CH_TYPE_NUMBER, "0.00001", "0001fffe0000000503e8"},
        {CH_TYPE_NUMBER, "1e4", "00010001000000000001"},
        {CH_TYPE_NUMBER, "1e5", "0001000100000000000a"},
        {CH_TYPE_NUMBER, "12345678901234567890.5", "000600040000000104d2162e23340d801ed21388"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct ch_cell cell = {cases[i].text, strlen(cases[i].text)};
        char out[256], hex[520];
        size_t size = (size_t)(ch_copy_cell(out, cases[i].type, &cell) - out);
        assert_true(size <= ch_copy_room(&cell) && size >= 4);
        for (size_t k = 0; k < size; k++)
            snprintf(hex + 2 * k, 3, "%02x", (unsigned char)out[k]);
        char length[9];
        snprintf(length, sizeof length, "%08zx", size - 4);
        assert_memory_equal(hex, length, 8);
        if (strcmp(hex + 8, cases[i].hex) != 0)
            fail_msg("%s: %s, not %s", cases[i].text, hex + 8, cases[i].hex);
    }
}

static void test_null_and_frame(void **state)
{
    (void)state;
    const struct ch_cell none = {NULL, 0};
    char out[64];
    assert_int_equal(ch_copy_cell(out, CH_TYPE_NUMBER, &none) - out, 4);
    assert_memory_equal(out, "\xff\xff\xff\xff", 4);
    assert_int_equal(ch_copy_header(out) - out, CH_COPY_HEADER);
    assert_memory_equal(out, "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", CH_COPY_HEADER);
    assert_int_equal(ch_copy_row(out, 201) - out, CH_COPY_ROW);
    assert_memory_equal(out, "\0\xc9", 2);
    assert_int_equal(ch_copy_trailer(out) - out, CH_COPY_TRAILER);
    assert_memory_equal(out, "\xff\xff", 2);
}

/* However a number is written, short or long, its digits are the same. */
static void test_long_and_short_numbers_agree(void **state)
{
    (void)state;
    for (int places = 0; places < 12; places++) {
        char plain[64], padded[96], a[256], b[256];
        snprintf(plain, sizeof plain, "98765.4321e%d", places - 6);
        snprintf(padded, sizeof padded, "000000000000000098765.4321e%d", places - 6);
        struct ch_decimal shorter, longer;
        assert_true(ch_decimal_parse(plain, strlen(plain), &shorter));
        assert_true(ch_decimal_parse(padded, strlen(padded), &longer));
        assert_true(shorter.small && !longer.small);
        size_t size = ch_decimal_binary(&shorter, a), other = ch_decimal_binary(&longer, b);
        assert_int_equal(size, other);
        assert_memory_equal(a, b, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_null_and_frame),
        cmocka_unit_test(test_long_and_short_numbers_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
