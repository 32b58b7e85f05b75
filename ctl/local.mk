# isoloirctl, its manual pages and the installed settings.
bin_PROGRAMS += isoloirctl
isoloirctl_SOURCES = \
	ctl/audit.c ctl/commands.def ctl/ctl.c ctl/ctl.h ctl/daemon.c ctl/daemon.h ctl/elector.c ctl/help.c ctl/keys.c \
	ctl/load.c ctl/load.h ctl/main.c ctl/migrate.c ctl/print.c ctl/queue.c ctl/domain.c ctl/domain.h ctl/domain_show.c ctl/profiles.def ctl/mails.c \
	ctl/fsck.c ctl/why.c ctl/advice.def ctl/rule.c ctl/settings.c ctl/sheet.c ctl/sql.def ctl/status.c ctl/throttle.c \
	ctl/workers.c ctl/assistance.c ctl/office.c ctl/office.h ctl/text.c ctl/address.c ctl/dates.c ctl/dates.def ctl/dates.h \
	ctl/doctor.c ctl/doctor.def ctl/election.c ctl/export.c ctl/fields.c ctl/fields.h ctl/find.c ctl/scrutin.c ctl/batch.c \
	ctl/code.c ctl/leaflet.c ctl/leaflet.h ctl/notice.c ctl/notice_files.c ctl/notice_files.h ctl/candidate.c ctl/draw.c \
	ctl/jpeg.c ctl/list.c ctl/list.h ctl/list_file.c ctl/list_file.h ctl/list_import.c ctl/list_import.h ctl/list_sheet.c \
	ctl/logo.c ctl/logo.h \
	ctl/generate.c ctl/import.c ctl/import.h ctl/import_apply.c ctl/import_columns.c ctl/import_diff.c ctl/import_rows.c ctl/import_sql.def \
	ctl/import_stage.c ctl/meter.c ctl/meter.h \
	ctl/drain.c ctl/domain.h ctl/story.c ctl/story.h ctl/screen.c ctl/top.c ctl/top_facts.c ctl/top.h ctl/trace.c \
	ctl/campaign.c ctl/campaign.h ctl/campaign_show.c ctl/campaigns.def ctl/export.h \
	ctl/claims.c ctl/claims.h ctl/claims_answer.c ctl/claims_filter.c ctl/suppression.c ctl/tell.c ctl/tell.h \
	ctl/mail_kit.c ctl/mail_dns.c ctl/specimen.c ctl/specimen.h ctl/specimens.def
isoloirctl_LDADD = libmailer.a $(COMMON_LIBS) $(GMIME_LIBS) $(OPENDKIM_LIBS) $(CAIRO_LIBS) $(PNG_LIBS) $(JPEG_LIBS) $(NCURSES_LIBS) -lm

dist_man_MANS += man/isoloirctl.1 man/isoloir.conf.5
EXTRA_DIST += tests/integration/ctl.mjs docs/INSTALL.md

# An administrator's settings survive an upgrade: the file is installed only where there is none.
EXTRA_DIST += conf/isoloir.conf
install-data-hook: install-isoloir-conf
install-isoloir-conf:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/isoloir"
	test -e "$(DESTDIR)$(sysconfdir)/isoloir/isoloir.conf" || \
		$(INSTALL_DATA) $(srcdir)/conf/isoloir.conf "$(DESTDIR)$(sysconfdir)/isoloir/isoloir.conf"
uninstall-hook: uninstall-isoloir-conf
uninstall-isoloir-conf:
	if cmp -s $(srcdir)/conf/isoloir.conf "$(DESTDIR)$(sysconfdir)/isoloir/isoloir.conf"; then \
		rm -f "$(DESTDIR)$(sysconfdir)/isoloir/isoloir.conf"; fi
.PHONY: install-isoloir-conf uninstall-isoloir-conf

# After a change of common/settings.def: bring the settings' two other places up to date (tests/integration/ctl.mjs compares them).
update-settings: isoloirctl
	./isoloirctl settings --template >$(srcdir)/conf/isoloir.conf
	./isoloirctl settings --mdoc >settings.mdoc.tmp
	$(AWK) '/BEGIN settings/ { print; while ((getline line < "settings.mdoc.tmp") > 0) print line; skip = 1 } \
		/END settings/ { skip = 0 } !skip' $(srcdir)/man/isoloir.conf.5 >isoloir.conf.5.tmp
	cat isoloir.conf.5.tmp >$(srcdir)/man/isoloir.conf.5
	rm -f settings.mdoc.tmp isoloir.conf.5.tmp
.PHONY: update-settings
