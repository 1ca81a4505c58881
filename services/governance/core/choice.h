/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What stands inside a sealed ballot: {"c":"yes"}, {"r":[3,1]} or {"p":[1,4]} by the method of the vote, padded with
 * spaces to a length that tells nothing of it (governance.md, section 8). */
#ifndef COMMONHOLD_GOVERNANCE_CHOICE_H
#define COMMONHOLD_GOVERNANCE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ch_choice_kind {
    CH_CHOICE_ANSWER,  /* method rule: yes, no, abstain */
    CH_CHOICE_RANKS,   /* scottish-stv: candidates by their number from 1, most wanted first */
    CH_CHOICE_PROJECTS /* knapsack: projects by their number */
};

#define CH_CHOICE_OPTIONS_MAX 1000                             /* candidates or projects of one vote */
#define CH_CHOICE_BYTES_MAX   (16 + 6 * CH_CHOICE_OPTIONS_MAX) /* of a padded choice */
#define CH_CHOICE_PROJECT_MAX 99999

/* What a vote asks. */
struct ch_question {
    enum ch_choice_kind kind;
    size_t options; /* candidates or projects, 1 to CH_CHOICE_OPTIONS_MAX; 0 for CH_CHOICE_ANSWER */
};

/* False when the name is of no method: rule, scottish-stv, knapsack. */
bool ch_question_read(const char *method, size_t options, struct ch_question *question);
/* Length of every padded choice of this vote. */
size_t ch_choice_bytes(const struct ch_question *question);

struct ch_choice {
    int answer; /* 0 yes, 1 no, 2 abstain: of CH_CHOICE_ANSWER */
    size_t count;
    uint32_t numbers[CH_CHOICE_OPTIONS_MAX]; /* of the others, in the ballot's order */
};

extern const char *const CH_CHOICE_ANSWERS[3];

/* Reads a padded choice of ch_choice_bytes bytes. Ranks are of the vote's candidates, none twice; projects are numbers
 * from 1 to 99,999, at most as many as there are (what else they must be is the method's to judge); both may be empty.
 * Any other text than the shortest one of a choice is none. */
bool ch_choice_read(const struct ch_question *question, const uint8_t *padded, struct ch_choice *choice);
/* Pads `text` into ch_choice_bytes bytes; false when it is no choice of this vote. */
bool ch_choice_pad(const struct ch_question *question, const char *text, uint8_t *padded);

#endif
