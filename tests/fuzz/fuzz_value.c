/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a value of PostgreSQL's binary format: the first chooses type and rule, two more its number, the rest is
 * the value. What is shown stays within the room that was promised, and is text of the kind its type has. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/metering/core/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static struct plan_column choose(const uint8_t *bytes)
{
    static const char *const UNITS[] = {"year", "quarter", "month", "week", "day", "hour", "minute"};
    struct plan_column column = {.name = "x", .type = (enum plan_type)(bytes[0] % 6)};
    unsigned number = (unsigned)bytes[1] << 8 | bytes[2];
    bool numeric = column.type == PLAN_INTEGER || column.type == PLAN_NUMBER;
    bool dated = column.type == PLAN_DATE || column.type == PLAN_DATETIME;
    unsigned rule = bytes[0] / 6 % 3;
    if (rule == 1 && numeric) {
        column.rule = PLAN_ROUND;
        column.number = (int)(number % 13) - 6;
    } else if (rule == 2 && numeric) {
        column.rule = PLAN_BIN;
        column.number = number & 1 ? 1 + number : INT64_C(999999999999999999) - number;
        column.origin = (int64_t)number * number * (number & 2 ? -1 : 1);
    } else if (rule > 0 && dated) {
        column.rule = PLAN_TRUNC;
        column.unit = UNITS[number % 7];
    } else if (rule > 0 && column.type == PLAN_STRING) {
        column.rule = PLAN_PREFIX;
        column.number = 1 + number % 9999;
    }
    return column;
}

static void check_number(const char *text, int length)
{
    static const char *const WORDS[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < 3; i++)
        if ((size_t)length == strlen(WORDS[i]) && memcmp(text, WORDS[i], (size_t)length) == 0)
            return;
    int digits = 0, points = 0;
    for (int i = *text == '-'; i < length; i++) {
        points += text[i] == '.';
        digits += text[i] >= '0' && text[i] <= '9';
    }
    require(digits > 0 && points <= 1 && digits + points + (*text == '-') == length && text[length - 1] != '.');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 3)
        return 0;
    struct plan_column column = choose(bytes);
    const uint8_t *value = bytes + 3;
    size_t length = size - 3, room = value_room(&column, value, length);
    char *to = malloc(room > 0 ? room : 1); /* the sanitizer watches its end */
    const char *text = NULL;
    require(to != NULL);
    int shown = value_show(&column, value, length, to, &text);
    require(shown <= (int)(column.type == PLAN_STRING ? length : room));
    if (shown > 0 && (column.type == PLAN_INTEGER || column.type == PLAN_NUMBER))
        check_number(text, shown);
    free(to);
    return 0;
}
