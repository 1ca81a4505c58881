/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The types a field of a body can have, one reader each. Pure: no request, no clock. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"
#include "http_field.h"

#define TEXT_DEFAULT  4096 /* code points */
#define TEXTS_DEFAULT 100
#define ARRAY_DEFAULT 1000

struct reader {
    const struct ch_field *field;
    json_t *value;
    void *place;
    char *detail;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->detail, reader->size, format, args);
    va_end(args);
    return false;
}

static bool store_text(struct reader *reader)
{
    const char *text = json_string_value(reader->value);
    memcpy(reader->place, &text, sizeof text);
    return true;
}

static bool store_tree(struct reader *reader)
{
    memcpy(reader->place, &reader->value, sizeof reader->value);
    return true;
}

/* -1 for control characters but LF, DEL included; jansson has checked the UTF-8. */
static int64_t count_points(const char *text, size_t length)
{
    int64_t points = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte < ' ' && byte != '\n') || byte == 0x7f)
            return -1;
        points += (byte & 0xc0) != 0x80;
    }
    return points;
}

static bool read_text(struct reader *reader)
{
    const struct ch_field *field = reader->field;
    if (!json_is_string(reader->value))
        return refuse(reader, "must be a text");
    int64_t most = field->max > 0 ? field->max : TEXT_DEFAULT;
    int64_t points = count_points(json_string_value(reader->value), json_string_length(reader->value));
    if (points < 0)
        return refuse(reader, "must not contain control characters");
    if (points < field->min || points > most)
        return refuse(reader, "must have %lld to %lld characters", (long long)field->min, (long long)most);
    const char *text = json_string_value(reader->value);
    if (field->min > 0 && text[strspn(text, " \n")] == '\0')
        return refuse(reader, "must not be blank");
    return store_text(reader);
}

static bool read_int(struct reader *reader)
{
    const struct ch_field *field = reader->field;
    if (!json_is_integer(reader->value))
        return refuse(reader, "must be an integer");
    int64_t number = json_integer_value(reader->value);
    bool limited = field->min != 0 || field->max != 0;
    if (limited && (number < field->min || number > field->max))
        return refuse(reader, "must lie between %lld and %lld", (long long)field->min, (long long)field->max);
    memcpy(reader->place, &number, sizeof number);
    return true;
}

static bool read_bool(struct reader *reader)
{
    if (!json_is_boolean(reader->value))
        return refuse(reader, "must be true or false");
    *(bool *)reader->place = json_is_true(reader->value);
    return true;
}

static bool read_uuid(struct reader *reader)
{
    uint8_t bytes[16];
    const char *text = json_string_value(reader->value);
    if (!text || !ch_id_parse(text, bytes))
        return refuse(reader, "must be a UUID in lower case");
    return store_text(reader);
}

/* Digits where the pattern has '9', itself elsewhere. */
static bool has_form(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '9' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return *text == '\0';
}

static int number_at(const char *text, int digits)
{
    int number = 0;
    while (digits-- > 0)
        number = number * 10 + (*text++ - '0');
    return number;
}

static bool is_calendar_date(const char *text)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = number_at(text, 4), month = number_at(text + 5, 2), day = number_at(text + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= DAYS[month - 1] + (month == 2 && leap);
}

bool ch_is_date(const char *text)
{
    return has_form(text, "9999-99-99") && is_calendar_date(text);
}

static bool read_date(struct reader *reader)
{
    const char *text = json_string_value(reader->value);
    if (!text || !ch_is_date(text))
        return refuse(reader, "must be a date YYYY-MM-DD");
    return store_text(reader);
}

static bool read_time(struct reader *reader)
{
    const char *text = json_string_value(reader->value);
    bool ok = text && has_form(text, "9999-99-99T99:99:99Z") && is_calendar_date(text) &&
              number_at(text + 11, 2) < 24 && number_at(text + 14, 2) < 60 && number_at(text + 17, 2) < 60;
    return ok ? store_text(reader) : refuse(reader, "must be a time YYYY-MM-DDTHH:MM:SSZ");
}

static bool read_code(struct reader *reader)
{
    const char *text = json_string_value(reader->value);
    size_t length = json_string_length(reader->value);
    const char *codes = reader->field->codes ? reader->field->codes : "";
    for (const char *at = codes; text && *at;) {
        size_t size = strcspn(at, " ");
        if (size == length && memcmp(at, text, size) == 0)
            return store_text(reader);
        at += size + strspn(at + size, " ");
    }
    return refuse(reader, "must be one of: %s", codes);
}

static bool read_money(struct reader *reader)
{
    struct ch_money amount;
    if (!ch_money_from_json(&amount, reader->value))
        return refuse(reader, "must be an amount {\"minor\": integer, \"currency\": \"EUR\"}");
    memcpy(reader->place, &amount, sizeof amount);
    return true;
}

static bool is_text_array(const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *text = json_array_get(value, i);
        if (!json_is_string(text) || count_points(json_string_value(text), json_string_length(text)) < 0)
            return false;
    }
    return json_is_array(value);
}

static bool read_array(struct reader *reader, int64_t fallback)
{
    const struct ch_field *field = reader->field;
    int64_t most = field->max > 0 ? field->max : fallback;
    int64_t count = (int64_t)json_array_size(reader->value);
    if (!json_is_array(reader->value))
        return refuse(reader, "must be an array");
    if (count < field->min || count > most)
        return refuse(reader, "must have %lld to %lld elements", (long long)field->min, (long long)most);
    return store_tree(reader);
}

bool ch_field_read(const struct ch_field *field, json_t *value, void *place, char *detail, size_t size)
{
    struct reader reader = {field, value, place, detail, size};
    switch (field->type) {
    case CH_FIELD_TEXT:
        return read_text(&reader);
    case CH_FIELD_INT:
        return read_int(&reader);
    case CH_FIELD_BOOL:
        return read_bool(&reader);
    case CH_FIELD_UUID:
        return read_uuid(&reader);
    case CH_FIELD_TIME:
        return read_time(&reader);
    case CH_FIELD_DATE:
        return read_date(&reader);
    case CH_FIELD_CODE:
        return read_code(&reader);
    case CH_FIELD_MONEY:
        return read_money(&reader);
    case CH_FIELD_TEXTS:
        return is_text_array(value) ? read_array(&reader, TEXTS_DEFAULT) : refuse(&reader, "must be an array of texts");
    case CH_FIELD_OBJECT:
        return json_is_object(value) ? store_tree(&reader) : refuse(&reader, "must be an object");
    case CH_FIELD_ARRAY:
        return read_array(&reader, ARRAY_DEFAULT);
    case CH_FIELD_ANY:
        return store_tree(&reader);
    }
    abort();
}
