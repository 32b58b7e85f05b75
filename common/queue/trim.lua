-- dead → out: those that died more than ARGV[1] ms ago, at most ARGV[2]. Their rows stay.
local old = redis.call('ZRANGEBYSCORE', prefix .. 'dead', '-inf', whole(now - tonumber(ARGV[1])), 'LIMIT', 0, ARGV[2])
for _, id in ipairs(old) do
	leave(id)
	redis.call('DEL', job_key(id))
end
return #old
