/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which addresses are pages: the same cases as in tests/portal/unit/router.test.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/portal/core/page_path.h"

static void patterns_take_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool fits;
    } CASES[] = {
        {"/", "/", true},
        {"/", "/charter", false},
        {"/charter", "/charter", true},
        {"/charter", "/charter/", false},
        {"/charter", "/charters", false},
        {"/charter", "/", false},
        {"/decisions/:id", "/decisions/7", true},
        {"/decisions/:id", "/decisions", false},
        {"/decisions/:id", "/decisions/", false},
        {"/decisions/:id", "/decisions/7/8", false},
        {"/decisions/:id", "/decision/7", false},
        {"/proposals/:id/edit", "/proposals/7/edit", true},
        {"/proposals/:id/edit", "/proposals//edit", false},
        {"/proposals/:id/edit", "/proposals/7", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_int_equal(page_path_fits(CASES[i].pattern, CASES[i].path), CASES[i].fits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patterns_take_what_they_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
