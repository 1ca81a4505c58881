/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents against tables of keys. What a document means is not looked at here. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"
#include "shape.h"

#define COMPLAINTS_MAX 100

struct ch_complaints *ch_complaints_new(struct ch_arena *arena)
{
    struct ch_complaints *list = ch_alloc(arena, sizeof *list);
    list->arena = arena;
    list->errors = ch_json_pack(arena, "[]");
    return list;
}

bool ch_complain(struct ch_complaints *list, const char *pointer, const char *format, ...)
{
    if (json_array_size(list->errors) >= COMPLAINTS_MAX)
        return false;
    va_list args;
    va_start(args, format);
    const char *detail = ch_vprintf(list->arena, format, args);
    va_end(args);
    json_array_append(list->errors, ch_json_pack(list->arena, "{s:s,s:s}", "pointer", pointer, "detail", detail));
    return false;
}

bool ch_complaints_none(const struct ch_complaints *list)
{
    return json_array_size(list->errors) == 0;
}

char *ch_complaints_text(const struct ch_complaints *list)
{
    return ch_json_canonical(list->arena, ch_json_pack(list->arena, "{s:O}", "errors", list->errors), NULL);
}

bool ch_word_in(const char *word, const char *words)
{
    size_t length = strlen(word);
    for (const char *at = words; length > 0 && (at = strstr(at, word)) != NULL; at += length) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

const char *ch_shape_pointer(struct ch_arena *arena, const char *parent, const char *name)
{
    char *escaped = ch_alloc(arena, 2 * strlen(name) + 1), *to = escaped;
    for (const char *from = name; *from != '\0'; from++) {
        if (*from == '~' || *from == '/') {
            *to++ = '~';
            *to++ = *from == '~' ? '0' : '1';
        } else {
            *to++ = *from;
        }
    }
    return ch_printf(arena, "%s/%s", parent, escaped);
}

static int64_t code_points(const char *text)
{
    int64_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool has_controls(const json_t *value)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; i < json_string_length(value); i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static bool check_text(struct ch_complaints *list, const json_t *value, const char *at, const struct ch_shape_key *key)
{
    if (!json_is_string(value))
        return ch_complain(list, at, "A text is needed here.");
    if (has_controls(value))
        return ch_complain(list, at, "Control characters are not accepted.");
    int64_t length = code_points(json_string_value(value));
    if (length < key->min || length > key->max)
        return ch_complain(list, at, "A text of %lld to %lld characters is needed here.", (long long)key->min,
                           (long long)key->max);
    return true;
}

static bool check_int(struct ch_complaints *list, const json_t *value, const char *at, const struct ch_shape_key *key)
{
    if (!json_is_integer(value))
        return ch_complain(list, at, "An integer is needed here.");
    if (json_integer_value(value) < key->min || json_integer_value(value) > key->max)
        return ch_complain(list, at, "A number from %lld to %lld is needed here.", (long long)key->min,
                           (long long)key->max);
    return true;
}

static bool check_array(struct ch_complaints *list, const json_t *value, const char *at, const struct ch_shape_key *key)
{
    if (!json_is_array(value))
        return ch_complain(list, at, "An array is needed here.");
    int64_t size = (int64_t)json_array_size(value);
    if (size < key->min || size > key->max)
        return ch_complain(list, at, "%lld to %lld entries are needed here.", (long long)key->min, (long long)key->max);
    return true;
}

static bool is_currency(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static bool check_money(struct ch_complaints *list, const json_t *value, const char *at, const struct ch_shape_key *key)
{
    static const struct ch_shape_key MONEY[] = {{"minor", CH_SHAPE_IS_INT, 0, 0, INT64_C(9007199254740991), NULL},
                                                {"currency", CH_SHAPE_IS_TEXT, 0, 3, 3, NULL},
                                                {NULL, CH_SHAPE_IS_INT, 0, 0, 0, NULL}};
    if (!json_is_object(value))
        return ch_complain(list, at, "Money is written {\"minor\": 1234, \"currency\": \"EUR\"}.");
    if (!ch_shape_check(list, value, at, MONEY))
        return false;
    if (!is_currency(json_object_get(value, "currency")))
        return ch_complain(list, ch_shape_pointer(list->arena, at, "currency"), "An ISO 4217 code is needed here.");
    struct ch_shape_key minor = MONEY[0];
    minor.min = key->min;
    minor.max = key->max > 0 ? key->max : minor.max;
    return check_int(list, json_object_get(value, "minor"), ch_shape_pointer(list->arena, at, "minor"), &minor);
}

static bool check_hash(struct ch_complaints *list, const json_t *value, const char *at)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
        return ch_complain(list, at, "A SHA-256 of 64 lower-case hex digits is needed here.");
    return true;
}

static bool check_uuid(struct ch_complaints *list, const json_t *value, const char *at)
{
    uint8_t bytes[16];
    if (!json_is_string(value) || !ch_id_parse(json_string_value(value), bytes))
        return ch_complain(list, at, "An identifier (UUID, lower case) is needed here.");
    return true;
}

static bool check_time(struct ch_complaints *list, const json_t *value, const char *at)
{
    static const char PATTERN[] = "dddd-dd-ddTdd:dd:ddZ";
    const char *text = json_string_value(value);
    bool right = text && strlen(text) == sizeof PATTERN - 1;
    for (size_t i = 0; right && PATTERN[i] != '\0'; i++)
        right = PATTERN[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == PATTERN[i];
    if (!right)
        return ch_complain(list, at, "A time is written YYYY-MM-DDTHH:MM:SSZ.");
    return true;
}

bool ch_shape_value(struct ch_complaints *list, const json_t *value, const char *at, const struct ch_shape_key *key)
{
    if (json_is_null(value) && (key->flags & CH_SHAPE_NULLABLE))
        return true;
    switch (key->type) {
    case CH_SHAPE_IS_TEXT:
        return check_text(list, value, at, key);
    case CH_SHAPE_IS_INT:
        return check_int(list, value, at, key);
    case CH_SHAPE_IS_BOOL:
        return json_is_boolean(value) || ch_complain(list, at, "true or false is needed here.");
    case CH_SHAPE_IS_CODE:
        return (json_is_string(value) && ch_word_in(json_string_value(value), key->codes)) ||
               ch_complain(list, at, "One of these is needed here: %s.", key->codes);
    case CH_SHAPE_IS_OBJECT:
        return json_is_object(value) || ch_complain(list, at, "An object is needed here.");
    case CH_SHAPE_IS_ARRAY:
        return check_array(list, value, at, key);
    case CH_SHAPE_IS_MONEY:
        return check_money(list, value, at, key);
    case CH_SHAPE_IS_HASH:
        return check_hash(list, value, at);
    case CH_SHAPE_IS_UUID:
        return check_uuid(list, value, at);
    case CH_SHAPE_IS_TIME:
        return check_time(list, value, at);
    }
    __builtin_unreachable();
}

static const struct ch_shape_key *find_key(const struct ch_shape_key *keys, const char *name)
{
    for (; keys->name; keys++) {
        if (strcmp(keys->name, name) == 0)
            return keys;
    }
    return NULL;
}

bool ch_shape_check(struct ch_complaints *list, const json_t *object, const char *pointer,
                    const struct ch_shape_key *keys)
{
    if (!json_is_object(object))
        return ch_complain(list, pointer, "An object is needed here.");
    bool right = true;
    for (const struct ch_shape_key *key = keys; key->name; key++) {
        const json_t *value = json_object_get(object, key->name);
        const char *at = ch_shape_pointer(list->arena, pointer, key->name);
        if (value)
            right &= ch_shape_value(list, value, at, key);
        else if (!(key->flags & CH_SHAPE_OPTIONAL))
            right = ch_complain(list, at, "This key is needed.");
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (!find_key(keys, name))
            right = ch_complain(list, ch_shape_pointer(list->arena, pointer, name), "There is no such key.");
    }
    return right;
}

bool ch_shape_each(struct ch_complaints *list, const json_t *array, const char *pointer, const struct ch_shape_key *key)
{
    bool right = true;
    for (size_t i = 0; i < json_array_size(array); i++)
        right &= ch_shape_value(list, json_array_get(array, i), ch_printf(list->arena, "%s/%zu", pointer, i), key);
    return right;
}
