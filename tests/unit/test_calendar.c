/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Days and dates against the C library's own calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "commonhold/calendar.h"

/* Every day of 1,200 years around 1970, and the ends of what callers use. */
static void test_days_and_dates_are_the_library_s(void **state)
{
    (void)state;
    for (int64_t days = -219146; days < 219146; days++) {
        time_t seconds = (time_t)(days * 86400);
        struct tm tm;
        int64_t year;
        int month, day;
        assert_non_null(gmtime_r(&seconds, &tm));
        ch_date_of_days(days, &year, &month, &day);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_int_equal(month, tm.tm_mon + 1);
        assert_int_equal(day, tm.tm_mday);
        assert_int_equal(ch_days_of_date(year, month, day), days);
    }
}

static void test_the_years_before_the_first(void **state)
{
    (void)state;
    int64_t year;
    int month, day;
    assert_int_equal(ch_days_of_date(0, 1, 1), -719528);
    ch_date_of_days(ch_days_of_date(-4712, 2, 29), &year, &month, &day);
    assert_true(year == -4712 && month == 2 && day == 29);
    ch_date_of_days(ch_days_of_date(294276, 12, 31), &year, &month, &day);
    assert_true(year == 294276 && month == 12 && day == 31);
}

static void test_months_end_where_the_next_begins(void **state)
{
    (void)state;
    for (int64_t year = -8; year < 2405; year++)
        for (int month = 1; month < 12; month++)
            assert_int_equal(ch_days_of_date(year, month + 1, 1) - ch_days_of_date(year, month, 1),
                             ch_days_of_month(year, month));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_and_dates_are_the_library_s),
        cmocka_unit_test(test_the_years_before_the_first),
        cmocka_unit_test(test_months_end_where_the_next_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
