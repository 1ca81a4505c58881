/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The daemon: which roles there are. What a role is stands in services/<role>/service.c, what all of them share in
 * common/. */
#include <stddef.h>

#include "commonhold/service.h"

extern const struct ch_service governance_service, licensing_service, metering_service, payout_service, log_service,
    portal_service;

int main(int argc, char **argv)
{
    static const struct ch_service *const SERVICES[] = {&governance_service,
                                                        &licensing_service,
                                                        &metering_service,
                                                        &payout_service,
                                                        &log_service,
                                                        &portal_service,
                                                        NULL};
    return ch_serve(SERVICES, argc, argv);
}
