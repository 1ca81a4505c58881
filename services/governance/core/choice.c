/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Choices, read by a scanner of their fixed shape: a hundred thousand of them are no time. */
#include "choice.h"

#include <string.h>

#define ANSWER_BYTES 32

const char *const CH_CHOICE_ANSWERS[3] = {"yes", "no", "abstain"};

static const struct {
    const char *method, *prefix;
    size_t each; /* bytes reserved for one option */
} KINDS[] = {[CH_CHOICE_ANSWER] = {"rule", "{\"c\":\"", 0},
             [CH_CHOICE_RANKS] = {"scottish-stv", "{\"r\":[", 4},
             [CH_CHOICE_PROJECTS] = {"knapsack", "{\"p\":[", 6}};

bool ch_question_read(const char *method, size_t options, struct ch_question *question)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (strcmp(method, KINDS[i].method) != 0)
            continue;
        *question = (struct ch_question){.kind = (enum ch_choice_kind)i, .options = options};
        return i == CH_CHOICE_ANSWER ? options == 0 : options >= 1 && options <= CH_CHOICE_OPTIONS_MAX;
    }
    return false;
}

size_t ch_choice_bytes(const struct ch_question *question)
{
    return question->kind == CH_CHOICE_ANSWER ? ANSWER_BYTES : 16 + KINDS[question->kind].each * question->options;
}

/* A place in a text that is read from the left; NULL once something was not as it must be. */
static const char *expect(const char *at, const char *text)
{
    size_t length = strlen(text);
    return at && strncmp(at, text, length) == 0 ? at + length : NULL;
}

static const char *read_answer(const char *at, struct ch_choice *choice)
{
    for (int i = 0; i < 3; i++) {
        const char *behind = expect(expect(at, CH_CHOICE_ANSWERS[i]), "\"}");
        choice->answer = i;
        if (behind)
            return behind;
    }
    return NULL;
}

/* A number from 1 without leading zeros, at most `most`. */
static const char *read_number(const char *at, uint32_t most, uint32_t *number)
{
    if (*at < '1' || *at > '9')
        return NULL;
    for (*number = 0; *at >= '0' && *at <= '9'; at++) {
        *number = 10 * *number + (uint32_t)(*at - '0');
        if (*number > most)
            return NULL;
    }
    return at;
}

static bool is_twice(const struct ch_choice *choice)
{
    for (size_t i = 0; i + 1 < choice->count; i++)
        if (choice->numbers[i] == choice->numbers[choice->count - 1])
            return true;
    return false;
}

static const char *read_numbers(const struct ch_question *question, const char *at, struct ch_choice *choice)
{
    bool ranks = question->kind == CH_CHOICE_RANKS;
    uint32_t most = ranks ? (uint32_t)question->options : CH_CHOICE_PROJECT_MAX;
    if (*at == ']')
        return expect(at, "]}");
    for (;; at++) {
        if (choice->count == question->options || !(at = read_number(at, most, &choice->numbers[choice->count])))
            return NULL;
        choice->count++;
        if (ranks && is_twice(choice))
            return NULL;
        if (*at != ',')
            return expect(at, "]}");
    }
}

bool ch_choice_read(const struct ch_question *question, const uint8_t *padded, struct ch_choice *choice)
{
    char text[CH_CHOICE_BYTES_MAX + 1];
    size_t size = ch_choice_bytes(question);
    memcpy(text, padded, size);
    text[size] = '\0';
    choice->count = 0;
    const char *at = expect(text, KINDS[question->kind].prefix);
    if (at)
        at = question->kind == CH_CHOICE_ANSWER ? read_answer(at, choice) : read_numbers(question, at, choice);
    return at && at + strspn(at, " ") == text + size;
}

bool ch_choice_pad(const struct ch_question *question, const char *text, uint8_t *padded)
{
    struct ch_choice choice;
    size_t size = ch_choice_bytes(question), length = strlen(text);
    if (length > size)
        return false;
    memset(padded, ' ', size);
    memcpy(padded, text, length);
    return ch_choice_read(question, padded, &choice);
}
