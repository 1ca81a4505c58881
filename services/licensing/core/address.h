/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the address of a webhook endpoint may look like (licensing.md section 12): https on 443, a name and no address
 * literal in any of its spellings, no user info. Judged when an endpoint is registered; the addresses the name stands
 * for are judged at each attempt, by ch_fetch. */
#ifndef LICENSING_ADDRESS_H
#define LICENSING_ADDRESS_H

#include <stdbool.h>

#define ADDRESS_MOST 2048 /* bytes of an address */

/* NULL when `url` may be an endpoint, else one sentence for people that says why not (static text). `open` is the test
 * switch: http, any port, literals and this machine are allowed; everything else is still judged. */
const char *address_fault(const char *url, bool open);

#endif
