/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/accept.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/metering/core/accept.h"

static void the_heavier_type_is_chosen(void **state)
{
    (void)state;
    static const char *const TYPES[] = {"text/csv", "application/x-ndjson"};
    static const struct {
        const char *header;
        int chosen;
    } CASES[] = {{NULL, 0},
                 {"", 0},
                 {"*/*", 0},
                 {"text/csv", 0},
                 {"TEXT/CSV; header=present", 0},
                 {"application/x-ndjson", 1},
                 {"application/*", 1},
                 {"application/x-ndjson, text/csv", 1},
                 {"text/csv,application/x-ndjson", 0},
                 {"text/csv;q=0.5, application/x-ndjson;q=0.8", 1},
                 {"text/csv;q=0.5, application/x-ndjson ; q=0.50", 0},
                 {"text/csv;q=0, */*", 1},
                 {"text/*;q=0.9, text/csv;q=0.1, application/*;q=0.2", 1},
                 {"text/html, */*;q=0.1", 0},
                 {"*/*, application/x-ndjson", 1},
                 {"application/json", -1},
                 {"text/csvx", -1},
                 {"xtext/csv", -1},
                 {"text/csv;q=0", -1},
                 {"text/csv;q=0.000", -1},
                 {"text/csv;q=2", -1},
                 {"text/csv;q=", -1},
                 {"text/csv;q=1.001", -1},
                 {"*/*;q=0, text/csv;q=0", -1},
                 {",,;;q", -1}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        if (accept_choose(CASES[i].header, TYPES, 2) != CASES[i].chosen)
            fail_msg("Accept: %s gives %d", CASES[i].header, accept_choose(CASES[i].header, TYPES, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_heavier_type_is_chosen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
