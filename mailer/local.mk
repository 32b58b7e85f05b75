# isoloir-mailer: the delivery of one mail is mailer/deliver.c.
sbin_PROGRAMS += isoloir-mailer
noinst_LIBRARIES += libmailer.a
libmailer_a_SOURCES = \
	mailer/campaign.c mailer/campaign.h \
	mailer/bulk.c mailer/bulk.h \
	mailer/compose.c mailer/compose.h \
	mailer/count.c mailer/count.h \
	mailer/deliver.c mailer/deliver.h mailer/delivery.h mailer/prepare.c \
	mailer/domain.h mailer/html.c mailer/html.h mailer/inspect.c mailer/inspect.h mailer/inspect.def \
	mailer/dsn/classify.c mailer/dsn/classify.h mailer/dsn/bounce.def \
	mailer/dsn/lmtp.c mailer/dsn/lmtp.h \
	mailer/dsn/record.c mailer/dsn/record.h \
	mailer/dsn/report.c mailer/dsn/report.h \
	mailer/dsn/verp.c mailer/dsn/verp.h \
	mailer/model/answer.c mailer/model/answer.h \
	mailer/model/attempt.c mailer/model/attempt.h \
	mailer/model/elector.c mailer/model/elector.h \
	mailer/model/job.c mailer/model/job.h \
	mailer/model/suppression.c mailer/model/suppression.h \
	mailer/model/sql.c mailer/model/sql.h mailer/model/sql.def \
	mailer/outage.c mailer/outage.h \
	mailer/pace.c mailer/pace.h \
	mailer/relay.c mailer/relay.h mailer/connect.c mailer/connect.h mailer/reply.c mailer/reply.h \
	mailer/sender.h \
	mailer/settle.c mailer/settle.h \
	mailer/sign.c mailer/sign.h \
	mailer/sweep.c mailer/sweep.h mailer/asked.c mailer/asked.h \
	mailer/verdict.c mailer/verdict.h mailer/verdict.def
isoloir_mailer_SOURCES = mailer/main.c
isoloir_mailer_LDADD = libmailer.a $(COMMON_LIBS) $(ESMTP_LIBS) $(GMIME_LIBS) $(OPENDKIM_LIBS)

# isoloir-dsn: what becomes of one report is mailer/dsn/record.c.
sbin_PROGRAMS += isoloir-dsn
isoloir_dsn_SOURCES = mailer/dsn/main.c
isoloir_dsn_LDADD = libmailer.a $(COMMON_LIBS) $(GMIME_LIBS)

mailthemepartsdir = $(pkgdatadir)/mail/parts
dist_mailthemeparts_DATA = \
	mailer/theme/default/parts/foot.html mailer/theme/default/parts/foot.txt mailer/theme/default/parts/head.html
mailthemedir = $(pkgdatadir)/mail
dist_mailtheme_DATA = \
	mailer/theme/default/activated-subject.txt mailer/theme/default/activated.html mailer/theme/default/activated.txt \
	mailer/theme/default/activation-subject.txt mailer/theme/default/activation.html mailer/theme/default/activation.txt \
	mailer/theme/default/assistance-subject.txt mailer/theme/default/assistance.html mailer/theme/default/assistance.txt \
	mailer/theme/default/reset-subject.txt mailer/theme/default/reset.html mailer/theme/default/reset.txt \
	mailer/theme/default/password_changed-subject.txt mailer/theme/default/password_changed.html mailer/theme/default/password_changed.txt \
	mailer/theme/default/challenge_changed-subject.txt mailer/theme/default/challenge_changed.html mailer/theme/default/challenge_changed.txt \
	mailer/theme/default/address_changed-subject.txt mailer/theme/default/address_changed.html mailer/theme/default/address_changed.txt \
	mailer/theme/default/reissue-subject.txt mailer/theme/default/reissue.html mailer/theme/default/reissue.txt \
	mailer/theme/default/code_reissued-subject.txt mailer/theme/default/code_reissued.html mailer/theme/default/code_reissued.txt \
	mailer/theme/default/claim_received-subject.txt mailer/theme/default/claim_received.html mailer/theme/default/claim_received.txt \
	mailer/theme/default/claim_answered-subject.txt mailer/theme/default/claim_answered.html mailer/theme/default/claim_answered.txt \
	mailer/theme/default/assistance_answered-subject.txt mailer/theme/default/assistance_answered.html mailer/theme/default/assistance_answered.txt \
	mailer/theme/default/opening-subject.txt mailer/theme/default/opening.html mailer/theme/default/opening.txt \
	mailer/theme/default/reminder-subject.txt mailer/theme/default/reminder.html mailer/theme/default/reminder.txt \
	mailer/theme/default/scrutins_changed-subject.txt mailer/theme/default/scrutins_changed.html mailer/theme/default/scrutins_changed.txt

check_PROGRAMS += tests/integration/queue_put
tests_integration_queue_put_SOURCES = tests/integration/queue_put.c
tests_integration_queue_put_LDADD = $(COMMON_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_dsn tests/unit/test_verdict tests/unit/test_reply tests/unit/test_compose tests/unit/test_pace tests/unit/test_inspect
TESTS += tests/unit/test_dsn tests/unit/test_verdict tests/unit/test_reply tests/unit/test_compose tests/unit/test_pace tests/unit/test_inspect
tests_unit_test_reply_SOURCES = tests/unit/test_reply.c
tests_unit_test_reply_LDADD = libmailer.a $(TEST_LIBS)
tests_unit_test_inspect_SOURCES = tests/unit/test_inspect.c
tests_unit_test_inspect_LDADD = libmailer.a $(TEST_LIBS) $(GMIME_LIBS)
tests_unit_test_pace_SOURCES = tests/unit/test_pace.c
tests_unit_test_pace_LDADD = libmailer.a $(TEST_LIBS)
tests_unit_test_dsn_SOURCES = tests/unit/test_dsn.c
tests_unit_test_dsn_LDADD = libmailer.a $(TEST_LIBS) $(GMIME_LIBS)
tests_unit_test_verdict_SOURCES = tests/unit/test_verdict.c
tests_unit_test_verdict_LDADD = libmailer.a $(TEST_LIBS)
tests_unit_test_compose_SOURCES = tests/unit/test_compose.c
tests_unit_test_compose_CPPFLAGS = $(AM_CPPFLAGS) -DMAIL_SOURCE=\"$(abs_top_srcdir)/mailer/theme/default\" \
	-DGOLDEN=\"$(abs_top_srcdir)/tests/unit/golden\"
tests_unit_test_compose_LDADD = libmailer.a $(TEST_LIBS) $(GMIME_LIBS)
check_PROGRAMS += tests/unit/test_attempt
TESTS += tests/unit/test_attempt
tests_unit_test_attempt_SOURCES = tests/unit/test_attempt.c
tests_unit_test_attempt_LDADD = libmailer.a $(TEST_LIBS)
endif
EXTRA_DIST += tests/unit/golden/activation.eml tests/unit/golden/activated.eml tests/unit/golden/assistance.eml \
	tests/unit/golden/reset.eml tests/unit/golden/password_changed.eml tests/unit/golden/challenge_changed.eml tests/unit/golden/address_changed.eml \
	tests/unit/golden/claim_received.eml tests/unit/golden/claim_answered.eml tests/unit/golden/assistance_answered.eml
EXTRA_DIST += tests/unit/golden/reissue.eml tests/unit/golden/code_reissued.eml \
	tests/unit/golden/opening.eml tests/unit/golden/reminder.eml tests/unit/golden/scrutins_changed.eml
EXTRA_DIST += tests/integration/mailkit.mjs tests/integration/privacy.mjs tests/lib/dkim_verify.py tests/lib/rdb.mjs
