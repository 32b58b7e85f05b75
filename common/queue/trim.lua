-- dead → out: those that died more than ARGV[1] ms ago, at most ARGV[2]. Their rows stay.
local old = redis.call('ZRANGEBYSCORE', prefix .. 'dead', '-inf', whole(now - tonumber(ARGV[1])), 'LIMIT', 0, ARGV[2])
for _, id in ipairs(old) do
	if allows('trim', state_of(id), 'out') then
		leave(id)
		redis.call('DEL', job_key(id))
	else
		redis.call('ZREM', prefix .. 'dead', id) -- its hash says that it stands elsewhere
	end
end
return #old
