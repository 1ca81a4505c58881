/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is in which sums.
 *
 * Somebody knows sums, number 0 ... width - 1, each over some rows. He may add and subtract them, each times any
 * number. A row has a column: with which weight it is in each sum; rows with the same column may come as one, with all
 * their members. A combination of sums gives a row its weights' combination; it rests on the members whose rows get
 * something other than 0. */
#ifndef METERING_CORE_AGGREGATE_COVER_H
#define METERING_CORE_AGGREGATE_COVER_H

#include <stddef.h>
#include <stdint.h>

#include "aggregate_space.h"

struct cover {
    uint32_t prime;
    size_t width, count;
    size_t *first; /* of each column, in at and weight; count + 1 of them */
    uint32_t *at, *weight;
    size_t *first_member;
    uint32_t *members; /* of each column, 0 ... member_count - 1; may be none: a row that might be, and is not */
    size_t member_count;
    size_t room, numbers_room, members_room;
};

void cover_init(struct cover *cover, uint32_t prime, size_t width, size_t member_count);
void cover_free(struct cover *cover);
/* A column is made by its numbers (a place may come twice: they add up) and members, and ended. */
void cover_number(struct cover *cover, uint32_t at, uint32_t weight);
void cover_member(struct cover *cover, uint32_t member);
void cover_end(struct cover *cover);

size_t cover_members(const struct cover *cover, size_t column);
/* To the column that is being made: the members of another cover's. */
void cover_copy_members(struct cover *cover, const struct cover *from, size_t column);
/* Adds a column, times factor, to a vector of `width` numbers. */
void cover_scatter(const struct cover *cover, size_t column, uint32_t factor, uint32_t *vector);
/* Replaces the cover by what is left of it behind the space, which is freed: columns that do not lie in it, each less
 * something that does; places that are 0 in all of them are gone; multiples of one another become one column with the
 * members of all, each once. */
void cover_condense(struct cover *cover, struct space *space);

#endif
