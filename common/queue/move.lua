-- leased → ready, uncertain, held, settling or dead; or from one of those to another. ARGV: id, from, epoch ('' when it was not leased;
-- '*': whoever holds the lease), to, ms from now (to `settling`: ms until the next try), then pairs of fields to keep. Answers 1, or 0: it was not there, or there is no such move.
local id, from, epoch, to = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local key = job_key(id)
local place, held = unpack(redis.call('HMGET', key, 'place', 'epoch'))
if not place or (epoch ~= '*' and state_of(id) ~= from) then
	return 0
end
if epoch ~= '' and epoch ~= '*' and held ~= epoch then
	return 0
end
if not allows('move', state_of(id), to) then
	return 0
end
if to == 'held' then
	pace_give_back(id)
end
leave(id)
redis.call('HDEL', key, 'owner', 'epoch', 'sending')
for i = 6, #ARGV, 2 do
	redis.call('HSET', key, ARGV[i], ARGV[i + 1])
end
enter(id, to, now + tonumber(ARGV[5]))
return 1
