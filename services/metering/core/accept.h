/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which of several types a client would rather have: RFC 9110, section 12.5.1. */
#ifndef METERING_CORE_ACCEPT_H
#define METERING_CORE_ACCEPT_H

#include <stddef.h>

/* Index of the type the header (NULL or empty: anything) gives the greatest weight, where equal the one that is named
 * first in the header by itself, then the first of `types`; -1 when none is acceptable. */
int accept_choose(const char *header, const char *const *types, size_t count);

#endif
