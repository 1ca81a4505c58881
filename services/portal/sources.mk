# SPDX-License-Identifier: AGPL-3.0-or-later
# portal: sign-in, and the role that serves the pages.
portal_SRC := \
	services/portal/accounts.c \
	services/portal/audits.c \
	services/portal/files.c \
	services/portal/overview.c \
	services/portal/pages.c \
	services/portal/service.c \
	services/portal/sessions.c \
	services/portal/sign_in.c \
	services/portal/totp_keys.c
portal_CORE_SRC := \
	services/portal/core/page_path.c \
	services/portal/core/totp.c
portal_COMMAND_SRC := services/portal/commands.c
UNIT_TESTS += test_page_path test_totp
