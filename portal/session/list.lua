-- The sessions of a list that nobody has ended, each its key and the members that a caller may show. Writes nothing. KEYS: list.
local all = {}
for _, key in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
	local s = redis.call('HMGET', key, 'browser', 'device', 'began', 'seen', 'idle_until', 'epoch', 'ended')
	if s[7] == '0' then table.insert(all, {key, unpack(s)}) end
end
return all
