-- Moves nothing: a domain, or a relay, refused once more. From the ARGV[2]th time on without a mail that went, its lane pauses, ARGV[3] ms first, twice as
-- long each time, ARGV[4] at most; after a pause one mail tries. Each kind of refusal (ARGV[5]) is counted for itself, and the longest pause holds.
-- ARGV[1]: lane. Answers for how many ms it pauses now (0: not yet).
local key, kind = prefix .. 'trouble:' .. ARGV[1], ARGV[5]
local most = tonumber(ARGV[4])
local n = redis.call('HINCRBY', key, 'n:' .. kind, 1)
redis.call('PEXPIRE', key, 57600000)
if n < tonumber(ARGV[2]) then
	return 0
end
local pause = math.min(tonumber(ARGV[3]) * 2 ^ (redis.call('HINCRBY', key, 'step:' .. kind, 1) - 1), most)
local before = tonumber(redis.call('HGET', key, 'until') or 0)
redis.call('HSET', key, 'until', whole(math.max(now + pause, before)))
return pause
