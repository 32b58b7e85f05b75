-- What the way in needs. Times are UTC, texts utf8mb4; everything here is accepted by MariaDB 10.11 and MySQL 8.
-- Each migration may be run again: create … if not exists, insert … on duplicate key.

create table if not exists election (
  id int unsigned not null auto_increment primary key,
  slug varchar(40) character set ascii collate ascii_bin not null,
  title varchar(200) not null,
  banner varchar(500) not null default '',
  opens_at datetime not null,
  closes_at datetime not null,
  unique key election_slug (slug),
  constraint election_dates check (opens_at < closes_at)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- identifier: folded (trimmed, ASCII lower case, IDNA), compared byte by byte.
create table if not exists elector (
  id bigint unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  identifier varchar(254) character set ascii collate ascii_bin not null,
  civility varchar(8) not null default '',
  family_name varchar(100) not null,
  given_name varchar(100) not null,
  posting varchar(200) not null default '',
  academy varchar(80) not null default '',
  time_zone varchar(40) character set ascii not null default 'Europe/Paris',
  unique key elector_identifier (election_id, identifier),
  constraint elector_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- kind: CSA, CSAMEN, CAPN, CAPA, CCP …; place: the order in which they are shown and voted.
create table if not exists scrutin (
  id int unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  code varchar(40) character set ascii collate ascii_bin not null,
  kind varchar(20) not null,
  name varchar(250) not null,
  level varchar(80) not null default '',
  place int unsigned not null default 0,
  unique key scrutin_code (election_id, code),
  constraint scrutin_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

create table if not exists elector_scrutin (
  elector_id bigint unsigned not null,
  scrutin_id int unsigned not null,
  primary key (elector_id, scrutin_id),
  key elector_scrutin_scrutin (scrutin_id),
  constraint elector_scrutin_elector foreign key (elector_id) references elector (id),
  constraint elector_scrutin_scrutin foreign key (scrutin_id) references scrutin (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

create table if not exists challenge_question (
  id int unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  place int unsigned not null,
  wording varchar(200) not null,
  unique key challenge_question_place (election_id, place),
  constraint challenge_question_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- Exists once the elector has activated. Hashes are argon2id strings over an HMAC whose key is a file.
create table if not exists account (
  elector_id bigint unsigned not null primary key,
  password_hash varchar(128) character set ascii collate ascii_bin not null,
  challenge_question_id int unsigned not null,
  answer_hash varchar(128) character set ascii collate ascii_bin not null,
  activated_at datetime not null,
  changed_at datetime not null,
  constraint account_elector foreign key (elector_id) references elector (id),
  constraint account_question foreign key (challenge_question_id) references challenge_question (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- A mailed link (common/token.h). live is 1 until used, then null: one live row per elector and purpose.
-- used_how: activated, entered (without activation), expired (replaced by a newer one after its time).
create table if not exists activation_token (
  selector binary(16) not null primary key,
  elector_id bigint unsigned not null,
  purpose varchar(20) character set ascii collate ascii_bin not null,
  key_id tinyint unsigned not null default 1,
  created_at datetime not null,
  expires_at datetime not null,
  used_at datetime null,
  used_how varchar(12) character set ascii collate ascii_bin null,
  live tinyint generated always as (case when used_at is null then 1 end) stored,
  unique key activation_token_live (elector_id, purpose, live),
  constraint activation_token_elector foreign key (elector_id) references elector (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- The durable intent and the history of one mail; Redis only tells whose turn it is (see isoloir-queue(7)).
-- state: ready, uncertain (attempt of unknown fate, parked), held, then for good: sent, dead, dropped, unknown, not_needed.
-- attempt_open: set before the end of data can be sent, cleared by a definite verdict.
-- unfinished is 1 until finished_at is set, then null: one unfinished mail per person and kind, whatever becomes of Redis.
create table if not exists mail_job (
  id char(32) character set ascii collate ascii_bin not null primary key,
  election_id int unsigned not null,
  mail varchar(20) character set ascii collate ascii_bin not null,
  identifier varchar(254) character set ascii collate ascii_bin not null,
  domain varchar(254) character set ascii collate ascii_bin not null,
  reference char(8) character set ascii collate ascii_bin not null,
  elector_id bigint unsigned null,
  state varchar(12) character set ascii collate ascii_bin not null default 'ready',
  attempts int unsigned not null default 0,
  attempt_open tinyint not null default 0,
  created_at datetime(3) not null,
  due_at datetime(3) not null,
  deadline_at datetime not null,
  finished_at datetime(3) null,
  last_reply varchar(500) not null default '',
  unfinished tinyint generated always as (case when finished_at is null then 1 end) stored,
  unique key mail_job_unfinished (election_id, mail, identifier, unfinished),
  key mail_job_waiting (unfinished, id),
  key mail_job_open (state, due_at),
  key mail_job_person (election_id, identifier, created_at),
  key mail_job_reference (reference),
  constraint mail_job_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- Domains of the roll, kept by isoloirctl load: each has a lane of its own in the queue.
create table if not exists mail_domain (
  domain varchar(254) character set ascii collate ascii_bin not null primary key
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- Append-only; persons are pseudonyms (common/audit.h), since a chain cannot erase.
create table if not exists audit (
  id bigint unsigned not null auto_increment primary key,
  at datetime(3) not null,
  election_id int unsigned null,
  actor varchar(40) not null,
  act varchar(40) character set ascii collate ascii_bin not null,
  subject char(16) character set ascii collate ascii_bin not null default '',
  detail varchar(500) not null default '',
  request_id char(16) character set ascii collate ascii_bin not null default ''
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- The chain over the rows above, in the order in which the sealer saw them.
create table if not exists audit_seal (
  place bigint unsigned not null auto_increment primary key,
  audit_id bigint unsigned not null,
  hash binary(32) not null,
  unique key audit_seal_audit (audit_id),
  constraint audit_seal_audit foreign key (audit_id) references audit (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
