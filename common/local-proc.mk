# Master and workers, their control socket and its client, JSON.
libcommon_a_SOURCES += \
	common/json.c common/json.h \
	common/control.c common/control.h \
	common/proc/backlog.c \
	common/proc/beside.c common/proc/beside.h \
	common/proc/board.c common/proc/board.h \
	common/proc/desk.c common/proc/desk.h \
	common/proc/exporter.c common/proc/exporter.h \
	common/proc/listen.c common/proc/listen.h \
	common/proc/crew.c common/proc/crew.h common/proc/master.c common/proc/master.h \
	common/proc/notify.c common/proc/notify.h \
	common/proc/orders.c common/proc/orders.h common/proc/orders.def \
	common/proc/pidfile.c common/proc/pidfile.h \
	common/proc/policy.c common/proc/policy.h \
	common/proc/program.c common/proc/program.h \
	common/proc/save.c common/proc/save.h \
	common/proc/scrape.c common/proc/scrape.h common/metrics_sql.def \
	common/proc/worker.c common/proc/worker.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_policy tests/unit/test_board tests/unit/test_save
TESTS += tests/unit/test_policy tests/unit/test_board tests/unit/test_save
tests_unit_test_policy_SOURCES = tests/unit/test_policy.c
tests_unit_test_policy_LDADD = $(TEST_LIBS)
tests_unit_test_board_SOURCES = tests/unit/test_board.c
tests_unit_test_board_LDADD = $(TEST_LIBS)
tests_unit_test_save_SOURCES = tests/unit/test_save.c
tests_unit_test_save_LDADD = $(TEST_LIBS)
endif

# The smallest daemon, which tests/integration/proc.mjs drives.
check_PROGRAMS += tests/integration/proc_sample
tests_integration_proc_sample_SOURCES = tests/integration/proc_sample.c
tests_integration_proc_sample_LDADD = $(COMMON_LIBS)

dist_man_MANS += man/isoloir-portal.8 man/isoloir-mailer.8 man/isoloir-dsn.8
EXTRA_DIST += tests/integration/proc.mjs

.DELETE_ON_ERROR:

# systemd's units: the paths of this build put in, and the one sandbox into each.
units = conf/systemd/isoloir-portal.service conf/systemd/isoloir-mailer.service conf/systemd/isoloir-dsn.service \
	conf/systemd/isoloir-redis-queue.service conf/systemd/isoloir-redis-ephemeral.service
systemdsystemunit_DATA = $(units) conf/systemd/isoloir-portal.socket
CLEANFILES += $(systemdsystemunit_DATA)
EXTRA_DIST += conf/systemd/sandbox.inc conf/systemd/isoloir-portal.socket.in conf/systemd/isoloir-portal.service.in \
	conf/systemd/isoloir-dsn.service.in conf/systemd/isoloir-mailer.service.in conf/systemd/isoloir-redis.service.in
fill_unit = $(MKDIR_P) conf/systemd && sed -e '/^@sandbox@$$/r $(srcdir)/conf/systemd/sandbox.inc' -e '/^@sandbox@$$/d' \
	-e 's|[@]sbindir@|$(sbindir)|g' -e 's|[@]bindir@|$(bindir)|g' -e 's|[@]sysconfdir@|$(sysconfdir)|g' \
	-e 's|[@]localstatedir@|$(localstatedir)|g'
conf/systemd/isoloir-portal.service: conf/systemd/isoloir-portal.service.in conf/systemd/sandbox.inc
	$(AM_V_GEN)$(fill_unit) $(srcdir)/conf/systemd/isoloir-portal.service.in >$@
conf/systemd/isoloir-mailer.service: conf/systemd/isoloir-mailer.service.in conf/systemd/sandbox.inc
	$(AM_V_GEN)$(fill_unit) $(srcdir)/conf/systemd/isoloir-mailer.service.in >$@
conf/systemd/isoloir-dsn.service: conf/systemd/isoloir-dsn.service.in conf/systemd/sandbox.inc
	$(AM_V_GEN)$(fill_unit) $(srcdir)/conf/systemd/isoloir-dsn.service.in >$@
conf/systemd/isoloir-portal.socket: conf/systemd/isoloir-portal.socket.in
	$(AM_V_GEN)$(fill_unit) $(srcdir)/conf/systemd/isoloir-portal.socket.in >$@
conf/systemd/isoloir-redis-queue.service: conf/systemd/isoloir-redis.service.in conf/systemd/sandbox.inc
	$(AM_V_GEN)$(fill_unit) -e 's|[@]instance@|queue|g' $(srcdir)/conf/systemd/isoloir-redis.service.in >$@
conf/systemd/isoloir-redis-ephemeral.service: conf/systemd/isoloir-redis.service.in conf/systemd/sandbox.inc
	$(AM_V_GEN)$(fill_unit) -e 's|[@]instance@|ephemeral|g' $(srcdir)/conf/systemd/isoloir-redis.service.in >$@
