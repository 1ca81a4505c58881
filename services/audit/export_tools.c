/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls hledger, ledger and bean-check and reads what they print. Nothing is decided here. */
#include "export_tools.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "commonhold/cli.h"

#define OUTPUT_MOST ((size_t)1 << 30)
#define FILE_HERE   "{}" /* stands for the file's path */

const char *const export_formats[EXPORT_FORMATS] = {"hledger", "ledger", "beancount"};

/* What must be called (payout: exports), and what tells the balances. Beancount compares by itself. */
static const char *const CHECK[EXPORT_FORMATS][12] = {
    {"hledger", "-f", FILE_HERE, "check", "-s", "ordereddates", NULL},
    {"ledger", "--args-only", "-f", FILE_HERE, "--strict", "--pedantic", "bal", NULL},
    {"bean-check", FILE_HERE, NULL}};
static const char *const BALANCE[EXPORT_FORMATS][12] = {
    {"hledger", "-f", FILE_HERE, "balance", "--flat", "-E", "--no-total", "-O", "json", NULL},
    {"ledger", "--args-only", "-f", FILE_HERE, "--strict", "--pedantic", "bal", "--flat", "--no-total", "--empty",
     "--format=%(account)\\t%(quantity(scrub(display_total)))\\n", NULL},
    {NULL}};

/* Exit code of a program, 127 when there is none; what it prints is in out and err of the folder. */
static int run(struct audit *a, const char *const *arguments, const char *folder, const char *path)
{
    char *argv[12] = {NULL}, *path_of_programs = getenv("PATH");
    for (size_t i = 0; arguments[i]; i++)
        argv[i] = ch_strdup(a->arena, strcmp(arguments[i], FILE_HERE) == 0 ? path : arguments[i]);
    char *const environment[] = {ch_printf(a->arena, "PATH=%s", path_of_programs ? path_of_programs : "/usr/bin:/bin"),
                                 ch_printf(a->arena, "HOME=%s", folder), ch_strdup(a->arena, "LC_ALL=C.UTF-8"), NULL};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, ch_printf(a->arena, "%s/out", folder), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_addopen(&files, 2, ch_printf(a->arena, "%s/err", folder), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    pid_t child;
    int status = 0, code = posix_spawnp(&child, argv[0], &files, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&files);
    if (code != 0)
        return 127;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static char *printed(struct audit *a, const char *folder, const char *name)
{
    char error[256];
    size_t size;
    char *text = ch_read_file(a->arena, ch_printf(a->arena, "%s/%s", folder, name), OUTPUT_MOST, &size, error);
    return text ? text : ch_strdup(a->arena, "");
}

int export_digits(const struct audit *a)
{
    static const struct {
        int digits;
        const char *currencies;
    } OTHER[] = {{0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"},
                 {3, "BHD IQD JOD KWD LYD OMR TND"},
                 {4, "CLF UYW"}};
    for (size_t i = 0; i < sizeof OTHER / sizeof *OTHER; i++)
        if (strstr(OTHER[i].currencies, a->currency))
            return OTHER[i].digits;
    return 2;
}

bool export_minor(const struct audit *a, const char *text, int64_t *minor)
{
    bool negative = *text == '-';
    int digits = export_digits(a), places = -1, seen = 0;
    int64_t sum = 0;
    for (text += negative; *text; text++) {
        if (*text == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, *text - '0', &sum))
            return false;
        seen++;
        places += places >= 0;
    }
    for (int i = places < 0 ? 0 : places; i < digits; i++)
        if (__builtin_mul_overflow(sum, 10, &sum))
            return false;
    *minor = negative ? -sum : sum;
    return seen > 0 && places <= digits;
}

/* An amount of hledger: mantissa and places. */
static bool exact_amount(const struct audit *a, const json_t *amount, int64_t *minor)
{
    const json_t *quantity = json_object_get(amount, "aquantity"), *name = json_object_get(amount, "acommodity");
    int64_t value = json_integer_value(json_object_get(quantity, "decimalMantissa"));
    int64_t places = json_integer_value(json_object_get(quantity, "decimalPlaces"));
    bool good = json_is_string(name) && strcmp(json_string_value(name), a->currency) == 0;
    for (; places < export_digits(a); places++)
        good = good && !__builtin_mul_overflow(value, 10, &value);
    *minor += value;
    return good && places == export_digits(a);
}

/* One that is not in whole minor units of the book currency is told as the text that it is. */
static void read_hledger(struct audit *a, const char *text, json_t *balances)
{
    json_t *report = ch_json_own(a->arena, json_loads(text, 0, NULL)), *row, *amount;
    size_t i, k;
    json_array_foreach(json_array_get(report, 0), i, row)
    {
        int64_t minor = 0;
        bool exact = true;
        json_array_foreach(json_array_get(row, 3), k, amount) exact = exact_amount(a, amount, &minor) && exact;
        json_object_set_new(balances, json_string_value(json_array_get(row, 0)),
                            exact ? json_integer(minor) : json_string("not in minor units"));
    }
}

static void read_ledger(struct audit *a, char *text, json_t *balances)
{
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        char *tab = strchr(line, '\t');
        int64_t minor;
        if (!tab)
            continue;
        *tab = '\0';
        json_object_set_new(balances, line,
                            export_minor(a, tab + 1, &minor) ? json_integer(minor) : json_string(tab + 1));
    }
}

/* FILE:LINE: Balance failed for 'NAME': expected X CUR != accumulated Y CUR (Z too much). False for any other error. */
static bool read_beancount(struct audit *a, char *text, json_t *balances)
{
    static const char FAILED[] = "Balance failed for '", FOUND[] = " != accumulated ";
    char *rest = text, *line;
    bool good = true;
    while ((line = strsep(&rest, "\n"))) {
        char *name = strstr(line, FAILED), *end = name ? strchr(name + strlen(FAILED), '\'') : NULL,
             *found = end ? strstr(end, FOUND) : NULL;
        int64_t minor;
        if (*line != '/')
            continue;
        good = good && found;
        if (!found)
            continue;
        *end = '\0';
        found += strlen(FOUND);
        found[strcspn(found, " ")] = '\0';
        json_object_set_new(balances, name + strlen(FAILED),
                            export_minor(a, found, &minor) ? json_integer(minor) : json_string(found));
    }
    return good;
}

/* The first line that a tool complains with, without the path of this audit's own file. */
static const char *complaint(struct audit *a, const char *folder, const char *path)
{
    char *text = printed(a, folder, "err"), *at;
    text += strspn(text, " \n");
    text[strcspn(text, "\n")] = '\0';
    size_t length = strlen(path);
    while ((at = strstr(text, path)))
        memmove(at, at + length, strlen(at + length) + 1);
    return text;
}

enum export_answer export_judge(struct audit *a, enum export_format format, const char *folder, const char *path,
                                json_t **balances, const char **why)
{
    *balances = ch_json_own(a->arena, json_object());
    int code = run(a, CHECK[format], folder, path);
    *why = complaint(a, folder, path);
    if (code == 127)
        return EXPORT_NO_TOOL;
    if (format == EXPORT_BEANCOUNT)
        return code == 0 || read_beancount(a, printed(a, folder, "err"), *balances) ? EXPORT_READ : EXPORT_REFUSED;
    if (code != 0 || run(a, BALANCE[format], folder, path) != 0)
        return EXPORT_REFUSED;
    char *text = printed(a, folder, "out");
    if (format == EXPORT_HLEDGER)
        read_hledger(a, text, *balances);
    else
        read_ledger(a, text, *balances);
    return EXPORT_READ;
}
