-- What came back of mails that had been taken, and addresses to which none goes any more. isoloir-dsn(8) writes, isoloirctl shows and lifts.

-- class: hard, soft, policy or delayed (mailer/dsn/bounce.def). proof: how the mail was found; what only its message-id vouches for counts for nothing.
-- One row for each status of a mail: a report that comes twice counts once.
create table if not exists bounce (
  id bigint unsigned not null auto_increment primary key,
  job_id char(32) character set ascii collate ascii_bin not null,
  election_id int unsigned not null,
  identifier varchar(254) character set ascii collate ascii_bin not null,
  action varchar(10) character set ascii collate ascii_bin not null,
  class varchar(8) character set ascii collate ascii_bin not null,
  status varchar(11) character set ascii collate ascii_bin not null,
  diagnostic varchar(300) character set ascii collate ascii_bin not null default '',
  proof varchar(10) character set ascii collate ascii_bin not null,
  at datetime(3) not null,
  unique key bounce_once (job_id, action, status, proof),
  key bounce_person (election_id, identifier, at),
  constraint bounce_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- live is 1 until it is lifted: one at a time for an address. overridden_at: when the person's own request last went all the same, and as which mail.
create table if not exists suppression (
  id bigint unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  identifier varchar(254) character set ascii collate ascii_bin not null,
  why varchar(500) not null,
  since datetime(3) not null,
  by_whom varchar(40) not null,
  overridden_at datetime(3) null,
  overridden_job char(32) character set ascii collate ascii_bin not null default '',
  lifted_at datetime(3) null,
  lifted_by varchar(40) not null default '',
  lifted_why varchar(500) not null default '',
  live tinyint generated always as (case when lifted_at is null then 1 end) stored,
  unique key suppression_live (election_id, identifier, live),
  key suppression_person (election_id, identifier, lifted_at),
  constraint suppression_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
