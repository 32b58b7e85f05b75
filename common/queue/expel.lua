-- anywhere → out: a job with which something is wrong; its row brings it back. ARGV: id, and the sets in which it may stand beside the one that its hash
-- names. Answers 1.
local id = ARGV[1]
leave(id)
for i = 2, #ARGV do
	redis.call('ZREM', prefix .. ARGV[i], id)
end
redis.call('DEL', job_key(id))
return 1
