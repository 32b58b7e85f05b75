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
	portal/browser.c portal/browser.h \
	portal/device.c portal/device.h \
	portal/draft.c portal/draft.h \
	portal/warning.c portal/warning.h \
	portal/reply.c portal/reply.h portal/refusals.def portal/pages.def portal/names.def \
	portal/captcha/captcha.c portal/captcha/captcha.h \
	portal/model/election.c portal/model/election.h \
	portal/model/elector.c portal/model/elector.h \
	portal/model/epoch.c portal/model/epoch.h \
	portal/model/device.c portal/model/device.h \
	portal/model/link.c portal/model/link.h portal/model/sql.def \
	portal/model/assistance.c portal/model/assistance.h portal/subjects.def \
	portal/pages/access.c \
	portal/pages/activation.c \
	portal/pages/assistance.c \
	portal/pages/help.c \
	portal/pages/home.c \
	portal/pages/link.c portal/pages/link.h \
	portal/pages/password.c portal/pages/password.h
PORTAL_LIBS = libportal.a $(CAPTCHA_LIBS) $(COMMON_LIBS) $(FCGI_LIBS)

sbin_PROGRAMS += isoloir-portal
isoloir_portal_SOURCES = portal/main.c
isoloir_portal_LDADD = $(PORTAL_LIBS)

check_PROGRAMS += tests/unit/test_form tests/unit/test_route tests/unit/test_password
TESTS += tests/unit/test_form tests/unit/test_route tests/unit/test_password
tests_unit_test_form_SOURCES = tests/unit/test_form.c
tests_unit_test_form_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
tests_unit_test_route_SOURCES = tests/unit/test_route.c
tests_unit_test_route_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
tests_unit_test_password_SOURCES = tests/unit/test_password.c
tests_unit_test_password_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_device
TESTS += tests/unit/test_device
tests_unit_test_device_SOURCES = tests/unit/test_device.c
tests_unit_test_device_LDADD = $(PORTAL_LIBS) $(CMOCKA_LIBS)
