-- Comes before each script: the time is Redis' own, KEYS[1] is the prefix that carries the hash tag, and a job is
-- a hash whose field `place` names the one sorted set that it stands in.
local prefix = KEYS[1]
local clock = redis.call('TIME')
local now_us = clock[1] * 1000000 + clock[2]
local now = math.floor(now_us / 1000)

local function whole(n)
	return string.format('%.0f', n)
end

local function job_key(id)
	return prefix .. 'job:' .. id
end

-- The lane of all mails through one relay; '' is the main one.
local function relay_lane(relay)
	return relay == '' and '@relay' or '@relay:' .. relay
end

-- The lane of all mails of a class.
local class_lanes = {['0'] = '@interactive', ['1'] = '@notice', ['2'] = '@campaign'}
local function class_lane(class)
	return class_lanes[class] or '@notice'
end

-- The pace of a lane: concurrency, percents, windows, paused, relay; nil: none.
local function pace_of(lane)
	local text = redis.call('HGET', prefix .. 'pace', lane)
	if text then
		return string.match(text, '^(%d+)|([%d,]+)|([%d/,]*)|(%d)|?(.*)$')
	end
end

-- The list of a class in which a lane stands: each relay has one, so that one that is away keeps no other one's mails waiting.
local function lanes_of(class, relay)
	return prefix .. 'lanes:' .. class .. (relay == '' and '' or '@' .. relay)
end

-- The main relay, and each that a row names.
local function relays_known()
	local relays = {[''] = true}
	for _, text in ipairs(redis.call('HVALS', prefix .. 'pace')) do
		relays[string.match(text, '^%d+|[%d,]+|[%d/,]*|%d|(.+)$') or ''] = true
	end
	return relays
end

-- All lanes of a class that have or had something, each with its relay.
local function lanes_in(class)
	local lanes = {}
	for relay in pairs(relays_known()) do
		for _, lane in ipairs(redis.call('ZRANGE', lanes_of(class, relay), 0, -1)) do
			lanes[#lanes + 1] = {lane, relay}
		end
	end
	return lanes
end

local function relay_of(lane)
	local _, _, _, _, relay = pace_of(lane)
	return relay or ''
end

-- What kept a lane waiting may have changed: it is asked again.
local function pace_wake(lane)
	local relay = relay_of(lane)
	for class = 0, 2 do
		redis.call('ZADD', lanes_of(class, relay), 'XX', 'LT', whole(now), lane)
	end
end

-- Where a job stands, as the moves call it: the lane does not matter; 'out' when there is no such job.
local function state_of(id)
	return string.match(redis.call('HGET', job_key(id), 'place') or 'out', '^%a+')
end

-- The set in which a job stands, if it is there indeed; nil for one that Redis does not know, or of which a part was lost.
local function stands(id)
	local place = redis.call('HGET', job_key(id), 'place')
	return place and redis.call('ZSCORE', prefix .. place, id) and place or nil
end

-- Is there such a move (moves.def)?
local function allows(script, from, to)
	return string.find(moves[script], ' ' .. from .. '>' .. to .. ' ', 1, true) ~= nil
end

-- Take a job out of its set. An emptied lane leaves the list of lanes at the next lease; one whose mail comes back may give the next.
local function leave(id)
	local place, lane, class, relay = unpack(redis.call('HMGET', job_key(id), 'place', 'lane', 'class', 'relay'))
	if place then
		redis.call('ZREM', prefix .. place, id)
	end
	if place == 'leased' then
		redis.call('ZREM', prefix .. 'flight:' .. lane, id)
		redis.call('ZREM', prefix .. 'flight:' .. relay_lane(relay or ''), id)
		redis.call('ZREM', prefix .. 'flight:' .. class_lane(class), id)
		pace_wake(lane)
	end
end

-- Put a job into a set ('ready' means its own lane), due or ending at score. What is leased is counted by lane, relay and class, too, since when.
local function enter(id, place, score)
	local key = job_key(id)
	local class, lane, relay = unpack(redis.call('HMGET', key, 'class', 'lane', 'relay'))
	if place == 'ready' then
		place = 'ready:' .. class .. ':' .. lane
		redis.call('ZADD', lanes_of(class, relay_of(lane)), 'LT', whole(score), lane)
	elseif place == 'leased' then
		redis.call('ZADD', prefix .. 'flight:' .. lane, whole(now), id)
		redis.call('ZADD', prefix .. 'flight:' .. relay_lane(relay or ''), whole(now), id)
		redis.call('ZADD', prefix .. 'flight:' .. class_lane(class), whole(now), id)
	end
	redis.call('HSET', key, 'place', place)
	redis.call('ZADD', prefix .. place, whole(score), id)
end

-- How many of a lane are on their way since a minute at most: one that takes longer, or whose host died, keeps no other one waiting for long.
local function pace_fresh(lane)
	return redis.call('ZCOUNT', prefix .. 'flight:' .. lane, whole(now - 60000), '+inf')
end

-- What its replies let a lane (or a relay) have on their way at once. One that nothing is known of begins with one.
local function limit_of(lane)
	if string.match(lane, '^@%a+$') and lane ~= '@relay' then
		return math.huge -- a class, which answers nothing
	end
	return tonumber(redis.call('HGET', prefix .. 'limit:' .. lane, 'at') or 1)
end

-- A mail went: one more at once after as many successes as the limit is, if it was used up (half of it by campaigns, which may not
-- use all) and its row allows more.
local function limit_grow(lane, class)
	local key, at = prefix .. 'limit:' .. lane, limit_of(lane)
	local most = tonumber(pace_of(lane) or 0)
	if pace_fresh(lane) < (class == '2' and at / 2 or at) or (most > 0 and at >= most) then
		return
	end
	if redis.call('HINCRBY', key, 'won', 1) >= at then
		redis.call('HSET', key, 'at', at + 1, 'won', 0)
	end
end

-- A refusal: half of them. What was on its way already when the limit shrank last says nothing new.
local function limit_shrink(lane, epoch)
	local key = prefix .. 'limit:' .. lane
	local at, most = limit_of(lane), tonumber(pace_of(lane) or 0)
	if tonumber(epoch) / 1000 < tonumber(redis.call('HGET', key, 'shrunk') or 0) then
		return at
	end
	at = math.max(1, math.floor((most > 0 and math.min(at, most) or at) / 2))
	redis.call('HSET', key, 'at', at, 'won', 0, 'shrunk', whole(now))
	return at
end

-- From when on a window lets another one go: when enough of those in it have grown old.
local function pace_window_at(key, n, ms, percent)
	local limit, since = math.max(1, math.floor(n * percent / 100)), '(' .. whole(now - ms)
	local full = redis.call('ZCOUNT', key, since, '+inf')
	if full < limit then
		return now
	end
	local first = redis.call('ZRANGEBYSCORE', key, since, '+inf', 'WITHSCORES', 'LIMIT', full - limit, 1)
	return tonumber(first[2]) + ms
end

-- So much of n as a share of it may use; one may always go.
local function part(n, share)
	return math.max(1, math.floor(n * share))
end

-- When may this lane give its next job? now: at once. share: of how many percent of its pace (nil: all of it).
local function pace_free_at(lane, slot, share)
	local most, percents, windows, paused = pace_of(lane)
	share = (share or 100) / 100
	local pause = tonumber(redis.call('HGET', prefix .. 'trouble:' .. lane, 'until') or 0)
	if paused == '1' then
		return now + 1000
	end
	if pause > now then
		return pause
	end
	local flying, limit = redis.call('ZCARD', prefix .. 'flight:' .. lane), pause > 0 and 1 or part(limit_of(lane), share)
	if (most and tonumber(most) > 0 and flying >= part(tonumber(most), share)) or (flying >= limit and pace_fresh(lane) >= limit) then
		return now + 100
	end
	local at, percent, i = now, 100, 0
	for one in string.gmatch(percents or '', '%d+') do
		percent, i = i == slot and tonumber(one) or percent, i + 1
	end
	for n, ms in string.gmatch(windows or '', '(%d+)/(%d+)') do
		at = math.max(at, pace_window_at(prefix .. 'took:' .. lane, tonumber(n), tonumber(ms), percent * share))
	end
	return at
end

-- A job goes; what is older than the longest window is forgotten.
local function pace_take(lane, id, epoch)
	local _, _, windows = pace_of(lane)
	local longest, key = 0, prefix .. 'took:' .. lane
	for ms in string.gmatch(windows or '', '/(%d+)') do
		longest = math.max(longest, tonumber(ms))
	end
	if longest > 0 then
		redis.call('ZADD', key, whole(now), id .. ':' .. epoch)
		redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now - longest))
	end
end

-- It never went: its place in the windows is free again.
local function pace_give_back(id)
	local lane, class, epoch, relay = unpack(redis.call('HMGET', job_key(id), 'lane', 'class', 'epoch', 'relay'))
	if lane and epoch then
		redis.call('ZREM', prefix .. 'took:' .. lane, id .. ':' .. epoch)
		redis.call('ZREM', prefix .. 'took:' .. relay_lane(relay or ''), id .. ':' .. epoch)
		redis.call('ZREM', prefix .. 'took:' .. class_lane(class), id .. ':' .. epoch)
		pace_wake(lane)
	end
end

-- Is the lease with this epoch still the one that counts?
local function is_leased(id, epoch)
	local place, held = unpack(redis.call('HMGET', job_key(id), 'place', 'epoch'))
	return place == 'leased' and held == epoch
end
