-- nothing → ready, uncertain or held: a job that Redis does not know yet, or that stands nowhere, gets its hash and its one place.
-- ARGV: id, place, ms from now, class, lane, mail, cool-down key, ms for which that key is reserved (0: not at all). Answers 1, or 0: it was there, or no job
-- begins there.
local id, place, ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
if stands(id) or not allows('put', 'out', place) then
	return 0
end
redis.call('HSET', job_key(id), 'class', ARGV[4], 'lane', ARGV[5], 'mail', ARGV[6], 'put', whole(now))
if tonumber(ARGV[8]) > 0 then
	redis.call('SET', prefix .. 'cool:' .. ARGV[7], id, 'PX', ARGV[8])
end
enter(id, place, now + math.max(ms, 0))
return 1
