-- Moves nothing: how many jobs stand where, how old and how late those are that come next, and how each lane in ARGV fares, all others together as 'other'.
-- Answers quadruples: which figure, of which state or lane, of which class (or by what it pauses), how many (or ms). What it reads is bounded: of a set
-- 1000 jobs are told by class, the rest as class 'any'; of all lanes some three thousand jobs are looked at for the oldest.
local most, looks, all = 1000, 3000, '@relay'
local out, own, waits, others = {}, {}, {}, {}

local function say(...)
	for _, word in ipairs({...}) do
		out[#out + 1] = word
	end
end

local function born(id)
	return tonumber(string.sub(id, 1, 12), 16) or now
end

-- A lane's row says how many may go at once (0: all) and whether it is paused by hand; its replies may have taught the mailer less.
local function limit_and_pauses(lane)
	local key = prefix .. 'limit:' .. lane
	local limit, by_hand = string.match(redis.call('HGET', prefix .. 'pace', lane) or '', '^(%d+)|[%d,]+|[%d/,]*|(%d)')
	local learnt, till = redis.call('HGET', key, 'at'), tonumber(redis.call('HGET', prefix .. 'trouble:' .. lane, 'until') or 0)
	limit = tonumber(limit or 0)
	if learnt and (limit == 0 or tonumber(learnt) < limit) then
		limit = tonumber(learnt)
	end
	return limit, till > now and 1 or 0, by_hand == '1' and 1 or 0
end

for _, lane in ipairs(ARGV) do
	own[lane], waits[lane] = true, 0
end
waits.other, waits[all] = 0, 0

for class = 0, 2 do
	local lanes = lanes_in(class)
	local each, n, first, due = math.max(1, math.min(most, math.floor(looks / (#lanes + 1)))), 0, now, now
	for _, lane in ipairs(lanes) do
		local set, whose = prefix .. 'ready:' .. class .. ':' .. lane, own[lane] and lane or 'other'
		local jobs, card = redis.call('ZRANGE', set, 0, each - 1, 'WITHSCORES'), redis.call('ZCARD', set)
		n, due = n + card, math.min(due, tonumber(jobs[2] or now))
		for i = 1, #jobs, 2 do
			first = math.min(first, born(jobs[i]))
		end
		waits[whose], others[lane] = waits[whose] + card, not own[lane] or nil
	end
	waits[all] = waits[all] + n
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

local flying, breaker, hand = redis.call('ZCARD', prefix .. 'leased'), 0, 0
for _, lane in ipairs(ARGV) do
	local limit, refused, paused = limit_and_pauses(lane)
	local n = redis.call('ZCARD', prefix .. (lane == all and 'leased' or 'flight:' .. lane))
	flying = flying - (lane == all and 0 or n)
	say('in_flight', lane, '', n, 'limit', lane, '', limit, 'waiting', lane, '', waits[lane])
	say('paused', lane, 'breaker', refused, 'paused', lane, 'hand', paused)
end
for lane in pairs(others) do
	local _, refused, paused = limit_and_pauses(lane)
	breaker, hand = breaker + refused, hand + paused
end
say('in_flight', 'other', '', math.max(flying, 0), 'waiting', 'other', '', waits.other)
say('paused', 'other', 'breaker', breaker, 'paused', 'other', 'hand', hand)
return out
