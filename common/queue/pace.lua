-- Moves nothing: the paces as their rows say them, all at once. ARGV: pairs of lane ('@relay' for all mails together) and
-- "concurrency|day,night,weekend|n/ms,n/ms|paused".
redis.call('DEL', prefix .. 'pace')
redis.call('HSET', prefix .. 'pace', '', '', unpack(ARGV))
pace_wake()
return 1
