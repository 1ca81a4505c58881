/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration files: what is taken, and what is refused with which place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/config.h"

static const struct ch_config_key KEYS[] = {{"name", CH_CONFIG_TEXT, NULL, 0, 0, "what it is called"},
                                            {"size", CH_CONFIG_INT, "5", 1, 10, "how large"},
                                            {"wait", CH_CONFIG_SECONDS, "60", 0, 3600, "how long"},
                                            {"open", CH_CONFIG_BOOL, "no", 0, 0, "whether"},
                                            {"file", CH_CONFIG_PATH, "", 0, 0, "where"},
                                            {0}};
static const struct ch_config_section SECTIONS[] = {{"toy", KEYS}, {"other", NULL}, {0}};

static char folder[] = "/tmp/test_config.XXXXXX", path[64], error[512];

static struct ch_config *load(const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return ch_config_load(path, SECTIONS, error);
}

static void test_values(void **state)
{
    char expected[96];
    (void)state;
    struct ch_config *config = load("# comment\n\n[toy]\r\n name =  two words = one \n; more\nopen=yes\nfile = keys/a\n"
                                    "[other]\nanything = goes\n");
    assert_non_null(config);
    assert_string_equal(ch_config_text(config, "toy", "name"), "two words = one");
    assert_int_equal(ch_config_int(config, "toy", "size"), 5);
    assert_int_equal(ch_config_int(config, "toy", "wait"), 60);
    assert_true(ch_config_bool(config, "toy", "open"));
    snprintf(expected, sizeof expected, "%s/keys/a", folder);
    assert_string_equal(ch_config_text(config, "toy", "file"), expected);
    ch_config_free(config);
}

static void test_last_line_without_line_feed(void **state)
{
    (void)state;
    struct ch_config *config = load("[toy]\nname = a\nsize = 10");
    assert_non_null(config);
    assert_int_equal(ch_config_int(config, "toy", "size"), 10);
    ch_config_free(config);
}

static void test_environment_wins(void **state)
{
    (void)state;
    setenv("COMMONHOLD_TOY_SIZE", "7", 1);
    setenv("COMMONHOLD_TOY_NAME", "from outside", 1);
    struct ch_config *config = ch_config_load(NULL, SECTIONS, error);
    assert_non_null(config);
    assert_int_equal(ch_config_int(config, "toy", "size"), 7);
    ch_config_free(config);
    setenv("COMMONHOLD_TOY_SIZE", "700", 1);
    assert_null(load("[toy]\nname = a\nsize = 3\n"));
    assert_non_null(strstr(error, "from 1 to 10"));
    unsetenv("COMMONHOLD_TOY_SIZE");
    unsetenv("COMMONHOLD_TOY_NAME");
}

static void test_refusals_name_the_place(void **state)
{
    static const struct {
        const char *text, *place, *reason;
    } BAD[] = {{"[toy]\nname = a\nsize = 11\n", ":3: ", "from 1 to 10"},
               {"[toy]\nname = a\nsize = 5x\n", ":3: ", "whole number"},
               {"[toy]\nname = a\nsize =\n", ":3: ", "whole number"},
               {"[toy]\nname = a\nsize = 99999999999999999999\n", ":3: ", "whole number"},
               {"[toy]\nname = a\nopen = 1\n", ":3: ", "yes or no"},
               {"[toy]\nname = a\nnmae = b\n", ":3: ", "no key nmae"},
               {"[toy]\nname = a\nname = b\n", ":3: ", "line 2"},
               {"[tow]\n", ":1: ", "no section [tow]"},
               {"[toy\n", ":1: ", "[name]"},
               {"name = a\n", ":1: ", "[section] must come first"},
               {"[toy]\njust words\n", ":2: ", "not understood"},
               {"[toy]\n", "name is missing", "what it is called"}};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_null(load(BAD[i].text));
        print_message("%s\n", error);
        assert_non_null(strstr(error, BAD[i].place));
        assert_non_null(strstr(error, BAD[i].reason));
    }
    assert_null(ch_config_load("/nonexistent/file", SECTIONS, error));
    assert_non_null(strstr(error, "/nonexistent/file"));
}

/* The skeleton's own defaults must be right themselves. */
static void test_common_defaults(void **state)
{
    static const struct ch_config_section COMMON[] = {{"common", CH_CONFIG_COMMON}, {0}};
    (void)state;
    struct ch_config *config = ch_config_load(NULL, COMMON, error);
    assert_non_null(config);
    assert_int_equal(ch_config_int(config, "common", "processes"), 1);
    ch_config_free(config);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/a.ini", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return unlink(path) | rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),           cmocka_unit_test(test_last_line_without_line_feed),
        cmocka_unit_test(test_environment_wins), cmocka_unit_test(test_refusals_name_the_place),
        cmocka_unit_test(test_common_defaults),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
