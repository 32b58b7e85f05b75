-- The ids of one election's electors, first and last, without reading them all: from between them comes the account whose hash stands in for that
-- of an identifier which has none (portal/model/decoy.h).
set @isoloir_sql = (select if(count(*) = 0, 'create index elector_election on elector (election_id, id)', 'do 0')
  from information_schema.statistics where table_schema = database() and table_name = 'elector' and index_name = 'elector_election');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
