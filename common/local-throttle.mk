# Limits of pace: the rows, the two scripts (rows of a header, made in the build tree), and the networks that addresses belong to.
THROTTLE_LUA = common/throttle/prelude.lua common/throttle/take.lua common/throttle/back.lua

libcommon_a_SOURCES += \
	common/network.c common/network.h \
	common/throttle.c common/throttle.h common/limits.def
BUILT_SOURCES += common/throttle_lua.h
CLEANFILES += common/throttle_lua.h
EXTRA_DIST += $(THROTTLE_LUA)

common/throttle_lua.h: $(THROTTLE_LUA) common/embed.awk
	$(AM_V_GEN)$(MKDIR_P) common && files= && for f in $(THROTTLE_LUA); do files="$$files $(srcdir)/$$f"; done && \
		$(AWK) -v of=THROTTLE -f $(srcdir)/common/embed.awk $$files > $@.tmp && mv $@.tmp $@
common/throttle.$(OBJEXT): common/throttle_lua.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_network tests/unit/test_throttle
TESTS += tests/unit/test_network tests/unit/test_throttle
tests_unit_test_network_SOURCES = tests/unit/test_network.c
tests_unit_test_network_LDADD = $(TEST_LIBS)
tests_unit_test_throttle_SOURCES = tests/unit/test_throttle.c
tests_unit_test_throttle_LDADD = $(TEST_LIBS)
endif
