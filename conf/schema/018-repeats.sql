-- Clicks that made no mail, since there is one that waits or its cool-down lasts; and which mails a click may have tried at once.

-- repeats: how often it was asked for again; repeats_after: how many of those after its end, within the cool-down. first_repeat_at, repeated_at: the first
-- and the last of them.
-- deferred_at: when it was put off last. forward_at: from when on a repeat since then lets it be tried at once; null: never, since what it waits for is not
-- its person's. brought_at: when a repeat did so last. No column that a click writes is in a key: the work is the same for everybody.
set @isoloir_sql = (select if(count(*) = 0, 'alter table mail_job
  add column repeats int unsigned not null default 0,
  add column repeats_after int unsigned not null default 0,
  add column first_repeat_at datetime(3) null,
  add column repeated_at datetime(3) null,
  add column deferred_at datetime(3) null,
  add column forward_at datetime(3) null,
  add column brought_at datetime(3) null,
  add key mail_job_forward (forward_at)', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'mail_job' and column_name = 'repeats');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
