-- Moves nothing: shows the leases, ARGV[2] of them from ARGV[1] on, soonest to end first. Answers id, epoch, owner, ms left, and so on.
local out = {}
local from, n = tonumber(ARGV[1]), tonumber(ARGV[2])
local list = redis.call('ZRANGE', prefix .. 'leased', from, from + n - 1, 'WITHSCORES')
for i = 1, #list, 2 do
	local epoch, owner = unpack(redis.call('HMGET', job_key(list[i]), 'epoch', 'owner'))
	out[#out + 1] = list[i]
	out[#out + 1] = epoch or ''
	out[#out + 1] = owner or ''
	out[#out + 1] = whole(list[i + 1] - now)
end
return out
