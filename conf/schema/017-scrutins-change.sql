-- Whose scrutins each import changed, for good: a campaign tells everybody who has not been told since, however many imports came meanwhile.

-- Newcomers, and whoever voted in no scrutin before, have no row. Rows stay when their import is undone (import_run.undone_at): whoever had been told of it by
-- then has other scrutins again. No foreign keys: a million rows would hold as many rows of the roll until they are committed.
create table if not exists scrutins_change (
  elector_id bigint unsigned not null,
  run_id bigint unsigned not null,
  primary key (elector_id, run_id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

-- Of the imports before this migration the last one alone is still known, while it can be undone.
insert ignore into scrutins_change (elector_id, run_id) select c.elector_id, r.id from import_run r join import_entry_change c on c.slot = r.slot
  where r.open = 1 group by c.elector_id, r.id
  having max(c.act) = 'removed' or count(*) < (select count(*) from elector_scrutin x where x.elector_id = c.elector_id);
