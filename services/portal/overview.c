/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the front page tells everybody, in one request. */
#include "portal.h"

CH_READ(read_overview, "portal.read_overview", "");

struct ch_done *get_overview(struct ch_request *request)
{
    return ch_call(request, &read_overview, CH_NO_ARGS);
}
