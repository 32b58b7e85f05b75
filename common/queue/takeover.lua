-- leased → leased by the sweeper: a lease that ran out, or whose owner is dead (ARGV[5] = 1). The new epoch shuts the old owner out.
-- ARGV: id, the old epoch, the sweeper, ms, dead. Answers the new epoch, or '': no longer so.
local id = ARGV[1]
if not is_leased(id, ARGV[2]) then
	return ''
end
if ARGV[5] ~= '1' and tonumber(redis.call('ZSCORE', prefix .. 'leased', id)) > now then
	return ''
end
local epoch = whole(now_us)
redis.call('HSET', job_key(id), 'owner', ARGV[3], 'epoch', epoch)
redis.call('ZADD', prefix .. 'leased', whole(now + tonumber(ARGV[4])), id)
return epoch
