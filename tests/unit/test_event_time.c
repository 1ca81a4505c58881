/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/event_time.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/event_parts.h"

static void instants_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"1969-12-31T23:59:59.9999999Z", -1}, /* cut, not rounded */
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T05:30:00+05:30", 0},
        {"1969-12-31T16:00:00-08:00", 0},
        {"1969-12-31T00:01:00-23:59", 0},
        {"1985-04-12T23:20:50.52Z", INT64_C(482196050520000)},        /* RFC 3339, 5.8 */
        {"1996-12-19T16:39:57-08:00", INT64_C(851042397000000)},      /* RFC 3339, 5.8 */
        {"1937-01-01T12:00:27.87+00:20", INT64_C(-1041337172130000)}, /* RFC 3339, 5.8 */
        {"1990-12-31T23:59:60Z", INT64_C(662687999999999)},           /* RFC 3339, 5.8: leap seconds */
        {"1990-12-31T15:59:60-08:00", INT64_C(662687999999999)},
        {"2016-12-31T23:59:60.75Z", INT64_C(1483228799999999)},
        {"2017-01-01T05:29:60+05:30", INT64_C(1483228799999999)},
        {"2024-02-29T23:59:60Z", INT64_C(1709251199999999)},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000000)},
        {"2026-03-01T11:50:00.123456789012345678901234567890Z", INT64_C(1772365800123456)},
        {"0000-01-01T00:00:00Z", INT64_C(-62167219200000000)},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t time;
        if (!event_time_read(good[i].text, strlen(good[i].text), &time))
            fail_msg("not read: %s", good[i].text);
        if (time != good[i].time)
            fail_msg("%s: %lld", good[i].text, (long long)time);
    }
}

static void what_is_no_instant_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Z",
        "2026-03-01",
        "2026-03-01T11:50:00",
        "2026-03-01T11:50Z",
        "2026-03-01 11:50:00Z",
        "2026-03-01T11:50:00.Z",
        "2026-03-01T11:50:00,5Z",
        "2026-03-01T11:50:00.5",
        "2026-03-01T11:50:00.5ZZ",
        "2026-03-01T11:50:00+0100",
        "2026-03-01T11:50:00+01",
        "2026-03-01T11:50:00+1:00",
        "2026-03-01T11:50:00+24:00",
        "2026-03-01T11:50:00+01:60",
        "2026-03-01T11:50:00UTC",
        "2026-03-01T24:00:00Z",
        "2026-03-01T11:60:00Z",
        "2026-03-01T11:50:61Z",
        "2026-00-01T11:50:00Z",
        "2026-13-01T11:50:00Z",
        "2026-03-00T11:50:00Z",
        "2026-03-32T11:50:00Z",
        "2026-04-31T11:50:00Z",
        "2026-02-29T11:50:00Z",
        "1900-02-29T11:50:00Z",
        "2100-02-29T00:00:00Z",
        "+2026-03-01T11:50:00Z",
        "12026-03-01T11:50:00Z",
        "-026-03-01T11:50:00Z",
        " 2026-03-01T11:50:00Z",
        "2026-03-01T11:50:00Z ",
        "2026-03-01T11:50:60Z",
        "2026-03-31T22:59:60Z",
        "2016-12-31T23:59:60+01:00",
        "2016-12-30T23:59:60Z",
        "2026-3-01T11:50:00ZZ",
        "2026-03-01T11:50:0\xc3\xa9Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t time;
        if (event_time_read(bad[i], strlen(bad[i]), &time))
            fail_msg("read: %s", bad[i]);
    }
    int64_t time;
    assert_false(event_time_read("2026-03-01T11:50:00Z\0", 21, &time));
    assert_false(event_time_read("2026-03-01T11:50:0\0Z", 20, &time));
}

/* Every day of 800 years is one day behind the one before it, and a leap second may end only the last of a month. */
static void days_follow_one_another(void **state)
{
    (void)state;
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t before = INT64_C(-11676096000), time; /* seconds of 1599-12-31 */
    char text[64];
    before = before - 86400;
    for (int year = 1600; year < 2400; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int last = days[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= last; day++) {
                int size = snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
                assert_true(event_time_read(text, (size_t)size, &time));
                assert_int_equal(time, (before + 86400) * 1000000);
                before += 86400;
                size = snprintf(text, sizeof text, "%04d-%02d-%02dT23:59:60Z", year, month, day);
                assert_int_equal(event_time_read(text, (size_t)size, &time), day == last);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(instants_are_read_exactly),
                                       cmocka_unit_test(what_is_no_instant_is_refused),
                                       cmocka_unit_test(days_follow_one_another)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
