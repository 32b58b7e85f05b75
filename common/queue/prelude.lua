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
	local place = redis.call('HGET', job_key(id), 'place')
	if place then
		redis.call('ZREM', prefix .. place, id)
	end
end

-- Put a job into a set ('ready' means its own lane), due or ending at score.
local function enter(id, place, score)
	local key = job_key(id)
	if place == 'ready' then
		local class, lane = unpack(redis.call('HMGET', key, 'class', 'lane'))
		place = 'ready:' .. class .. ':' .. lane
		redis.call('ZADD', prefix .. 'lanes:' .. class, 'LT', whole(score), lane)
	end
	redis.call('HSET', key, 'place', place)
	redis.call('ZADD', prefix .. place, whole(score), id)
end

-- Is the lease with this epoch still the one that counts?
local function is_leased(id, epoch)
	local place, held = unpack(redis.call('HMGET', job_key(id), 'place', 'epoch'))
	return place == 'leased' and held == epoch
end
