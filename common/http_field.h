/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One field of a body against its row of the table. */
#ifndef COMMON_HTTP_FIELD_H
#define COMMON_HTTP_FIELD_H

#include "commonhold/http.h"

/* Stores the value at `place` (of the C type the field's type names); else false and what is wrong, as a half sentence.
 * Texts and trees belong to the body's tree. Pure. */
bool ch_field_read(const struct ch_field *field, json_t *value, void *place, char *detail, size_t size);

#endif
