-- Claims: what somebody says is wrong with a roll, with or without a session, until it is answered with reasons.

-- elector_id null: made without a session. scrutin_id null: one that is told in scrutin_text alone. object: a word of portal/objects.def.
-- state: received, in_study, accepted, refused. due_at: by when the office means to have answered (setting claims.answer_days).
create table if not exists claim (
  id bigint unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  reference char(8) character set ascii collate ascii_bin not null,
  elector_id bigint unsigned null,
  scrutin_id int unsigned null,
  scrutin_text varchar(200) not null default '',
  object varchar(20) character set ascii collate ascii_bin not null,
  name varchar(200) not null,
  contact varchar(254) not null,
  posting varchar(200) not null default '',
  academy varchar(80) not null default '',
  body varchar(4000) not null,
  state varchar(12) character set ascii collate ascii_bin not null default 'received',
  created_at datetime(3) not null,
  changed_at datetime(3) not null,
  due_at datetime not null,
  assigned_to varchar(40) not null default '',
  answered_at datetime(3) null,
  answered_by varchar(40) not null default '',
  answer varchar(4000) not null default '',
  unique key claim_reference (reference),
  key claim_work (due_at, id),
  key claim_elector (elector_id, id),
  constraint claim_election foreign key (election_id) references election (id),
  constraint claim_elector foreign key (elector_id) references elector (id),
  constraint claim_scrutin foreign key (scrutin_id) references scrutin (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- kind: pdf, png or jpeg, by its content. name: cleaned (portal/document.h).
create table if not exists claim_document (
  claim_id bigint unsigned not null primary key,
  name varchar(120) not null,
  kind varchar(4) character set ascii collate ascii_bin not null,
  body mediumblob not null,
  constraint claim_document_claim foreign key (claim_id) references claim (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- What an elector has written and not sent yet: one each, which bounds the whole, for two hours. ready: its words were accepted; otherwise only the
-- document counts, which a refused form must not lose.
create table if not exists claim_draft (
  elector_id bigint unsigned not null primary key,
  nonce varchar(32) character set ascii collate ascii_bin not null default '',
  opened_at datetime null,
  scrutin_id int unsigned null,
  scrutin_text varchar(200) not null default '',
  object varchar(20) character set ascii collate ascii_bin not null default '',
  body varchar(4000) not null default '',
  ready tinyint not null default 0,
  document_name varchar(120) not null default '',
  document_kind varchar(4) character set ascii collate ascii_bin not null default '',
  document mediumblob null,
  expires_at datetime not null,
  key claim_draft_expires (expires_at),
  constraint claim_draft_elector foreign key (elector_id) references elector (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- topic: a mail that answers one thing of several has that thing's reference here, and is not one with that person's other mails of its kind.
set @isoloir_sql = (select if(count(*) = 0, 'alter table mail_job
  add column topic varchar(8) character set ascii collate ascii_bin not null default '''',
  drop key mail_job_unfinished, add unique key mail_job_unfinished (election_id, mail, identifier, topic, unfinished)', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'mail_job' and column_name = 'topic');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
