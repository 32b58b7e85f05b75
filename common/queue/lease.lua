-- ready → leased: the next due job of the first class in ARGV[3] ("0 1 2") that has one. Lanes take turns: the one that waited longest
-- gives one job and goes behind the others; one whose pace forbids it waits until it may. ARGV: owner, ms, classes, which factor of the pace holds now,
-- relay, how many percent of the paces campaigns may use: what is left of them is for those who wait.
-- Answers id, epoch, class, lane, mail; or one number: ms until a job may be due (-1: none known); or 'blind': the paces are not known here.
local owner, ms, slot, relay, share = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
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

if redis.call('EXISTS', prefix .. 'pace') == 0 then
	return {'blind'}
end
for class in string.gmatch(ARGV[3], '%d+') do
	local lanes, campaign = lanes_of(class, relay), class == '2'
	local relay_at = math.max(pace_free_at(relay_lane(relay), slot, campaign and share), pace_free_at(class_lane(class), slot)) -- a class has a pace, too
	local due = relay_at > now and {} or redis.call('ZRANGEBYSCORE', lanes, '-inf', whole(now), 'LIMIT', 0, 32)
	for _, lane in ipairs(due) do
		local set = prefix .. 'ready:' .. class .. ':' .. lane
		local id = redis.call('ZRANGEBYSCORE', set, '-inf', whole(now), 'LIMIT', 0, 1)[1]
		local at = id and pace_free_at(lane, slot, campaign and share) or now
		if at > now then
			redis.call('ZADD', lanes, whole(at), lane)
		elseif id and not allows('lease', state_of(id), 'leased') then
			redis.call('ZREM', set, id) -- its hash says that it stands elsewhere
			put_back(lanes, lane, set)
		elseif id then
			local epoch = whole(now_us)
			leave(id)
			redis.call('HSET', job_key(id), 'owner', owner, 'epoch', epoch, 'relay', relay)
			redis.call('HDEL', job_key(id), 'sending')
			enter(id, 'leased', now + ms)
			pace_take(lane, id, epoch)
			pace_take(relay_lane(relay), id, epoch)
			pace_take(class_lane(class), id, epoch)
			put_back(lanes, lane, set)
			return {id, epoch, class, lane, redis.call('HGET', job_key(id), 'mail')}
		else
			put_back(lanes, lane, set)
		end
	end
	local first = redis.call('ZRANGE', lanes, 0, 0, 'WITHSCORES')
	local at = first[1] and math.max(tonumber(first[2]), relay_at)
	if at and (soonest < 0 or at - now < soonest) then
		soonest = math.max(at - now, 0)
	end
end
return {soonest}
