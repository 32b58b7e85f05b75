-- Imports: what a file says, what differs from what is there, and what an import replaced, so that the last one can be undone.

-- By what a person is sorted and where they work stands with the person too: entries of a roll take it from here.
set @isoloir_sql = (select if(count(*) = 0, 'alter table elector
  add column name_key varchar(120) character set ascii collate ascii_bin not null default '''',
  add column posting_id int unsigned not null default 0', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'elector' and column_name = 'name_key');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
update elector e join (select elector_id, max(name_key) as name_key, max(posting_id) as posting_id from elector_scrutin group by elector_id) k
  on k.elector_id = e.id set e.name_key = k.name_key, e.posting_id = k.posting_id where e.name_key = '';

-- One row an import that was applied. slot: which half of the tables of changes is its own; the other half is free for the next one.
-- open: 1 while it is the one that can be undone, then null.
create table if not exists import_run (
  id bigint unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  what varchar(12) character set ascii collate ascii_bin not null,
  slot tinyint unsigned not null,
  file varchar(250) not null,
  applied_at datetime(3) not null,
  applied_by varchar(40) not null,
  undone_at datetime(3) null,
  open tinyint null,
  unique key import_run_open (open)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

-- What the file says, checked and folded, emptied by the next import: nothing that a crash could cost, hence without transactions, which makes
-- filling these twice as fast. scrutins: ids in their order, "3,7,12", as group_concat gives those of the roll.
create table if not exists import_elector (
  line int unsigned not null,
  identifier varchar(254) character set ascii collate ascii_bin not null,
  previous varchar(254) character set ascii collate ascii_bin not null,
  civility varchar(8) not null,
  family_name varchar(100) not null,
  given_name varchar(100) not null,
  posting varchar(200) not null,
  academy varchar(80) not null,
  time_zone varchar(40) character set ascii collate ascii_bin not null,
  name_key varchar(120) character set ascii collate ascii_bin not null,
  posting_key varchar(120) character set ascii collate ascii_bin not null,
  scrutins varchar(2000) character set ascii collate ascii_bin not null default '',
  primary key (identifier, line)
) engine = MyISAM default charset = utf8mb4 collate = utf8mb4_bin;
create table if not exists import_entry (
  line int unsigned not null,
  identifier varchar(254) character set ascii collate ascii_bin not null,
  scrutin_id int unsigned not null,
  primary key (identifier, scrutin_id, line)
) engine = MyISAM default charset = utf8mb4 collate = utf8mb4_bin;
create table if not exists import_scrutin (
  line int unsigned not null,
  code varchar(40) character set ascii collate ascii_bin not null,
  kind varchar(20) not null,
  name varchar(250) not null,
  level varchar(80) not null,
  place int unsigned not null,
  bureau varchar(250) not null,
  seats int unsigned not null,
  form varchar(8) character set ascii collate ascii_bin not null,
  primary key (code, line)
) engine = MyISAM default charset = utf8mb4 collate = utf8mb4_bin;

-- Whose entries are to be compared one by one; for files of electors those alone whose list differs, and
-- those who are new (added): all their entries are new too, and need no row of their own to be taken back. scrutins: as the file says.
create table if not exists import_list (
  elector_id bigint unsigned not null primary key,
  identifier varchar(254) character set ascii collate ascii_bin not null,
  scrutins varchar(2000) character set ascii collate ascii_bin not null default '',
  added tinyint not null default 0
) engine = MyISAM default charset = utf8mb4 collate = utf8mb4_bin;

-- What differs, and what stood there before (was_). Each import has one slot, so that looking at a file leaves the last import's to be undone.
-- act of a person: added, changed, returned, gone, readdressed, keys (nothing but the keys of an older load). Of an entry: added, removed.
create table if not exists import_elector_change (
  slot tinyint unsigned not null,
  elector_id bigint unsigned not null,
  act varchar(12) character set ascii collate ascii_bin not null,
  identifier varchar(254) character set ascii collate ascii_bin not null,
  account tinyint not null default 0,
  was_identifier varchar(254) character set ascii collate ascii_bin not null default '',
  was_civility varchar(8) not null default '',
  was_family_name varchar(100) not null default '',
  was_given_name varchar(100) not null default '',
  was_posting varchar(200) not null default '',
  was_academy varchar(80) not null default '',
  was_time_zone varchar(40) character set ascii collate ascii_bin not null default '',
  was_name_key varchar(120) character set ascii collate ascii_bin not null default '',
  was_posting_id int unsigned not null default 0,
  was_gone_at datetime null,
  primary key (slot, elector_id),
  key import_elector_change_identifier (slot, identifier)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
  partition by list (slot) (partition p0 values in (0), partition p1 values in (1));
create table if not exists import_entry_change (
  slot tinyint unsigned not null,
  elector_id bigint unsigned not null,
  scrutin_id int unsigned not null,
  act varchar(12) character set ascii collate ascii_bin not null,
  primary key (slot, elector_id, scrutin_id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
  partition by list (slot) (partition p0 values in (0), partition p1 values in (1));
create table if not exists import_scrutin_change (
  slot tinyint unsigned not null,
  code varchar(40) character set ascii collate ascii_bin not null,
  act varchar(12) character set ascii collate ascii_bin not null,
  was_kind varchar(20) not null default '',
  was_name varchar(250) not null default '',
  was_level varchar(80) not null default '',
  was_place int unsigned not null default 0,
  was_bureau_id int unsigned null,
  was_seats int unsigned not null default 0,
  was_form varchar(8) character set ascii collate ascii_bin not null default '',
  primary key (slot, code)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
  partition by list (slot) (partition p0 values in (0), partition p1 values in (1));
