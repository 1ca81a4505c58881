/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of outcomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "commonhold/errors.h"

/* Slugs are in addresses, titles and advice are pasted into JSON and HTML as they are. */
static void test_texts_are_plain(void **state)
{
    (void)state;
    for (const struct ch_outcome *outcome = CH_OUTCOMES; outcome->slug; outcome++) {
        assert_int_equal(strspn(outcome->slug, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(outcome->slug));
        assert_true(outcome->status >= 200 && outcome->status < 600);
        assert_null(strpbrk(outcome->title, "\"\\\n&"));
        assert_null(strpbrk(outcome->advice, "\"\\\n&"));
        assert_true(outcome->status < 400 || outcome->advice[0]);
    }
}

static void test_every_slug_is_found_once(void **state)
{
    (void)state;
    for (const struct ch_outcome *outcome = CH_OUTCOMES; outcome->slug; outcome++)
        assert_ptr_equal(ch_outcome_find(outcome->slug), outcome);
    assert_null(ch_outcome_find("no_such_slug"));
    assert_null(ch_outcome_find(""));
    assert_null(ch_outcome_find(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts_are_plain),
                                       cmocka_unit_test(test_every_slug_is_found_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
