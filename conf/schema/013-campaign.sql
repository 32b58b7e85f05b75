-- Campaigns: one mail each to many electors. Who is meant is written once, when a campaign is made; the mailer makes jobs of it, some at a time.

-- kind: a word of ctl/campaigns.def, which is the mail's kind too. state: created, testing (the test mailboxes have theirs), running, paused, done, cancelled.
-- rule: whom it goes to, in words, as it was when the campaign was made. test: addresses, separated by commas, that get the mail first.
-- ramp: mails of the first minute (0: as many as there is room for), doubled each doubling_s seconds. ramp_at, ramp_base: since when that holds, and how
-- many were in the queue by then: it begins anew when a campaign is resumed.
-- open is 1 until finished_at is set, then null: one open campaign of a kind.
create table if not exists campaign (
  id int unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  name varchar(40) character set ascii collate ascii_bin not null,
  kind varchar(20) character set ascii collate ascii_bin not null,
  state varchar(12) character set ascii collate ascii_bin not null default 'created',
  rule varchar(500) not null,
  test varchar(800) character set ascii collate ascii_bin not null,
  planned int unsigned not null default 0,
  ramp int unsigned not null default 0,
  doubling_s int unsigned not null default 600,
  ramp_at datetime(3) null,
  ramp_base int unsigned not null default 0,
  created_at datetime(3) not null,
  created_by varchar(40) not null,
  started_at datetime(3) null,
  started_by varchar(40) not null default '',
  finished_at datetime(3) null,
  open tinyint generated always as (case when finished_at is null then 1 end) stored,
  unique key campaign_name (election_id, name),
  unique key campaign_open (election_id, kind, open),
  constraint campaign_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- Who is meant, once each. No foreign key to the elector: a million rows would hold as many rows of the roll until they are committed.
create table if not exists campaign_person (
  campaign_id int unsigned not null,
  domain varchar(254) character set ascii collate ascii_bin not null,
  elector_id bigint unsigned not null,
  academy varchar(80) not null default '',
  primary key (campaign_id, domain, elector_id),
  unique key campaign_person_once (elector_id, campaign_id),
  constraint campaign_person_campaign foreign key (campaign_id) references campaign (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- How far each domain is: so that one that is slow, or pauses, keeps no other one back. fed: of how many there is a job; last_elector: up to whom.
create table if not exists campaign_domain (
  campaign_id int unsigned not null,
  domain varchar(254) character set ascii collate ascii_bin not null,
  planned int unsigned not null default 0,
  fed int unsigned not null default 0,
  last_elector bigint unsigned not null default 0,
  primary key (campaign_id, domain),
  constraint campaign_domain_campaign foreign key (campaign_id) references campaign (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- The counts as they were when the campaign was made. what: academy, or body (the kind of scrutin; who votes in two kinds is counted in both).
create table if not exists campaign_count (
  campaign_id int unsigned not null,
  what varchar(8) character set ascii collate ascii_bin not null,
  name varchar(80) not null,
  people int unsigned not null,
  primary key (campaign_id, what, name),
  constraint campaign_count_campaign foreign key (campaign_id) references campaign (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- A job of a campaign; elector_id null: to a test mailbox. One a campaign and elector, for ever.
set @isoloir_sql = (select if(count(*) = 0, 'alter table mail_job
  add column campaign_id int unsigned null,
  add unique key mail_job_campaign (campaign_id, elector_id),
  add key mail_job_campaign_open (campaign_id, unfinished, domain)', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'mail_job' and column_name = 'campaign_id');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
