# Schema and sample election; nginx, redis and systemd examples.
schemadir = $(pkgdatadir)/schema
dist_schema_DATA = conf/schema/001-journey.sql conf/schema/002-account.sql conf/schema/003-assistance.sql \
	conf/schema/004-decoy.sql conf/schema/005-scrutins.sql conf/schema/006-import.sql conf/schema/007-lists.sql \
	conf/schema/008-claims.sql conf/schema/009-codes.sql conf/schema/010-office.sql conf/schema/011-mail-policy.sql \
	conf/schema/012-participation.sql conf/schema/013-campaign.sql conf/schema/014-bounce.sql conf/schema/015-pace.sql \
	conf/schema/016-trace.sql conf/schema/017-scrutins-change.sql conf/schema/018-repeats.sql \
	conf/schema/rights.sql
blocklistdir = $(pkgdatadir)
dist_blocklist_DATA = conf/blocklist.txt
sampledir = $(pkgdatadir)/sample
dist_sample_DATA = conf/sample/README
sampledemodir = $(sampledir)/demo
dist_sampledemo_DATA = conf/sample/demo/election.csv conf/sample/demo/scrutins.csv conf/sample/demo/questions.csv \
	conf/sample/demo/electors.csv \
	conf/sample/demo/lists.csv conf/sample/demo/logo-boussole.png conf/sample/demo/logo-encrier.png conf/sample/demo/logo-luciole.png \
	conf/sample/demo/logo-marelle.png conf/sample/demo/logo-preau.png conf/sample/demo/statement-boussole.txt \
	conf/sample/demo/statement-luciole.txt conf/sample/demo/statement-marelle.txt conf/sample/demo/statement-preau.pdf \
	conf/sample/demo/statement-preau.txt conf/sample/demo/statement-tableau.txt
# For Prometheus and Grafana.
prometheusdir = $(pkgdatadir)/prometheus
dist_prometheus_DATA = conf/prometheus/isoloir.rules.yml
consolesdir = $(prometheusdir)/consoles
dist_consoles_DATA = conf/prometheus/consoles/isoloir.html
grafanadir = $(pkgdatadir)/grafana
dist_grafana_DATA = conf/grafana/isoloir.json
dist_man_MANS += man/isoloir-metrics.7
EXTRA_DIST += tests/integration/metrics.mjs tests/lib/prometheus.mjs tests/prometheus/isoloir.rules.test.yml
