-- Keep a draft. KEYS: draft, record of the session that is over. ARGV: life in seconds, path, then the draft's other members.
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'path', ARGV[2], unpack(ARGV, 3))
redis.call('EXPIRE', KEYS[1], ARGV[1])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'draft', ARGV[2]) end
return 1
