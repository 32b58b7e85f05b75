-- Moves nothing: how many jobs stand where, how old and how late those are that come next, and how each relay and each lane in ARGV fares, all other lanes
-- together as 'other'; without ARGV, each relay and each lane that has something or is paused by hand, and then only what is ready or leased by class, and ages
-- only roughly. Answers quadruples: which figure, of which state or lane, of which class (or by what it pauses, or its windows), how many (or ms). What it
-- reads is bounded: of a set 1000 jobs are told by class, the rest as class 'any'; of all lanes some three thousand jobs are looked at for the oldest.
local each, most = #ARGV == 0, 1000
local looks, out, own, waits, others, is_relay = each and 0 or 3000, {}, {}, {other = 0}, {}, {}
local lanes = {}

local function say(...)
	for _, word in ipairs({...}) do
		out[#out + 1] = word
	end
end

local function born(id)
	return tonumber(string.sub(id, 1, 12), 16) or now
end

local function know(lane)
	if not own[lane] then
		own[lane], waits[lane], lanes[#lanes + 1] = true, 0, lane
	end
end

-- A lane that is met: under which name it is told.
local function whose(lane)
	if each then
		know(lane)
	end
	others[lane] = not own[lane] or nil
	return own[lane] and lane or 'other'
end

-- How many may be on their way at once: what its replies let it have, and no more than its row says; after a pause one tries. And until when refusals pause it
-- (ms since 1970), whether its row does, and its row's windows.
local function limit_and_pauses(lane)
	local row, _, windows, by_hand = pace_of(lane)
	local limit, till = limit_of(lane), tonumber(redis.call('HGET', prefix .. 'trouble:' .. lane, 'until') or 0)
	row = tonumber(row or 0)
	return till > 0 and 1 or row > 0 and math.min(limit, row) or limit, till, by_hand == '1' and 1 or 0, windows or ''
end

for relay in pairs(relays_known()) do
	is_relay[relay_lane(relay)] = true
	know(relay_lane(relay))
end
for _, lane in ipairs(ARGV) do
	know(lane)
end

for class = 0, 2 do
	local known = lanes_in(class)
	local some, n, first, due = math.max(1, math.min(most, math.floor(looks / (#known + 1)))), 0, now, now
	for _, one in ipairs(known) do
		local lane, relay = one[1], relay_lane(one[2])
		local set, name = prefix .. 'ready:' .. class .. ':' .. lane, whose(lane)
		local jobs, card = redis.call('ZRANGE', set, 0, some - 1, 'WITHSCORES'), redis.call('ZCARD', set)
		n, due = n + card, math.min(due, tonumber(jobs[2] or now))
		for i = 1, #jobs, 2 do
			first = math.min(first, born(jobs[i]))
		end
		waits[name], waits[relay] = waits[name] + card, waits[relay] + card
	end
	say('jobs', 'ready', tostring(class), n, 'oldest', '', tostring(class), now - first, 'overdue', '', tostring(class), now - due)
end

for _, place in ipairs({'leased', 'uncertain', 'held', 'settling', 'dead'}) do
	local n = {['0'] = 0, ['1'] = 0, ['2'] = 0, any = redis.call('ZCARD', prefix .. place)}
	for _, id in ipairs((place == 'leased' or not each) and redis.call('ZRANGE', prefix .. place, 0, most - 1) or {}) do
		local class, lane = redis.call('HGET', job_key(id), 'class'), each and redis.call('HGET', job_key(id), 'lane')
		if class and n[class] then
			n[class], n.any = n[class] + 1, n.any - 1
		end
		if lane then
			whose(lane)
		end
	end
	for class, number in pairs(n) do
		say('jobs', place, class, number)
	end
end

for _, lane in ipairs(each and redis.call('HKEYS', prefix .. 'pace') or {}) do
	if string.match(lane, '^[^@]') then
		whose(lane)
	end
end

local flying, breaker, hand = redis.call('ZCARD', prefix .. 'leased'), 0, 0
for _, lane in ipairs(lanes) do
	local limit, till, paused, windows = limit_and_pauses(lane)
	local n = redis.call('ZCARD', prefix .. 'flight:' .. lane)
	flying = flying - (is_relay[lane] and 0 or n)
	if not each or is_relay[lane] or waits[lane] + n + paused > 0 then
		say('in_flight', lane, '', n, 'limit', lane, '', limit, 'waiting', lane, '', waits[lane])
		say('paused', lane, 'breaker', till > now and 1 or 0, 'paused', lane, 'hand', paused)
		say('windows', lane, windows, 0, 'until', lane, '', till)
	end
end
if each then
	return out
end
for lane in pairs(others) do
	local _, till, paused = limit_and_pauses(lane)
	breaker, hand = breaker + (till > now and 1 or 0), hand + paused
end
say('in_flight', 'other', '', math.max(flying, 0), 'waiting', 'other', '', waits.other)
say('paused', 'other', 'breaker', breaker, 'paused', 'other', 'hand', hand)
return out
