check_PROGRAMS += tests/unit/test_text tests/unit/test_clock tests/unit/test_conf tests/unit/test_hash tests/unit/test_fold
TESTS += tests/unit/test_text tests/unit/test_clock tests/unit/test_conf tests/unit/test_hash tests/unit/test_fold
tests_unit_test_text_SOURCES = tests/unit/test_text.c
tests_unit_test_text_LDADD = $(TEST_LIBS)
tests_unit_test_clock_SOURCES = tests/unit/test_clock.c
tests_unit_test_clock_LDADD = $(TEST_LIBS)
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c
tests_unit_test_conf_LDADD = $(TEST_LIBS)
tests_unit_test_hash_SOURCES = tests/unit/test_hash.c
tests_unit_test_hash_LDADD = $(TEST_LIBS)
tests_unit_test_fold_SOURCES = tests/unit/test_fold.c
tests_unit_test_fold_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_name
TESTS += tests/unit/test_name
tests_unit_test_name_SOURCES = tests/unit/test_name.c
tests_unit_test_name_LDADD = $(TEST_LIBS)

# The words and the looks: what the pages say, show and let be done.
EXTRA_DIST += tests/browser/inspect.mjs tests/browser/snapshots/journey.txt tests/browser/states.mjs tests/browser/states.test.mjs \
	tests/browser/times.test.mjs tests/browser/way.mjs tests/docs/model.test.mjs tests/docs/states.test.mjs \
	tests/docs/typography.test.mjs tests/integration/headers.mjs tests/lib/model.mjs docs/RGAA.md docs/SECURITY-MODEL.md
# Bad days.
check_PROGRAMS += tests/unit/test_breaker tests/unit/test_log
TESTS += tests/unit/test_breaker tests/unit/test_log
tests_unit_test_breaker_SOURCES = tests/unit/test_breaker.c
tests_unit_test_breaker_LDADD = $(TEST_LIBS)
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_LDADD = $(TEST_LIBS)

# Metrics.
check_PROGRAMS += tests/unit/test_metrics
TESTS += tests/unit/test_metrics
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c
tests_unit_test_metrics_LDADD = $(TEST_LIBS)

# Mes scrutins and their rolls.
EXTRA_DIST += tests/integration/roll.mjs tests/integration/explain.mjs tests/lib/sql_rows.mjs
# The office's acts.
check_PROGRAMS += tests/unit/test_dates
TESTS += tests/unit/test_dates
tests_unit_test_dates_SOURCES = tests/unit/test_dates.c ctl/dates.c ctl/dates.h
tests_unit_test_dates_LDADD = $(TEST_LIBS)
# Voting codes.
EXTRA_DIST += tests/browser/reassort.test.mjs tests/integration/codes.mjs tests/integration/notice.mjs tests/lib/code.mjs tests/lib/lsan.supp
check_PROGRAMS += tests/unit/test_code
TESTS += tests/unit/test_code
tests_unit_test_code_SOURCES = tests/unit/test_code.c
tests_unit_test_code_LDADD = $(TEST_LIBS)
# Candidate lists: their draw, and what a logo may be.
check_PROGRAMS += tests/unit/test_draw tests/unit/test_logo
TESTS += tests/unit/test_draw tests/unit/test_logo
tests_unit_test_draw_SOURCES = tests/unit/test_draw.c
tests_unit_test_draw_LDADD = $(TEST_LIBS)
tests_unit_test_logo_SOURCES = tests/unit/test_logo.c ctl/logo.c ctl/jpeg.c
tests_unit_test_logo_LDADD = $(TEST_LIBS) $(PNG_LIBS) $(JPEG_LIBS) -lm
EXTRA_DIST += tests/integration/lists.mjs
# Claims.
check_PROGRAMS += tests/unit/test_workday
TESTS += tests/unit/test_workday
tests_unit_test_workday_SOURCES = tests/unit/test_workday.c
tests_unit_test_workday_LDADD = $(TEST_LIBS)
EXTRA_DIST += tests/integration/claims.mjs
# What replies teach the mailer.
EXTRA_DIST += tests/integration/feedback.mjs
# Imports.
check_PROGRAMS += tests/unit/test_import
TESTS += tests/unit/test_import
tests_unit_test_import_SOURCES = tests/unit/test_import.c ctl/import_columns.c
tests_unit_test_import_LDADD = $(TEST_LIBS)
EXTRA_DIST += tests/integration/import.mjs tests/load/import.mjs
# The story of a mail.
check_PROGRAMS += tests/unit/test_story
TESTS += tests/unit/test_story
tests_unit_test_story_SOURCES = tests/unit/test_story.c ctl/story.c ctl/story.h
tests_unit_test_story_LDADD = $(TEST_LIBS)
# The queue's promise under everything at once, and through a real Postfix.
EXTRA_DIST += tests/chaos/chaos.mjs tests/chaos/plan.mjs tests/chaos/run tests/integration/chaos.mjs tests/integration/postfix.mjs tests/lib/postfix.mjs
# Figures of mails.
check_PROGRAMS += tests/load/queue_cost
tests_load_queue_cost_SOURCES = tests/load/queue_cost.c
tests_load_queue_cost_LDADD = $(COMMON_LIBS)
EXTRA_DIST += tests/load/mails.mjs tests/load/sink.c tests/load/smtp_loop.c
EXTRA_DIST += tests/integration/install.mjs tests/lib/machine.mjs tests/lib/visit.mjs
