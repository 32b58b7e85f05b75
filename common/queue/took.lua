-- Moves nothing: so many mails of a lane went in one minute, when Redis has forgotten it. ARGV: lane, ms since 1970, how many.
local key = prefix .. 'took:' .. ARGV[1]
for i = 1, tonumber(ARGV[3]) do
	redis.call('ZADD', key, ARGV[2], ARGV[2] .. ':' .. i)
end
return 1
