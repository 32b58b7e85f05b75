# Templates: the pages of the portal and the mails.
libcommon_a_SOURCES += common/tmpl.c common/tmpl.h common/tmpl_fill.c common/tmpl_tree.h

check_PROGRAMS += tests/unit/test_tmpl
TESTS += tests/unit/test_tmpl
tests_unit_test_tmpl_SOURCES = tests/unit/test_tmpl.c
tests_unit_test_tmpl_LDADD = $(TEST_LIBS)
