-- What can be told of a mail afterwards: from which click it came, each attempt, when its link was opened, and what operators decided of it.

-- request_id: of the click that asked for it, as in the portal's log and the audit trail; empty for a mail that no click asked for.
set @isoloir_sql = (select if(count(*) = 0,
  'alter table mail_job add column request_id char(16) character set ascii collate ascii_bin not null default '''', add key mail_job_request (request_id)', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'mail_job' and column_name = 'request_id');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;

-- opened_at: the first post from a page that the link opened. A look at the page writes nothing, since scanners of mails look, too.
set @isoloir_sql = (select if(count(*) = 0, 'alter table activation_token add column opened_at datetime null', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'activation_token' and column_name = 'opened_at');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;

set @isoloir_sql = (select if(count(*) = 0, 'create index audit_request on audit (request_id)', 'do 0')
  from information_schema.statistics where table_schema = database() and table_name = 'audit' and index_name = 'audit_request');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;

-- Each attempt, written with its verdict. n: which one it is; those that count for nothing (outcome again) have the number of the next one that does, and
-- are one row however many they were (tries). reply: printable, addresses blotted out. sender: host and process. Goes with its mail.
create table if not exists mail_attempt (
  job_id char(32) character set ascii collate ascii_bin not null,
  n int unsigned not null,
  outcome varchar(12) character set ascii collate ascii_bin not null,
  stage varchar(12) character set ascii collate ascii_bin not null,
  code smallint unsigned not null default 0,
  reply varchar(255) not null default '',
  started_at datetime(3) not null,
  last_at datetime(3) not null,
  ms int unsigned not null default 0,
  tries int unsigned not null default 1,
  sender varchar(80) character set ascii collate ascii_bin not null default '',
  primary key (job_id, n, outcome),
  constraint mail_attempt_job foreign key (job_id) references mail_job (id) on delete cascade
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- What operators decided of single mails, and why. Goes with its mail.
create table if not exists mail_note (
  id bigint unsigned not null auto_increment primary key,
  job_id char(32) character set ascii collate ascii_bin not null,
  at datetime(3) not null,
  who varchar(40) not null,
  act varchar(20) character set ascii collate ascii_bin not null,
  reason varchar(250) not null default '',
  key mail_note_job (job_id, id),
  constraint mail_note_job foreign key (job_id) references mail_job (id) on delete cascade
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
