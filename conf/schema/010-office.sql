-- Corrections of an elector's address: one operator asks, another approves. Links that were mailed before one open nothing (portal/model/sql.def).

-- identity: how the person's identity was checked. state: asked, approved, refused, expired. pending is 1 while asked: one at a time for an elector.
create table if not exists address_change (
  id bigint unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  elector_id bigint unsigned not null,
  old_identifier varchar(254) character set ascii collate ascii_bin not null,
  new_identifier varchar(254) character set ascii collate ascii_bin not null,
  identity varchar(20) character set ascii collate ascii_bin not null,
  why varchar(500) not null,
  state varchar(12) character set ascii collate ascii_bin not null default 'asked',
  asked_by varchar(40) not null,
  asked_at datetime(3) not null,
  expires_at datetime not null,
  decided_by varchar(40) not null default '',
  decided_at datetime(3) null,
  pending tinyint generated always as (case when state = 'asked' then 1 end) stored,
  unique key address_change_pending (elector_id, pending),
  key address_change_elector (elector_id, state, decided_at),
  constraint address_change_election foreign key (election_id) references election (id),
  constraint address_change_elector foreign key (elector_id) references elector (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
