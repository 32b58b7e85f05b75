-- End sessions of a list, never the caller's own, which is stamped with the epoch. KEYS: list, own record. ARGV: 'all', 'key' or 'device'; which one;
-- how long the records outlive their end; epoch. Answers how many there were.
local n = 0
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
	local meant = ARGV[1] == 'all' or ARGV[1] == 'key' and key == ARGV[2]
		or ARGV[1] == 'device' and redis.call('HGET', key, 'device') == ARGV[2]
	if meant and key ~= KEYS[2] then
		redis.call('ZREM', KEYS[1], key)
		if redis.call('EXISTS', key) == 1 then
			redis.call('HSET', key, 'ended', 1)
			redis.call('EXPIRE', key, ARGV[3])
			n = n + 1
		end
	end
end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'epoch', ARGV[4]) end
return n
