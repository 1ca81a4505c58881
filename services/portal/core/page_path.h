/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses of pages: which pattern of the pages' own table an address fits. */
#ifndef PORTAL_CORE_PAGE_PATH_H
#define PORTAL_CORE_PAGE_PATH_H

#include <stdbool.h>

/* `pattern` as in www/router.js: segments parted by slashes, ":name" takes any one that is not empty. Nothing is
 * decoded.
 */
bool page_path_fits(const char *pattern, const char *path);

#endif
