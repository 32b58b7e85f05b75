# The mail queue: its Lua scripts become rows of a header, made in the build tree.
QUEUE_LUA = \
	common/queue/reserve.lua common/queue/put.lua common/queue/lease.lua common/queue/renew.lua \
	common/queue/mark.lua common/queue/takeover.lua common/queue/move.lua common/queue/finish.lua common/queue/leases.lua \
	common/queue/due.lua common/queue/astray.lua common/queue/check.lua common/queue/expel.lua common/queue/forget.lua common/queue/trim.lua \
	common/queue/pace.lua common/queue/refuse.lua common/queue/took.lua common/queue/trouble.lua common/queue/figures.lua

libcommon_a_SOURCES += \
	common/audit.c common/audit.h common/audit_sql.def common/audit_seal_sql.def \
	common/queue.c common/queue.h common/queue/queue_sql.def common/queue/write_sql.def common/queue/name.h \
	common/queue/live.c common/queue/live.h \
	common/queue/policy.c common/queue/policy.h \
	common/queue/ramp.c common/queue/ramp.h \
	common/token.c common/token.h
nodist_libcommon_a_SOURCES = common/queue_lua.h common/throttle_lua.h
BUILT_SOURCES += common/queue_lua.h
CLEANFILES += common/queue_lua.h
EXTRA_DIST += $(QUEUE_LUA) common/queue/prelude.lua common/queue/moves.def common/moves.awk common/embed.awk docs/queue-moves.svg \
	tests/integration/queue_moves.mjs
dist_man_MANS += man/isoloir-queue.7

# Each script begins with the table of moves.
common/queue_prelude.lua: common/queue/moves.def common/moves.awk common/queue/prelude.lua
	$(AM_V_GEN)$(MKDIR_P) common && $(AWK) -v as=lua -f $(srcdir)/common/moves.awk $(srcdir)/common/queue/moves.def >$@.tmp && \
		cat $(srcdir)/common/queue/prelude.lua >>$@.tmp && mv $@.tmp $@
CLEANFILES += common/queue_prelude.lua

common/queue_lua.h: common/queue_prelude.lua $(QUEUE_LUA) common/embed.awk
	$(AM_V_GEN)$(MKDIR_P) common && files=common/queue_prelude.lua && for f in $(QUEUE_LUA); do files="$$files $(srcdir)/$$f"; done && \
		$(AWK) -v of=QUEUE -f $(srcdir)/common/embed.awk $$files > $@.tmp && mv $@.tmp $@
common/queue/live.$(OBJEXT): common/queue_lua.h

# After a change of common/queue/moves.def: bring the picture and the manual's list up to date (tests/integration/queue_moves.mjs compares them).
update-moves:
	$(AWK) -v as=svg -f $(srcdir)/common/moves.awk $(srcdir)/common/queue/moves.def >$(srcdir)/docs/queue-moves.svg
	$(AWK) -v as=mdoc -f $(srcdir)/common/moves.awk $(srcdir)/common/queue/moves.def >moves.mdoc.tmp
	$(AWK) '/BEGIN moves/ { print; while ((getline line < "moves.mdoc.tmp") > 0) print line; skip = 1 } \
		/END moves/ { skip = 0 } !skip' $(srcdir)/man/isoloir-queue.7 >isoloir-queue.7.tmp
	cat isoloir-queue.7.tmp >$(srcdir)/man/isoloir-queue.7
	rm -f moves.mdoc.tmp isoloir-queue.7.tmp
.PHONY: update-moves

check_PROGRAMS += tests/integration/queue_moves
tests_integration_queue_moves_SOURCES = tests/integration/queue_moves.c
tests_integration_queue_moves_LDADD = $(COMMON_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_queue tests/unit/test_token
TESTS += tests/unit/test_queue tests/unit/test_token
tests_unit_test_queue_SOURCES = tests/unit/test_queue.c
tests_unit_test_queue_LDADD = $(TEST_LIBS)
tests_unit_test_token_SOURCES = tests/unit/test_token.c
tests_unit_test_token_LDADD = $(TEST_LIBS)
endif
