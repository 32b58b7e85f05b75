-- Moves nothing: shows what is due in the set ARGV[1], at most ARGV[2] jobs. Answers for each its id and its fields verdict, attempts, due, reply, times, asked.
local out = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. ARGV[1], '-inf', whole(now), 'LIMIT', 0, ARGV[2])) do
	local kept = redis.call('HMGET', job_key(id), 'verdict', 'attempts', 'due', 'reply', 'times', 'asked')
	out[#out + 1] = id
	for i = 1, 6 do
		out[#out + 1] = kept[i] or ''
	end
end
return out
