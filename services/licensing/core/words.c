/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts of the closed word lists, in the order of their enums. */
#include "words.h"

#include <string.h>

#define TEXT(name, text) text,
#define LIST(variable, X)                                                                                              \
    static const char *const variable##_texts[] = {X(TEXT)};                                                           \
    const struct ch_words variable = {variable##_texts, sizeof variable##_texts / sizeof *variable##_texts}

LIST(CH_WORDS_ORG_CLASSES, CH_ORG_CLASSES);
LIST(CH_WORDS_ACTIONS, CH_ACTIONS);
LIST(CH_WORDS_MODES, CH_MODES);
LIST(CH_WORDS_ACTS, CH_PROHIBITED_ACTS);
LIST(CH_WORDS_DUTIES, CH_DUTY_ACTS);
LIST(CH_WORDS_TYPES, CH_COLUMN_TYPES);
LIST(CH_WORDS_SENSITIVITIES, CH_SENSITIVITIES);

unsigned ch_word_index(const struct ch_words *words, const char *text)
{
    for (unsigned i = 0; i < words->count; i++)
        if (strcmp(words->texts[i], text) == 0)
            return i;
    return words->count;
}
