-- leased → sending (still in the set `leased`): from here on the end of the mail may have left. ARGV: id, epoch, ms that the lease must
-- outlive. Answers 1, or 0: the lease is another's by now.
if not is_leased(ARGV[1], ARGV[2]) then
	return 0
end
redis.call('HSET', job_key(ARGV[1]), 'sending', whole(now))
redis.call('ZADD', prefix .. 'leased', whole(now + tonumber(ARGV[3])), ARGV[1])
return 1
