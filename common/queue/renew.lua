-- leased → leased, longer: ARGV: id, epoch, ms. Answers 1, or 0: the lease is another's by now.
if not is_leased(ARGV[1], ARGV[2]) then
	return 0
end
redis.call('ZADD', prefix .. 'leased', whole(now + tonumber(ARGV[3])), ARGV[1])
return 1
