-- What an account needs beyond the way in: devices that are known, sessions that can be ended, the history of one's own accesses.

-- A browser in which this elector has logged in or activated, and that carries the cookie which says so. Its row gone, the cookie is worth nothing.
create table if not exists device (
  elector_id bigint unsigned not null,
  device binary(16) not null,
  browser varchar(80) not null default '',
  first_at datetime not null,
  last_at datetime not null,
  primary key (elector_id, device),
  constraint device_elector foreign key (elector_id) references elector (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- Sessions remember the epoch under which they began; those of an older one are over, whatever Redis still holds. No row is epoch 0.
create table if not exists session_epoch (
  elector_id bigint unsigned not null primary key,
  epoch int unsigned not null,
  constraint session_epoch_elector foreign key (elector_id) references elector (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- An elector reads the history of their own accesses from the audit trail, by their pseudonym.
set @isoloir_sql = (select if(count(*) = 0, 'create index audit_subject on audit (subject, id)', 'do 0')
  from information_schema.statistics where table_schema = database() and table_name = 'audit' and index_name = 'audit_subject');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
