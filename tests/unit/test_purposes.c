/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The purpose tree, its trap, regions, and the calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../services/licensing/core/purposes.h"
#include "../../services/licensing/core/zulu.h"

static void test_tree_of_the_reference_list(void **state)
{
    (void)state;
    char error[256];
    unsigned ads = ch_purpose_index("X.ADS"), com = ch_purpose_index("COM"), x = ch_purpose_index("X");
    assert_int_equal(ch_purpose_count, 26);
    assert_true(ch_purpose_tree_check(ch_purposes, ch_purpose_count, error));
    assert_true(ch_purposes[com].descendants >> ads & 1); /* over the second parent */
    assert_true(ch_purposes[x].descendants >> ads & 1);
    assert_true(ch_purposes[ads].ancestors >> ch_purpose_index("ANY") & 1);
    assert_false(ch_purposes[ch_purpose_index("PG")].descendants >> ads & 1);
    assert_int_equal(__builtin_popcountll(ch_purposes[0].descendants), 26);
    assert_int_equal(__builtin_popcountll(ch_purposes_assignable()), 21);
    assert_int_equal(ch_purpose_index("PG.SERVICE"), CH_PURPOSE_UNKNOWN);
    assert_int_equal(ch_purpose_index(""), CH_PURPOSE_UNKNOWN);
}

static void refuse(size_t row, const char *parents, const char *dpv, const char *why)
{
    struct ch_purpose rows[64];
    char error[256];
    memcpy(rows, ch_purposes, ch_purpose_count * sizeof *rows);
    rows[row].parents = parents;
    rows[row].dpv = dpv;
    assert_false(ch_purpose_tree_check(rows, ch_purpose_count, error));
    if (!strstr(error, why))
        fail_msg("%s", error);
}

static void test_the_trap(void **state)
{
    (void)state;
    unsigned security = ch_purpose_index("X.SECURITY"), climate = ch_purpose_index("PG.CLIMATE");
    refuse(security, "PG", ch_purposes[security].dpv, "security purpose below PG");
    refuse(security, "X PG", "", "from PG and also from COM or X");
    refuse(climate, "PG RES.COM", "", "from PG and also from COM or X");
    refuse(climate, "PG", "dpv:CombatClimateChange dpv:ProtectionOfNationalSecurity", "security purpose below PG");
    refuse(climate, "PG", "https://w3id.org/dpv#Counterterrorism", "not written with a known prefix");
    refuse(climate, "PG", "DPV:Counterterrorism", "not written with a known prefix");
    refuse(climate, "PG", "dpv:Counter%74errorism", "not written with a known prefix");
    refuse(climate, "PG", "dpv:", "not written with a known prefix");
    refuse(ch_purpose_index("PG"), "PG.CLIMATE", "", "descends from itself");
    refuse(climate, "GONE", "", "not listed: GONE");
    refuse(climate, "", "", "second root");
}

static void test_iris_map_only_where_exact(void **state)
{
    (void)state;
    assert_string_equal(ch_purpose_from_iri("https://w3id.org/dpv#CombatClimateChange"), "PG.CLIMATE");
    assert_string_equal(ch_purpose_from_iri("http://purl.obolibrary.org/obo/DUO_0000046"), "RES.NONCOM");
    assert_null(ch_purpose_from_iri("https://w3id.org/dpv#PublicBenefit"));
    assert_null(ch_purpose_from_iri("https://w3id.org/dpv#Counterterrorism"));
    assert_null(ch_purpose_from_iri("https://w3id.org/dpv/ai#ModelTraining"));
    assert_null(ch_purpose_from_iri("https://w3id.org/dpv#"));
}

static void test_regions(void **state)
{
    (void)state;
    struct ch_region_set eu = {{0}}, eea = {{0}}, world = {{0}};
    assert_int_equal(ch_region_count, 249);
    assert_true(ch_region_set_add(&eu, "EU") && ch_region_set_add(&eea, "EEA") && ch_region_set_add(&world, "WORLD"));
    assert_true(ch_region_set_within(&eu, &eea) && ch_region_set_within(&eea, &world));
    assert_false(ch_region_set_within(&eea, &eu));
    assert_true(ch_region_set_has(&eea, ch_region_bit("NO")));
    assert_false(ch_region_set_has(&eu, ch_region_bit("NO")) || ch_region_set_has(&eea, ch_region_bit("GB")));
    assert_int_equal(ch_region_bit("EU"), CH_REGION_UNKNOWN);
    assert_int_equal(ch_region_bit("XK"), CH_REGION_UNKNOWN);
    assert_int_equal(ch_region_bit("de"), CH_REGION_UNKNOWN);
    assert_false(ch_region_set_add(&eu, "EU EEA") || ch_region_set_add(&eu, ""));
}

static void test_instants(void **state)
{
    (void)state;
    static const char *const bad[] = {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:00:60Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00",
                                      "2026-01-01T00:00:00z", "+026-01-01T00:00:00Z", "2026-00-10T00:00:00Z"};
    int64_t seconds;
    char text[21];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ch_zulu_parse(bad[i], &seconds));
    assert_true(ch_zulu_parse("1970-01-01T00:00:00Z", &seconds));
    assert_int_equal(seconds, 0);
    assert_true(ch_zulu_parse("2024-02-29T23:59:59Z", &seconds));
    assert_int_equal(seconds, 1709251199);
    for (int64_t day = -719528; day < 2932896; day += 97) { /* years 0000 to 9999 */
        int64_t back;
        ch_zulu_format(day * 86400 + 86399, text);
        assert_true(ch_zulu_parse(text, &back));
        assert_int_equal(back, day * 86400 + 86399);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_of_the_reference_list),
        cmocka_unit_test(test_the_trap),
        cmocka_unit_test(test_iris_map_only_where_exact),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_instants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
