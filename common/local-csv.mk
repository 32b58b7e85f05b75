# The CSV reader of isoloirctl load, and the check that programs and schema fit.
libcommon_a_SOURCES += common/csv.c common/csv.h common/csv_form.c common/csv_form.h common/schema.c common/schema.h

check_PROGRAMS += tests/unit/test_csv
TESTS += tests/unit/test_csv
tests_unit_test_csv_SOURCES = tests/unit/test_csv.c
tests_unit_test_csv_LDADD = $(TEST_LIBS)
