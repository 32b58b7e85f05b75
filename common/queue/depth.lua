-- Moves nothing: how much stands where. Answers how many are leased, uncertain, held, settling and dead; then for each lane that has any or is paused, and '@relay' for
-- all mails: its name, how many wait by class, how many are leased, and its pace: concurrency, windows, paused ('1'), paused until (ms; 0: not).
local out, seen, lanes = {}, {}, {'@relay'}
local function add(lane)
	if lane and not seen[lane] then
		seen[lane] = true
		lanes[#lanes + 1] = lane
	end
end
for _, set in ipairs({'leased', 'uncertain', 'held', 'settling', 'dead'}) do
	out[#out + 1] = whole(redis.call('ZCARD', prefix .. set))
end
for class = 0, 2 do
	for _, lane in ipairs(lanes_in(class)) do
		add(lane)
	end
end
for _, id in ipairs(redis.call('ZRANGE', prefix .. 'leased', 0, 499)) do
	add(redis.call('HGET', job_key(id), 'lane'))
end
for _, lane in ipairs(redis.call('HKEYS', prefix .. 'pace')) do
	if lane ~= '' and string.sub(lane, 1, 1) ~= '@' then
		add(lane)
	end
end
local function count(set)
	return redis.call('ZCARD', prefix .. set)
end
for _, lane in ipairs(lanes) do
	local waiting, flying = {}, count(lane == '@relay' and 'leased' or 'flight:' .. lane)
	for class = 0, 2 do
		waiting[class] = count('ready:' .. class .. ':' .. lane)
	end
	local most, _, windows, paused = pace_of(lane)
	if lane == '@relay' or flying + waiting[0] + waiting[1] + waiting[2] > 0 or paused == '1' then
		local told = {lane, whole(waiting[0]), whole(waiting[1]), whole(waiting[2]), whole(flying), most or '0', windows or '', paused or '0',
			redis.call('HGET', prefix .. 'trouble:' .. lane, 'until') or '0'}
		for _, text in ipairs(told) do
			out[#out + 1] = text
		end
	end
end
return out
