# The captcha: picture.c alone sees cairo and zlib, sound.c alone espeak-ng.
noinst_LIBRARIES += libcaptcha.a
libcaptcha_a_SOURCES = \
	portal/captcha/dice.c portal/captcha/dice.h \
	portal/captcha/picture.c portal/captcha/picture.h \
	portal/captcha/sound.c portal/captcha/sound.h
CAPTCHA_LIBS = libcaptcha.a $(CAIRO_LIBS) -lz $(ESPEAK_LIBS) -lm

check_PROGRAMS += tests/unit/test_picture tests/unit/test_sound
TESTS += tests/unit/test_picture tests/unit/test_sound
tests_unit_test_picture_SOURCES = tests/unit/test_picture.c
tests_unit_test_picture_LDADD = $(CAPTCHA_LIBS) $(TEST_LIBS)
tests_unit_test_sound_SOURCES = tests/unit/test_sound.c
tests_unit_test_sound_LDADD = $(CAPTCHA_LIBS) $(TEST_LIBS)
