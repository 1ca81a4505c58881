# SPDX-License-Identifier: AGPL-3.0-or-later
# libcommonhold: knows nothing of members, licences, meters or money rules.
common_SRC := \
	common/arena.c \
	common/calendar.c \
	common/utf8.c \
	common/cli_options.c \
	common/client.c \
	common/client_state.c \
	common/progress.c \
	common/rate.c \
	common/crypto_cipher.c \
	common/crypto_digest.c \
	common/crypto_ecdh.c \
	common/crypto_key.c \
	common/crypto_password.c \
	common/crypto_text.c \
	common/file.c \
	common/id.c \
	common/jwt.c \
	common/keyset.c \
	common/money.c \
	common/secret.c \
	common/json.c \
	common/json_canonical.c \
	common/json_scan.c \
	common/json_text.c \
	common/migrate.c \
	common/migrate_script.c \
	common/migrate_functions.c \
	common/migrate_passwords.c \
	common/sql_split.c \
	common/db.c \
	common/db_judge.c \
	common/identifier.c \
	common/pool.c \
	common/pool_conn.c \
	common/pool_copy.c \
	common/pool_listen.c \
	common/pool_read.c \
	common/pool_send.c \
	common/pool_session.c \
	common/pool_work.c \
	common/worker.c \
	common/worker_beat.c \
	common/fetch.c \
	common/fetch_address.c \
	common/fetch_async.c \
	common/fetch_pin.c \
	common/log.c \
	common/cosign.c \
	common/tlog_note.c \
	common/tlog_policy.c \
	common/tlog_proof.c \
	common/tlog_text.c

UNIT_TESTS += test_arena test_calendar test_rate test_json test_money test_id test_file test_crypto test_p256 test_jwt
FUZZ_TARGETS += fuzz_json

# HTTP and the skeleton of the daemon.
common_SRC += \
	common/auth.c \
	common/config.c \
	common/config_common.c \
	common/http_admit.c \
	common/http_call.c \
	common/http_check.c \
	common/http_chunks.c \
	common/http_clients.c \
	common/http_conn.c \
	common/http_decode.c \
	common/http_field.c \
	common/http_gzip.c \
	common/http_head.c \
	common/http_intake.c \
	common/http_problem.c \
	common/http_reply.c \
	common/http_request.c \
	common/http_server.c \
	common/http_stream.c \
	common/metrics.c \
	common/offload.c \
	common/outcome.c \
	common/route.c \
	common/serve.c \
	common/serve_child.c \
	common/serve_keys.c \
	common/serve_listen.c \
	common/serve_parent.c \
	common/serve_probe.c \
	common/service.c \
	common/tls.c
UNIT_TESTS += test_pool test_pool_copy test_sql_split test_identifier test_fetch test_fetch_pin
BENCH_PROGRAMS += bench_db
BENCH_PROGRAMS += hello load
UNIT_TESTS += test_route test_http_head test_config test_log test_outcome test_http_field test_http_check test_http_chunks
FUZZ_TARGETS += fuzz_http
UNIT_TESTS += test_tlog test_tlog_policy test_tlog_vectors
FUZZ_TARGETS += fuzz_checkpoint fuzz_proof fuzz_tlog_policy fuzz_bundle
