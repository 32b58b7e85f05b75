-- The office's dates, bureaux, postings, and a roll that is read by name.

-- From when until when the rolls are shown, until when claims are taken, from which minute on the lists are shown; null: not yet.
-- suspended_at: the vote is held for the reason told. sealed_at: the roll is frozen, and changes only by a recorded exception.
set @isoloir_sql = (select if(count(*) = 0, 'alter table election
  add column rolls_from_at datetime null, add column rolls_until_at datetime null, add column claims_until_at datetime null,
  add column lists_at datetime null, add column suspended_at datetime null, add column suspended_why varchar(500) not null default '''',
  add column sealed_at datetime null', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'election' and column_name = 'sealed_at');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;

-- Who counts the votes of some scrutins.
create table if not exists bureau (
  id int unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  name varchar(250) not null,
  unique key bureau_name (election_id, name),
  constraint bureau_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- form: list (candidates in rank) or sigle (an organization alone). seats: 0 is not told.
set @isoloir_sql = (select if(count(*) = 0, 'alter table scrutin
  add column bureau_id int unsigned null, add column seats int unsigned not null default 0,
  add column form varchar(8) character set ascii collate ascii_bin not null default ''list'',
  add constraint scrutin_bureau foreign key (bureau_id) references bureau (id)', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'scrutin' and column_name = 'form');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;

-- Where people work, once each. name_key: common/name.h.
create table if not exists posting (
  id int unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  name varchar(200) not null,
  academy varchar(80) not null default '',
  name_key varchar(120) character set ascii collate ascii_bin not null,
  unique key posting_name (election_id, name_key, academy, name),
  constraint posting_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

-- gone_at: has left the roll. The row stays, since mails, claims and the audit trail speak of it.
set @isoloir_sql = (select if(count(*) = 0, 'alter table elector
  add column gone_at datetime null', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'elector' and column_name = 'gone_at');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;

-- The roll of a scrutin in the order of names, alone or within a posting (0: none): what a page shows is one range of a key.
-- name_key: common/name.h; empty for a row that was loaded before this migration, until the next load.
set @isoloir_sql = (select if(count(*) = 0, 'alter table elector_scrutin
  add column name_key varchar(120) character set ascii collate ascii_bin not null default '''',
  add column posting_id int unsigned not null default 0,
  add key elector_scrutin_name (scrutin_id, name_key, elector_id),
  add key elector_scrutin_posting (scrutin_id, posting_id, name_key, elector_id)', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'elector_scrutin' and column_name = 'posting_id');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
