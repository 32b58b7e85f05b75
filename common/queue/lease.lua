-- ready → leased: the next due job of the first class in ARGV[3] ("0 1 2") that has one. Lanes take turns: the one that waited longest
-- gives one job and goes behind the others. ARGV: owner, ms, classes.
-- Answers id, epoch, class, lane, mail; or one number: ms until a job may be due (-1: none known).
local owner, ms = ARGV[1], tonumber(ARGV[2])
local soonest = -1

-- The lane's own score: when it may next give a job.
local function put_back(lanes, lane, set)
	local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
	if first[1] then
		redis.call('ZADD', lanes, whole(math.max(tonumber(first[2]), now + 1)), lane)
	else
		redis.call('ZREM', lanes, lane)
	end
end

for class in string.gmatch(ARGV[3], '%d+') do
	local lanes = prefix .. 'lanes:' .. class
	for _, lane in ipairs(redis.call('ZRANGEBYSCORE', lanes, '-inf', whole(now), 'LIMIT', 0, 32)) do
		local set = prefix .. 'ready:' .. class .. ':' .. lane
		local id = redis.call('ZRANGEBYSCORE', set, '-inf', whole(now), 'LIMIT', 0, 1)[1]
		if id then
			local epoch = whole(now_us)
			leave(id)
			redis.call('HSET', job_key(id), 'owner', owner, 'epoch', epoch)
			redis.call('HDEL', job_key(id), 'sending')
			enter(id, 'leased', now + ms)
			put_back(lanes, lane, set)
			return {id, epoch, class, lane, redis.call('HGET', job_key(id), 'mail')}
		end
		put_back(lanes, lane, set)
	end
	local first = redis.call('ZRANGE', lanes, 0, 0, 'WITHSCORES')
	if first[1] and (soonest < 0 or first[2] - now < soonest) then
		soonest = math.max(first[2] - now, 0)
	end
end
return {soonest}
