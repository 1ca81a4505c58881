#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# `make portal`. The portal role of this version is accounts and sign-in; its front page is built into the daemon.
set -eu
echo "portal: this version has no pages yet, so there is nothing to build. Sign-in and all HTTP interfaces work without."
