-- Voting codes: what was handed out to whom and how, never the code itself (common/code.h).

-- Printed notices: one batch is one set of print files (ctl/notice.c). state: making, complete, void. done: the last place whose hashes are committed;
-- bytes: how long the printer's file was then, to which a resumed run cuts it back.
create table if not exists code_batch (
  id int unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  name varchar(40) character set ascii collate ascii_bin not null,
  academy varchar(80) not null default '',
  state varchar(12) character set ascii collate ascii_bin not null default 'making',
  planned int unsigned not null default 0,
  done int unsigned not null default 0,
  issued int unsigned not null default 0,
  bytes bigint unsigned not null default 0,
  begun_at datetime not null,
  begun_by varchar(40) not null,
  completed_at datetime null,
  void_at datetime null,
  unique key code_batch_name (election_id, name),
  constraint code_batch_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- In which order a batch is printed: by academy, posting, name. Fixed when the batch begins, whatever becomes of the roll meanwhile.
create table if not exists code_notice (
  batch_id int unsigned not null,
  place int unsigned not null,
  elector_id bigint unsigned not null,
  returned_at datetime null,
  primary key (batch_id, place),
  key code_notice_elector (elector_id),
  constraint code_notice_batch foreign key (batch_id) references code_batch (id),
  constraint code_notice_elector foreign key (elector_id) references elector (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- hash: HMAC-SHA-256 of election and code. how: notice, reissue (online), desk. live is 1 until void, then null: one live code an elector.
-- void_how: reissue, desk (another one took its place), batch (destroyed), returned (the envelope came back).
create table if not exists voting_code (
  id bigint unsigned not null auto_increment primary key,
  elector_id bigint unsigned not null,
  hash binary(32) not null,
  how varchar(8) character set ascii collate ascii_bin not null,
  batch_id int unsigned null,
  issued_at datetime not null,
  void_at datetime null,
  void_how varchar(8) character set ascii collate ascii_bin null,
  live tinyint generated always as (case when void_at is null then 1 end) stored,
  unique key voting_code_live (elector_id, live),
  unique key voting_code_hash (hash),
  key voting_code_batch (batch_id, live),
  constraint voting_code_elector foreign key (elector_id) references elector (id),
  constraint voting_code_batch foreign key (batch_id) references code_batch (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- The desk: one operator has seen the person and the document, another one approves. Of the document its kind, and a keyed hash of its number.
-- outcome: issued, refused, expired. One pending request an elector.
create table if not exists code_request (
  id int unsigned not null auto_increment primary key,
  elector_id bigint unsigned not null,
  document varchar(20) character set ascii collate ascii_bin not null,
  document_hash binary(32) not null,
  asked_at datetime not null,
  asked_by varchar(40) not null,
  expires_at datetime not null,
  settled_at datetime null,
  settled_by varchar(40) not null default '',
  outcome varchar(8) character set ascii collate ascii_bin null,
  pending tinyint generated always as (case when settled_at is null then 1 end) stored,
  unique key code_request_pending (elector_id, pending),
  constraint code_request_elector foreign key (elector_id) references elector (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
