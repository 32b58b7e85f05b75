-- Accounts in an order that goes with nothing: the account after a place in it is drawn to stand in for an identifier that has none
-- (portal/model/decoy.h). By the ids themselves a part of the roll where hardly anybody has an account would always draw the same one.
set @isoloir_sql = (select if(count(*) = 0, 'alter table account add column draw int unsigned generated always as (crc32(elector_id)) virtual,
  add key account_draw (draw)', 'do 0')
  from information_schema.columns where table_schema = database() and table_name = 'account' and column_name = 'draw');
prepare isoloir_change from @isoloir_sql;
execute isoloir_change;
deallocate prepare isoloir_change;
