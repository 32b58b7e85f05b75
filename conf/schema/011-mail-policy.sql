-- How fast mails may go to a domain, and through the relay.

-- pattern: a domain, a pattern with * ("ac-*.fr"), "*" for all others, or "@relay" for all mails together; the longest that fits holds.
-- concurrency: mails on their way at once, 0: as many as there are senders. windows: "500/1m,8000/10h", all of them at once; "": no limit.
-- night, weekend: percent of the windows' numbers in the relay's time zone.
create table if not exists mail_policy (
  pattern varchar(254) character set ascii collate ascii_bin not null primary key,
  concurrency int unsigned not null default 0,
  windows varchar(200) character set ascii collate ascii_bin not null default '',
  night int unsigned not null default 100,
  weekend int unsigned not null default 100,
  paused tinyint not null default 0,
  reason varchar(500) not null default '',
  changed_at datetime not null,
  changed_by varchar(40) not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- What went in the last hours, when Redis has forgotten it.
set @isoloir_sql = (select if(count(*) = 0, 'create index mail_job_finished on mail_job (finished_at, state, domain)', 'do 0')
  from information_schema.statistics where table_schema = database() and table_name = 'mail_job' and index_name = 'mail_job_finished');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
