-- Put a new record in the place of an old one. KEYS: new record, old record, list of the elector's sessions ('' before there is an elector),
-- new draft, old draft. ARGV: life of the record, now, latest end, life of the list, elector, then the members.
-- The draft comes along unless it is another elector's; its path is the answer.
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], unpack(ARGV, 6))
redis.call('EXPIRE', KEYS[1], ARGV[1])
local draft = redis.call('HMGET', KEYS[5], 'path', 'elector')
local path = draft[1]
if path and KEYS[3] ~= '' and draft[2] ~= ARGV[5] then
	redis.call('DEL', KEYS[5])
	path = false
end
if path then
	redis.call('RENAME', KEYS[5], KEYS[4])
	redis.call('HSET', KEYS[1], 'draft', path)
end
if KEYS[3] ~= '' then
	redis.call('ZREM', KEYS[3], KEYS[2])
	redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[2])
	redis.call('ZADD', KEYS[3], ARGV[3], KEYS[1])
	redis.call('EXPIRE', KEYS[3], ARGV[4])
end
return path
