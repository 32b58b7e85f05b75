# Fuzz targets. With --enable-fuzz (clang) each is a program of libFuzzer's for tests/fuzz/run, and tests/fuzz/planted-NAME is the same with a
# bug put into the code under test; every other build replays the corpora in `make check`.
FUZZ_TARGETS = tests/fuzz/logo tests/fuzz/code tests/fuzz/name tests/fuzz/conf tests/fuzz/control tests/fuzz/cookie tests/fuzz/csv tests/fuzz/dsn tests/fuzz/fold tests/fuzz/form tests/fuzz/multipart tests/fuzz/network \
	tests/fuzz/password tests/fuzz/portal tests/fuzz/prose tests/fuzz/route tests/fuzz/smtp tests/fuzz/tmpl tests/fuzz/token
check_PROGRAMS += $(FUZZ_TARGETS)
check_LIBRARIES = tests/fuzz/libfuzz.a
tests_fuzz_libfuzz_a_SOURCES = tests/fuzz/file.c tests/fuzz/fuzz.h
if ENABLE_FUZZ
FUZZ_LIBS = tests/fuzz/libfuzz.a $(FUZZ_ENGINE)
else
TESTS += $(FUZZ_TARGETS)
tests_fuzz_libfuzz_a_SOURCES += tests/fuzz/replay.c
tests_fuzz_libfuzz_a_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_CORPUS=\"$(abs_top_srcdir)/tests/fuzz/corpus\"
FUZZ_LIBS = tests/fuzz/libfuzz.a
endif
fuzz_password_cppflags = $(AM_CPPFLAGS) -DBLOCKLIST_SOURCE=\"$(abs_top_srcdir)/conf/blocklist.txt\"
fuzz_portal_cppflags = $(AM_CPPFLAGS) -DTHEME_SOURCE=\"$(abs_top_srcdir)/portal/theme/default\"

tests_fuzz_code_SOURCES = tests/fuzz/code.c
tests_fuzz_code_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
tests_fuzz_conf_SOURCES = tests/fuzz/conf.c
tests_fuzz_conf_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
tests_fuzz_control_SOURCES = tests/fuzz/control.c
tests_fuzz_control_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
tests_fuzz_cookie_SOURCES = tests/fuzz/cookie.c
tests_fuzz_cookie_LDADD = $(FUZZ_LIBS) $(PORTAL_LIBS)
tests_fuzz_csv_SOURCES = tests/fuzz/csv.c
tests_fuzz_csv_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
tests_fuzz_dsn_SOURCES = tests/fuzz/dsn.c
tests_fuzz_dsn_LDADD = $(FUZZ_LIBS) libmailer.a $(COMMON_LIBS) $(GMIME_LIBS)
tests_fuzz_fold_SOURCES = tests/fuzz/fold.c
tests_fuzz_fold_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
tests_fuzz_form_SOURCES = tests/fuzz/form.c
tests_fuzz_form_LDADD = $(FUZZ_LIBS) $(PORTAL_LIBS)
tests_fuzz_name_SOURCES = tests/fuzz/name.c
tests_fuzz_name_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
tests_fuzz_multipart_SOURCES = tests/fuzz/multipart.c
tests_fuzz_multipart_LDADD = $(FUZZ_LIBS) $(PORTAL_LIBS)
tests_fuzz_logo_SOURCES = tests/fuzz/logo.c ctl/logo.c ctl/jpeg.c
tests_fuzz_logo_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS) $(PNG_LIBS) $(JPEG_LIBS) -lm
tests_fuzz_network_SOURCES = tests/fuzz/network.c
tests_fuzz_network_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
tests_fuzz_password_SOURCES = tests/fuzz/password.c
tests_fuzz_password_CPPFLAGS = $(fuzz_password_cppflags)
tests_fuzz_password_LDADD = $(FUZZ_LIBS) $(PORTAL_LIBS)
tests_fuzz_portal_SOURCES = tests/fuzz/portal.c
tests_fuzz_portal_CPPFLAGS = $(fuzz_portal_cppflags)
tests_fuzz_portal_LDADD = $(FUZZ_LIBS) $(PORTAL_LIBS)
tests_fuzz_prose_SOURCES = tests/fuzz/prose.c
tests_fuzz_prose_LDADD = $(FUZZ_LIBS) $(PORTAL_LIBS)
tests_fuzz_route_SOURCES = tests/fuzz/route.c
tests_fuzz_route_LDADD = $(FUZZ_LIBS) $(PORTAL_LIBS)
tests_fuzz_smtp_SOURCES = tests/fuzz/smtp.c
tests_fuzz_smtp_LDADD = $(FUZZ_LIBS) libmailer.a $(COMMON_LIBS) $(ESMTP_LIBS)
tests_fuzz_tmpl_SOURCES = tests/fuzz/tmpl.c
tests_fuzz_tmpl_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)
tests_fuzz_token_SOURCES = tests/fuzz/token.c
tests_fuzz_token_LDADD = $(FUZZ_LIBS) $(COMMON_LIBS)

if ENABLE_FUZZ
FUZZ_PLANTED = tests/fuzz/planted-code tests/fuzz/planted-name \
	tests/fuzz/planted-conf tests/fuzz/planted-control tests/fuzz/planted-cookie tests/fuzz/planted-csv tests/fuzz/planted-dsn tests/fuzz/planted-fold tests/fuzz/planted-form \
	tests/fuzz/planted-multipart tests/fuzz/planted-network tests/fuzz/planted-password tests/fuzz/planted-portal tests/fuzz/planted-prose tests/fuzz/planted-logo \
	tests/fuzz/planted-route tests/fuzz/planted-smtp tests/fuzz/planted-tmpl tests/fuzz/planted-token
EXTRA_PROGRAMS = $(FUZZ_PLANTED)
CLEANFILES += $(FUZZ_PLANTED)

tests/fuzz/planted/code/common/code.c: common/code.c tests/fuzz/plants/code.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_code_SOURCES = tests/fuzz/planted/code/common/code.c
tests_fuzz_planted_code_SOURCES = tests/fuzz/code.c
tests_fuzz_planted_code_LDADD = $(tests_fuzz_code_LDADD)

tests/fuzz/planted/conf/common/conf.c: common/conf.c tests/fuzz/plants/conf.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_conf_SOURCES = tests/fuzz/planted/conf/common/conf.c
tests_fuzz_planted_conf_SOURCES = tests/fuzz/conf.c
tests_fuzz_planted_conf_LDADD = $(tests_fuzz_conf_LDADD)

tests/fuzz/planted/control/common/proc/orders.c: common/proc/orders.c tests/fuzz/plants/control.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_control_SOURCES = tests/fuzz/planted/control/common/proc/orders.c
tests_fuzz_planted_control_SOURCES = tests/fuzz/control.c
tests_fuzz_planted_control_LDADD = $(tests_fuzz_control_LDADD)

tests/fuzz/planted/cookie/portal/request.c: portal/request.c tests/fuzz/plants/cookie.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_cookie_SOURCES = tests/fuzz/planted/cookie/portal/request.c
tests_fuzz_planted_cookie_SOURCES = tests/fuzz/cookie.c
tests_fuzz_planted_cookie_LDADD = $(tests_fuzz_cookie_LDADD)

tests/fuzz/planted/csv/common/csv.c: common/csv.c tests/fuzz/plants/csv.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_csv_SOURCES = tests/fuzz/planted/csv/common/csv.c
tests_fuzz_planted_csv_SOURCES = tests/fuzz/csv.c
tests_fuzz_planted_csv_LDADD = $(tests_fuzz_csv_LDADD)

tests/fuzz/planted/dsn/mailer/dsn/report.c: mailer/dsn/report.c tests/fuzz/plants/dsn.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_dsn_SOURCES = tests/fuzz/planted/dsn/mailer/dsn/report.c
tests_fuzz_planted_dsn_SOURCES = tests/fuzz/dsn.c
tests_fuzz_planted_dsn_LDADD = $(tests_fuzz_dsn_LDADD)

tests/fuzz/planted/name/common/name.c: common/name.c tests/fuzz/plants/name.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_name_SOURCES = tests/fuzz/planted/name/common/name.c
tests_fuzz_planted_name_SOURCES = tests/fuzz/name.c
tests_fuzz_planted_name_LDADD = $(tests_fuzz_name_LDADD)

tests/fuzz/planted/fold/common/fold.c: common/fold.c tests/fuzz/plants/fold.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_fold_SOURCES = tests/fuzz/planted/fold/common/fold.c
tests_fuzz_planted_fold_SOURCES = tests/fuzz/fold.c
tests_fuzz_planted_fold_LDADD = $(tests_fuzz_fold_LDADD)

tests/fuzz/planted/form/portal/form.c: portal/form.c tests/fuzz/plants/form.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_form_SOURCES = tests/fuzz/planted/form/portal/form.c
tests_fuzz_planted_form_SOURCES = tests/fuzz/form.c
tests_fuzz_planted_form_LDADD = $(tests_fuzz_form_LDADD)

tests/fuzz/planted/multipart/portal/multipart.c: portal/multipart.c tests/fuzz/plants/multipart.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_multipart_SOURCES = tests/fuzz/planted/multipart/portal/multipart.c
tests_fuzz_planted_multipart_SOURCES = tests/fuzz/multipart.c
tests_fuzz_planted_multipart_LDADD = $(tests_fuzz_multipart_LDADD)

tests/fuzz/planted/logo/ctl/logo.c: ctl/logo.c tests/fuzz/plants/logo.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_logo_SOURCES = tests/fuzz/planted/logo/ctl/logo.c
tests_fuzz_planted_logo_SOURCES = tests/fuzz/logo.c ctl/jpeg.c
tests_fuzz_planted_logo_LDADD = $(tests_fuzz_logo_LDADD)

tests/fuzz/planted/network/common/network.c: common/network.c tests/fuzz/plants/network.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_network_SOURCES = tests/fuzz/planted/network/common/network.c
tests_fuzz_planted_network_SOURCES = tests/fuzz/network.c
tests_fuzz_planted_network_LDADD = $(tests_fuzz_network_LDADD)

tests/fuzz/planted/password/portal/policy/guess.c: portal/policy/guess.c tests/fuzz/plants/password.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_password_SOURCES = tests/fuzz/planted/password/portal/policy/guess.c
tests_fuzz_planted_password_SOURCES = tests/fuzz/password.c
tests_fuzz_planted_password_CPPFLAGS = $(fuzz_password_cppflags)
tests_fuzz_planted_password_LDADD = $(tests_fuzz_password_LDADD)

tests/fuzz/planted/portal/portal/request.c: portal/request.c tests/fuzz/plants/portal.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_portal_SOURCES = tests/fuzz/planted/portal/portal/request.c
tests_fuzz_planted_portal_SOURCES = tests/fuzz/portal.c
tests_fuzz_planted_portal_CPPFLAGS = $(fuzz_portal_cppflags)
tests_fuzz_planted_portal_LDADD = $(tests_fuzz_portal_LDADD)

tests/fuzz/planted/prose/common/prose.c: common/prose.c tests/fuzz/plants/prose.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_prose_SOURCES = tests/fuzz/planted/prose/common/prose.c
tests_fuzz_planted_prose_SOURCES = tests/fuzz/prose.c
tests_fuzz_planted_prose_LDADD = $(tests_fuzz_prose_LDADD)

tests/fuzz/planted/route/portal/route.c: portal/route.c tests/fuzz/plants/route.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_route_SOURCES = tests/fuzz/planted/route/portal/route.c
tests_fuzz_planted_route_SOURCES = tests/fuzz/route.c
tests_fuzz_planted_route_LDADD = $(tests_fuzz_route_LDADD)

tests/fuzz/planted/smtp/mailer/reply.c: mailer/reply.c tests/fuzz/plants/smtp.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_smtp_SOURCES = tests/fuzz/planted/smtp/mailer/reply.c
tests_fuzz_planted_smtp_SOURCES = tests/fuzz/smtp.c
tests_fuzz_planted_smtp_LDADD = $(tests_fuzz_smtp_LDADD)

tests/fuzz/planted/tmpl/common/tmpl_fill.c: common/tmpl_fill.c tests/fuzz/plants/tmpl.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_tmpl_SOURCES = tests/fuzz/planted/tmpl/common/tmpl_fill.c
tests_fuzz_planted_tmpl_SOURCES = tests/fuzz/tmpl.c
tests_fuzz_planted_tmpl_LDADD = $(tests_fuzz_tmpl_LDADD)

tests/fuzz/planted/token/common/token.c: common/token.c tests/fuzz/plants/token.patch
	$(fuzz_plant)
nodist_tests_fuzz_planted_token_SOURCES = tests/fuzz/planted/token/common/token.c
tests_fuzz_planted_token_SOURCES = tests/fuzz/token.c
tests_fuzz_planted_token_LDADD = $(tests_fuzz_token_LDADD)

# The bug goes into a copy in the build tree; the linker then has no use for the library's own.
fuzz_plant = $(AM_V_GEN)$(MKDIR_P) $(@D) && patch -s -f -o $@ $< $(srcdir)/tests/fuzz/plants/$$(echo $@ | cut -d/ -f4).patch
endif
fuzz: $(FUZZ_TARGETS) $(FUZZ_PLANTED)
.PHONY: fuzz

include tests/fuzz/corpus.mk
EXTRA_DIST += tests/fuzz/build tests/fuzz/keep tests/fuzz/planted tests/fuzz/run \
	tests/fuzz/plants/code.patch tests/fuzz/plants/conf.patch tests/fuzz/plants/control.patch tests/fuzz/plants/cookie.patch tests/fuzz/plants/csv.patch tests/fuzz/plants/name.patch tests/fuzz/plants/fold.patch tests/fuzz/plants/form.patch tests/fuzz/plants/multipart.patch tests/fuzz/plants/network.patch tests/fuzz/plants/password.patch tests/fuzz/plants/logo.patch \
	tests/fuzz/plants/portal.patch tests/fuzz/plants/prose.patch tests/fuzz/plants/route.patch tests/fuzz/plants/smtp.patch \
	tests/fuzz/plants/tmpl.patch tests/fuzz/plants/token.patch
