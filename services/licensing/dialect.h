/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading options from a contribution's dialect; shared by decide.c and ingest_read.c. */
#ifndef LICENSING_DIALECT_H
#define LICENSING_DIALECT_H

#include "core/ingest.h"

/* Fills format, delimiter, header_map and ignore of options whose schema is set, from {delimiter, header_map, ignore}
 * (each optional); texts point into the tree. False with faults. */
bool licensing_read_dialect(struct ch_faults *faults, const json_t *dialect, const char *format,
                            struct ch_ingest_options *options);

#endif
