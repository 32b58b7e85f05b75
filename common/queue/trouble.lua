-- Moves nothing: a domain, or a relay, refused once more. From the ARGV[2]th time on without a mail that went, its lane pauses, ARGV[3] ms first, twice as
-- long each time, ARGV[4] at most; after a pause one mail tries. ARGV[1]: lane. Answers for how many ms it pauses now (0: not yet).
local key = prefix .. 'trouble:' .. ARGV[1]
local most = tonumber(ARGV[4])
if redis.call('HINCRBY', key, 'n', 1) < tonumber(ARGV[2]) then
	redis.call('PEXPIRE', key, most * 4)
	return 0
end
local step = redis.call('HINCRBY', key, 'step', 1)
local pause = math.min(tonumber(ARGV[3]) * 2 ^ (step - 1), most)
redis.call('HSET', key, 'until', whole(now + pause))
redis.call('PEXPIRE', key, most * 4)
return pause
