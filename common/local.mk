libcommon_a_SOURCES = \
	common/base/clock.c common/base/clock.h \
	common/base/secret.c common/base/secret.h \
	common/base/task.c common/base/task.h \
	common/base/text.c common/base/text.h \
	common/breaker.c common/breaker.h \
	common/conf.c common/conf.h common/settings.def \
	common/db.c common/db.h \
	common/draw.c common/draw.h \
	common/fault.c common/fault.h \
	common/fold.c common/fold.h \
	common/hash.c common/hash.h common/arena.c common/arena.h \
	common/keys.c common/keys.h \
	common/log.c common/log.h \
	common/metrics.c common/metrics.h common/metrics.def \
	common/name.c common/name.h \
	common/prose.c common/prose.h common/texts.def \
	common/store.c common/store.h \
	common/workday.c common/workday.h
# Voting codes.
libcommon_a_SOURCES += common/code.c common/code.h common/issue.c common/issue.h common/issue_sql.def
