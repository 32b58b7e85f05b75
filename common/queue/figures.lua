-- Moves nothing: how many jobs stand where, how old and how late those are that come next, and how each lane in ARGV fares, all others together as 'other'.
-- Answers quadruples: which figure, of which state or lane, of which class (or by what it pauses), how many (or ms). What it reads is bounded: of a set
-- 1000 jobs are told by class, the rest as class 'any'; of all lanes some ten thousand jobs are looked at for the oldest.
local most, looks = 1000, 10000
local out, own, waits, others = {}, {}, {}, {}
local relay = '@relay'

local function say(...)
	for _, word in ipairs({...}) do
		out[#out + 1] = word
	end
end

for _, lane in ipairs(ARGV) do
	own[lane], waits[lane] = true, 0
end
waits.other = 0

local function born(id)
	return tonumber(string.sub(id, 1, 12), 16) or now
end

for class = 0, 2 do
	local lanes = redis.call('ZRANGE', prefix .. 'lanes:' .. class, 0, -1)
	local each, n, first, due = math.max(1, math.min(most, math.floor(looks / (#lanes + 1)))), 0, now, now
	for _, lane in ipairs(lanes) do
		local set = prefix .. 'ready:' .. class .. ':' .. lane
		local jobs = redis.call('ZRANGE', set, 0, each - 1, 'WITHSCORES')
		local card = redis.call('ZCARD', set)
		n, due = n + card, math.min(due, tonumber(jobs[2] or now))
		for i = 1, #jobs, 2 do
			first = math.min(first, born(jobs[i]))
		end
		waits[relay] = (waits[relay] or 0) + card
		if own[lane] then
			waits[lane] = waits[lane] + card
		else
			waits.other, others[lane] = waits.other + card, true
		end
	end
	say('jobs', 'ready', tostring(class), n, 'oldest', '', tostring(class), now - first, 'overdue', '', tostring(class), now - due)
end

for _, place in ipairs({'leased', 'held', 'uncertain', 'settling', 'dead'}) do
	local n = {['0'] = 0, ['1'] = 0, ['2'] = 0, any = redis.call('ZCARD', prefix .. place)}
	for _, id in ipairs(redis.call('ZRANGE', prefix .. place, 0, most - 1)) do
		local class = redis.call('HGET', job_key(id), 'class')
		if class and n[class] then
			n[class], n.any = n[class] + 1, n.any - 1
		end
	end
	for class, number in pairs(n) do
		say('jobs', place, class, number)
	end
end

-- By the breaker, by hand: 0 or 1 each.
local function pauses(lane)
	local _, _, _, by_hand = pace_of(lane)
	local till = tonumber(redis.call('HGET', prefix .. 'trouble:' .. lane, 'until') or 0)
	return till > now and 1 or 0, by_hand == '1' and 1 or 0
end

local flying, breaker, hand = redis.call('ZCARD', prefix .. 'leased'), 0, 0
for _, lane in ipairs(ARGV) do
	local limit = pace_of(lane)
	local n, refused, paused = pace_flying(lane), pauses(lane)
	flying = flying - (lane == relay and 0 or n)
	say('in_flight', lane, '', n, 'limit', lane, '', tonumber(limit or 0), 'waiting', lane, '', waits[lane])
	say('paused', lane, 'breaker', refused, 'paused', lane, 'hand', paused)
end
for lane in pairs(others) do
	local refused, paused = pauses(lane)
	breaker, hand = breaker + refused, hand + paused
end
say('in_flight', 'other', '', math.max(flying, 0), 'waiting', 'other', '', waits.other)
say('paused', 'other', 'breaker', breaker, 'paused', 'other', 'hand', hand)
return out
