-- Moves nothing yet: reserves the cool-down key (ARGV[1]) for the job ARGV[2] during ARGV[3] ms, unless an earlier job holds it.
-- Answers the id of the job that holds it.
local key = prefix .. 'cool:' .. ARGV[1]
if redis.call('SET', key, ARGV[2], 'NX', 'PX', ARGV[3]) then
	return ARGV[2]
end
return redis.call('GET', key)
