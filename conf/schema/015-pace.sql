-- Several relays: which of them the mails of a domain go through, and which one a mail went through. '': the main one, of [mailer] in the settings.

set @isoloir_sql = (select if(count(*) = 0,
  "alter table mail_policy add column relay varchar(30) character set ascii collate ascii_bin not null default '' after paused", 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'mail_policy' and column_name = 'relay');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;

set @isoloir_sql = (select if(count(*) = 0,
  "alter table mail_job add column relay varchar(30) character set ascii collate ascii_bin not null default ''", 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'mail_job' and column_name = 'relay');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
