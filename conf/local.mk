# Schema and sample election; nginx, redis and systemd examples.
schemadir = $(pkgdatadir)/schema
dist_schema_DATA = conf/schema/001-journey.sql conf/schema/002-account.sql conf/schema/003-assistance.sql \
	conf/schema/004-decoy.sql conf/schema/005-scrutins.sql conf/schema/008-claims.sql conf/schema/rights.sql
blocklistdir = $(pkgdatadir)
dist_blocklist_DATA = conf/blocklist.txt
sampledir = $(pkgdatadir)/sample
dist_sample_DATA = conf/sample/README
sampledemodir = $(sampledir)/demo
dist_sampledemo_DATA = conf/sample/demo/election.csv conf/sample/demo/scrutins.csv conf/sample/demo/questions.csv \
	conf/sample/demo/electors.csv
