# The portal; all but main() is a library, so that unit tests can call it.
noinst_LIBRARIES += libportal.a
libportal_a_SOURCES = \
	portal/portal.c portal/portal.h \
	portal/serve.c portal/serve.h \
	portal/request.c portal/request.h \
	portal/route.c portal/route.h portal/routes.def \
	portal/session.c portal/session.h \
	portal/form.c portal/form.h portal/forms.def \
	portal/guard.c portal/guard.h \
	portal/limit.c portal/limit.h \
	portal/browser.c portal/browser.h \
	portal/device.c portal/device.h \
	portal/draft.c portal/draft.h \
	portal/warning.c portal/warning.h \
	portal/reply.c portal/reply.h portal/refusals.def portal/pages.def portal/names.def \
	portal/captcha/captcha.c portal/captcha/captcha.h \
	portal/model/decoy.c portal/model/decoy.h \
	portal/model/election.c portal/model/election.h \
	portal/model/elector.c portal/model/elector.h \
	portal/model/epoch.c portal/model/epoch.h \
	portal/model/device.c portal/model/device.h \
	portal/model/link.c portal/model/link.h portal/model/scrutin.c portal/model/scrutin.h portal/model/sql.def \
	portal/model/account.c portal/model/account.h \
	portal/model/code.c portal/model/code.h \
	portal/model/text.c portal/model/text.h \
	portal/policy/guess.c portal/policy/guess.h \
	portal/policy/password.c portal/policy/password.h \
	portal/search.c portal/search.h \
	portal/model/assistance.c portal/model/assistance.h portal/subjects.def \
	portal/pages/access.c \
	portal/pages/account.c \
	portal/pages/session.c \
	portal/pages/activation.c \
	portal/pages/assistance.c \
	portal/pages/change.c \
	portal/pages/data.c \
	portal/pages/forgotten.c \
	portal/pages/help.c portal/pages/help.h \
	portal/pages/home.c portal/pages/home.h \
	portal/pages/link.c portal/pages/link.h \
	portal/pages/password.c portal/pages/password.h \
	portal/pages/secrets.c portal/pages/secrets.h portal/model/roll.c portal/model/roll.h portal/pages/scrutins.c \
	portal/pages/scrutins.h portal/pages/roll.c portal/pages/reissue.c portal/model/list.c portal/model/list.h \
	portal/pages/draw.c portal/pages/lists.c portal/pages/lists.h portal/multipart.c portal/multipart.h portal/document.c \
	portal/document.h portal/uploads.def portal/model/claim.c portal/model/claim.h portal/objects.def portal/pages/claim.c \
	portal/pages/claim.h portal/pages/claim_common.c portal/pages/claim_public.c portal/pages/claims.c portal/pages/typed.c \
	portal/pages/typed.h
nodist_libportal_a_SOURCES = portal/data_table.h

# What the page on personal data says stands in docs/donnees.csv alone.
BUILT_SOURCES += portal/data_table.h
CLEANFILES += portal/data_table.h
EXTRA_DIST += docs/donnees.csv
portal/data_table.h: docs/donnees.csv portal/local.mk
	$(AM_V_GEN)$(MKDIR_P) portal && $(AWK) -F';' 'BEGIN { print "/* Made of docs/donnees.csv. */\nstatic const char *const data_table[][5] = {" } \
		NF != 5 || /["\\]/ { print FILENAME ":" FNR ": not five plain fields" >"/dev/stderr"; exit 1 } \
		NR > 1 { printf "\t{\"%s\", \"%s\", \"%s\", \"%s\", \"%s\"},\n", $$1, $$2, $$3, $$4, $$5 } \
		END { print "};" }' $(srcdir)/docs/donnees.csv >$@.tmp && mv $@.tmp $@
portal/pages/data.$(OBJEXT): portal/data_table.h

# The Lua scripts of sessions and drafts.
SESSION_LUA = \
	portal/session/prelude.lua portal/session/load.lua portal/session/rise.lua portal/session/list.lua \
	portal/session/finish.lua portal/session/keep.lua
nodist_libportal_a_SOURCES += portal/session_lua.h
BUILT_SOURCES += portal/session_lua.h
CLEANFILES += portal/session_lua.h
EXTRA_DIST += $(SESSION_LUA)
portal/session_lua.h: $(SESSION_LUA) common/embed.awk
	$(AM_V_GEN)$(MKDIR_P) portal && files= && for f in $(SESSION_LUA); do files="$$files $(srcdir)/$$f"; done && \
		$(AWK) -v of=SESSION -f $(srcdir)/common/embed.awk $$files > $@.tmp && mv $@.tmp $@
portal/session.$(OBJEXT) portal/draft.$(OBJEXT): portal/session_lua.h

PORTAL_LIBS = libportal.a $(CAPTCHA_LIBS) $(COMMON_LIBS) $(FCGI_LIBS) $(ZXCVBN_LIBS)

sbin_PROGRAMS += isoloir-portal
isoloir_portal_SOURCES = portal/main.c
isoloir_portal_LDADD = $(PORTAL_LIBS)

check_PROGRAMS += tests/unit/test_prose
TESTS += tests/unit/test_prose
tests_unit_test_prose_SOURCES = tests/unit/test_prose.c
tests_unit_test_prose_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_form tests/unit/test_route tests/unit/test_password
TESTS += tests/unit/test_form tests/unit/test_route tests/unit/test_password
tests_unit_test_form_SOURCES = tests/unit/test_form.c
tests_unit_test_form_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
tests_unit_test_route_SOURCES = tests/unit/test_route.c
tests_unit_test_route_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
tests_unit_test_password_SOURCES = tests/unit/test_password.c
tests_unit_test_password_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_limit
TESTS += tests/unit/test_limit
tests_unit_test_limit_SOURCES = tests/unit/test_limit.c
tests_unit_test_limit_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_device
TESTS += tests/unit/test_device
tests_unit_test_device_SOURCES = tests/unit/test_device.c
tests_unit_test_device_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_decoy
TESTS += tests/unit/test_decoy
tests_unit_test_decoy_SOURCES = tests/unit/test_decoy.c
tests_unit_test_decoy_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)

# Claims.
check_PROGRAMS += tests/unit/test_multipart tests/unit/test_document
TESTS += tests/unit/test_multipart tests/unit/test_document
tests_unit_test_multipart_SOURCES = tests/unit/test_multipart.c
tests_unit_test_multipart_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
tests_unit_test_document_SOURCES = tests/unit/test_document.c
tests_unit_test_document_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
