-- Candidate lists, and the draws by which they got their order.

-- place: in the drawn order, from 1; null until drawn. sigle: shown in the box of the logo where there is none. withdrawn_at: no longer a candidate;
-- the row stays, since a draw names it.
create table if not exists candidate_list (
  id int unsigned not null auto_increment primary key,
  scrutin_id int unsigned not null,
  code varchar(40) character set ascii collate ascii_bin not null,
  title varchar(250) not null,
  sigle varchar(30) not null,
  organization varchar(250) not null default '',
  place int unsigned null,
  withdrawn_at datetime null,
  unique key candidate_list_code (scrutin_id, code),
  constraint candidate_list_scrutin foreign key (scrutin_id) references scrutin (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- In a table of their own, so that a page of lists reads none of them. kind: logo (a PNG of ours, at most 64 KiB), text (the profession de foi, in
-- the markup of common/prose.h, at most 64 KiB), pdf (the same as a document, at most 4 MiB). hash: SHA-256 of the bytes.
create table if not exists candidate_file (
  list_id int unsigned not null,
  kind varchar(8) character set ascii collate ascii_bin not null,
  bytes mediumblob not null,
  size int unsigned not null,
  hash char(64) character set ascii collate ascii_bin not null,
  changed_at datetime not null,
  changed_by varchar(40) not null,
  primary key (list_id, kind),
  constraint candidate_file_list foreign key (list_id) references candidate_list (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- place: the rank on the list, from 1.
create table if not exists candidate (
  list_id int unsigned not null,
  place int unsigned not null,
  civility varchar(8) not null default '',
  given_name varchar(100) not null,
  family_name varchar(100) not null,
  posting varchar(200) not null default '',
  primary key (list_id, place),
  constraint candidate_list_of foreign key (list_id) references candidate_list (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- Each draw of a scrutin, the last one in force. method: common/draw.h. seed_hash: SHA-256 of the seed. ordered, result: codes of lists, separated
-- by spaces, before and after. reason: why it was drawn again. witnesses: who was there, for the minutes alone.
create table if not exists list_draw (
  id int unsigned not null auto_increment primary key,
  scrutin_id int unsigned not null,
  seed varchar(200) character set ascii collate ascii_bin not null,
  method varchar(20) character set ascii collate ascii_bin not null,
  seed_hash char(64) character set ascii collate ascii_bin not null,
  ordered text character set ascii collate ascii_bin not null,
  result text character set ascii collate ascii_bin not null,
  drawn_at datetime not null,
  drawn_by varchar(40) not null,
  witnesses varchar(500) not null default '',
  reason varchar(500) not null default '',
  key list_draw_scrutin (scrutin_id, id),
  constraint list_draw_scrutin_of foreign key (scrutin_id) references scrutin (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
