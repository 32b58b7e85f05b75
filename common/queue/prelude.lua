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

-- Take a job out of its set. An emptied lane leaves the list of lanes at the next lease.
local function leave(id)
	local place, lane, class = unpack(redis.call('HMGET', job_key(id), 'place', 'lane', 'class'))
	if place then
		redis.call('ZREM', prefix .. place, id)
	end
	if place == 'leased' then
		redis.call('ZREM', prefix .. 'flight:' .. lane, id)
	end
	if place == 'leased' and class == '2' then
		redis.call('ZREM', prefix .. 'flight:@campaign', id)
	end
end

-- Put a job into a set ('ready' means its own lane), due or ending at score. What is leased is counted by lane, too.
local function enter(id, place, score)
	local key = job_key(id)
	local class, lane = unpack(redis.call('HMGET', key, 'class', 'lane'))
	if place == 'ready' then
		place = 'ready:' .. class .. ':' .. lane
		redis.call('ZADD', prefix .. 'lanes:' .. class, 'LT', whole(score), lane)
	elseif place == 'leased' then
		redis.call('ZADD', prefix .. 'flight:' .. lane, whole(score), id)
	end
	if place == 'leased' and class == '2' then
		redis.call('ZADD', prefix .. 'flight:@campaign', whole(score), id)
	end
	redis.call('HSET', key, 'place', place)
	redis.call('ZADD', prefix .. place, whole(score), id)
end

-- The pace of a lane: concurrency, percents, windows, paused; nil: none.
local function pace_of(lane)
	local text = redis.call('HGET', prefix .. 'pace', lane)
	if text then
		return string.match(text, '^(%d+)|([%d,]+)|([%d/,]*)|(%d)$')
	end
end

local function pace_flying(lane)
	return redis.call('ZCARD', prefix .. (lane == '@relay' and 'leased' or 'flight:' .. lane))
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
	local flying = pace_flying(lane)
	if (pause > 0 and flying > 0) or (most and tonumber(most) > 0 and flying >= math.max(1, tonumber(most) * share)) then
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

-- What kept lanes waiting may have changed: they are asked again. lane nil: all of them.
local function pace_wake(lane)
	for class = 0, 2 do
		local lanes = prefix .. 'lanes:' .. class
		for _, one in ipairs(lane and {lane} or redis.call('ZRANGE', lanes, 0, -1)) do
			redis.call('ZADD', lanes, 'XX', 'LT', whole(now), one)
		end
	end
end

-- It never went: its place in the windows is free again.
local function pace_give_back(id)
	local lane, epoch = unpack(redis.call('HMGET', job_key(id), 'lane', 'epoch'))
	if lane and epoch then
		redis.call('ZREM', prefix .. 'took:' .. lane, id .. ':' .. epoch)
		redis.call('ZREM', prefix .. 'took:@relay', id .. ':' .. epoch)
		redis.call('ZREM', prefix .. 'took:@campaign', id .. ':' .. epoch)
		pace_wake(lane)
	end
end

-- Is the lease with this epoch still the one that counts?
local function is_leased(id, epoch)
	local place, held = unpack(redis.call('HMGET', job_key(id), 'place', 'epoch'))
	return place == 'leased' and held == epoch
end
