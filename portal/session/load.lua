-- Read a session, and keep it awake unless it is over. KEYS: record. ARGV: now, idle and longest time in seconds, level of an elector,
-- how long the record of one outlives its end. A clock that was set back lengthens nothing: the end is never further away than a new session's.
local s = redis.call('HMGET', KEYS[1], 'idle_until', 'until', 'ended', 'level')
local now, idle, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ends = math.min(tonumber(s[2] or 0), now + longest)
if s[3] == '0' and tonumber(s[1] or 0) > now and ends > now then
	local till = math.min(now + idle, ends)
	redis.call('HSET', KEYS[1], 'idle_until', till, 'until', ends, 'seen', now)
	redis.call('EXPIRE', KEYS[1], till - now + (s[4] == ARGV[4] and ARGV[5] or 0))
end
return redis.call('HGETALL', KEYS[1])
