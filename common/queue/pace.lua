-- Moves nothing: the paces as their rows say them, all at once. ARGV: pairs of lane ('@relay' for all mails through the main relay, '@relay:B' for those
-- through B) and "concurrency|day,night,weekend|n/ms,n/ms|paused|relay". A lane that has another relay now goes over to its list of lanes.
local relays = {[''] = true}
local function know(texts, from, step)
	for i = from, #texts, step do
		relays[string.match(texts[i], '^.*|(.*)$') or ''] = true
	end
end
know(redis.call('HVALS', prefix .. 'pace'), 1, 1)
know(ARGV, 2, 2)
redis.call('DEL', prefix .. 'pace')
redis.call('HSET', prefix .. 'pace', '', '', unpack(ARGV))
for class = 0, 2 do
	for relay in pairs(relays) do
		local here = lanes_of(class, relay)
		for _, lane in ipairs(redis.call('ZRANGE', here, 0, -1)) do
			local there = lanes_of(class, relay_of(lane))
			if there ~= here then
				redis.call('ZREM', here, lane)
			end
			redis.call('ZADD', there, 'LT', whole(now), lane)
		end
	end
end
return 1
