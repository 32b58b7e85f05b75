-- Who has voted in which scrutin, and when; never how. The vote adds a row in the transaction that takes a ballot; nobody else writes here.
create table if not exists participation (
  elector_id bigint unsigned not null,
  scrutin_id int unsigned not null,
  voted_at datetime not null,
  primary key (elector_id, scrutin_id),
  key participation_scrutin (scrutin_id, elector_id),
  constraint participation_elector foreign key (elector_id) references elector (id),
  constraint participation_scrutin foreign key (scrutin_id) references scrutin (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
