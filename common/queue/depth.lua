-- Moves nothing: how much stands where. Answers how many are leased, uncertain, held, settling and dead; then for each lane that has any, and '@relay' for
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
	for _, lane in ipairs(redis.call('ZRANGE', prefix .. 'lanes:' .. class, 0, -1)) do
		add(lane)
	end
end
for _, id in ipairs(redis.call('ZRANGE', prefix .. 'leased', 0, 499)) do
	add(redis.call('HGET', job_key(id), 'lane'))
end
for _, lane in ipairs(lanes) do
	local most, _, windows, paused = pace_of(lane)
	out[#out + 1] = lane
	for class = 0, 2 do
		out[#out + 1] = whole(redis.call('ZCARD', prefix .. 'ready:' .. class .. ':' .. lane))
	end
	out[#out + 1] = whole(pace_flying(lane))
	out[#out + 1] = most or '0'
	out[#out + 1] = windows or ''
	out[#out + 1] = paused or '0'
	out[#out + 1] = redis.call('HGET', prefix .. 'trouble:' .. lane, 'until') or '0'
end
return out
